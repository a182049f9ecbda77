package image

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"patchlab/guest"
)

const patchHead = `
	.text
SYM_FUNC_START(new_f)
	FENTRY
	ret
SYM_FUNC_END(new_f)
SYM_FUNC_START(new_g)
	ret
SYM_FUNC_END(new_g)
SYM_FUNC_START(call)
	ret
SYM_FUNC_END(call)
	.section .rodata
f:	.asciz "f"
g:	.asciz "g"
mod1:	.asciz "mod1"
empty:	.asciz ""
longest: .fill 55, 1, 'm'
	.byte 0
toolong: .fill 56, 1, 'm'
	.byte 0
	.data
word:	.quad 0
`

func linkPatch(t *testing.T, text string) *Linked {
	t.Helper()
	return link(t, object(t, patchHead+text+"\n"), outside)
}

func TestPatch(t *testing.T) {
	m := linkPatch(t, `
MODULE_INFO(livepatch, "Y")
KLP_REPLACE
KLP_FUNC_POS(mod1, g, new_g, 2)
KLP_FUNC(f, new_f)
KLP_FUNC_POS(mod1, f, new_f, 0)
KLP_CALLBACKS(0, call, 0, 0, call)
KLP_CALLBACKS(longest, 0, call, call, 0)
KLP_STATE(3, 1)
KLP_STATE(1, 9)`)
	got, ok, err := m.Patch()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	at := func(name string) guest.Addr { return m.ByName(name)[0].Addr }
	// SYM_FUNC_START aligns to 16: a function takes its padding too.
	f, g := guest.RangeOf(at("new_f"), 16), guest.RangeOf(at("new_g"), 16)
	call := at("call")
	longest, err := stringAt(m.Segments, at("longest"), maxModuleName)
	if err != nil {
		t.Fatal(err)
	}
	want := PatchDecl{
		Marked: true, Replace: true,
		Objects: []ObjectDecl{
			{Name: "mod1", Funcs: []FuncDecl{{"g", 2, g.Start, g}, {"f", 0, f.Start, f}}},
			{Name: "", Funcs: []FuncDecl{{"f", 0, f.Start, f}}, Callbacks: CallbacksDecl{PrePatch: call, PostUnpatch: call}},
			{Name: longest, Callbacks: CallbacksDecl{PostPatch: call, PreUnpatch: call}},
		},
		States: []StateDecl{{3, 1}, {1, 9}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestCompiledPatch builds program and patch with the compiler, as the laboratory does,
// in both ways in which a site can call: directly, and through the offset table.
func TestCompiledPatch(t *testing.T) {
	const flags = "-O2 -fno-pie -mno-red-zone -fno-omit-frame-pointer -fcf-protection=none -pg -mfentry"
	program := compile(t, map[string]string{"a.c": `
#include <patchlab.h>
static u64 count;
noinline u64 f(u64 x) { count += x; return count; }
u64 handler(u64 x) { return f(x) + 1; }
GATE(0x1000, handler);
__user void loop(u64 arg) { for (;;) gate(0x1000, arg); }
TASK("loop", loop, 3);
`}, append(strings.Fields(flags), "-static", "-no-pie", "-Wl,-T,kernel.ld", "a.c", "support.S")...)
	img := parse(t, program)
	if len(img.Gates) != 1 || len(img.Tasks) != 1 || img.Tasks[0].Name != "loop" {
		t.Fatalf("gates %+v, tasks %+v", img.Gates, img.Tasks)
	}
	fentry := img.ByName("__fentry__")[0].Addr
	for _, c := range []struct {
		flags string
		site  func(code []byte, next guest.Addr, m *Linked) guest.Addr // what it calls
		size  int
	}{
		{"-fno-pic", func(code []byte, next guest.Addr, _ *Linked) guest.Addr {
			return next + guest.Addr(int32(binary.LittleEndian.Uint32(code[1:])))
		}, 5},
		{"-fPIC", func(code []byte, next guest.Addr, m *Linked) guest.Addr {
			slot := next + guest.Addr(int32(binary.LittleEndian.Uint32(code[2:])))
			return guest.Addr(binary.LittleEndian.Uint64(segmentAt(m.Segments, slot).code(guest.RangeOf(slot, 8))))
		}, 6},
	} {
		m := link(t, compile(t, map[string]string{"p.c": `
#include <livepatch.h>
extern u64 count;
u64 handler(u64 x);
u64 new_f(u64 x) { count -= x; return x > 5 ? handler(x - 1) : count; }
KLP_FUNC(f, new_f);
MODULE_INFO(livepatch, "Y");
`}, append(strings.Fields(flags+" "+c.flags), "-c", "p.c")...), img)
		d, ok, err := m.Patch()
		if !ok || err != nil || !d.Marked || len(d.Objects) != 1 || len(d.Objects[0].Funcs) != 1 {
			t.Fatalf("%s: %+v, %v, %v", c.flags, d, ok, err)
		}
		fn, ok := m.FunctionAt(d.Objects[0].Funcs[0].NewFunc)
		if !ok || fn.Name != "new_f" || fn.Range != d.Objects[0].Funcs[0].NewRange {
			t.Fatalf("%s: %+v", c.flags, fn)
		}
		if got := c.site(fn.Code, fn.Range.Start+guest.Addr(c.size), m); got != fentry {
			t.Errorf("%s: the site % x calls %s, not %s", c.flags, fn.Code[:c.size], got, fentry)
		}
	}
}

func TestPlainModuleIsNoPatch(t *testing.T) {
	d, ok, err := linkPatch(t, "").Patch()
	if ok || err != nil || !reflect.DeepEqual(d, PatchDecl{}) {
		t.Errorf("%+v, %v, %v", d, ok, err)
	}
	d, ok, err = linkPatch(t, "KLP_FUNC(f, new_f)").Patch()
	if !ok || err != nil || d.Marked || d.Replace {
		t.Errorf("a patch that does not call itself one: %+v, %v, %v", d, ok, err)
	}
}

func TestBadPatches(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no name", "KLP_FUNC(0, new_f)", "mod: section .klp.funcs, entry 0: name of the old function: 0x0 lies in no segment"},
		{"empty name", "KLP_FUNC(empty, new_f)", "is empty"},
		{"long object", "KLP_FUNC_POS(toolong, f, new_f, 0)", "name of the object: the string at"},
		{"no new function", "KLP_FUNC(f, 0)", "mod: section .klp.funcs, entry 0: f has no new function"},
		{"new function in data", "KLP_FUNC(f, new_f)\nKLP_FUNC(g, word)", "mod: section .klp.funcs, entry 1: the new function for g, 0x10002000 <word>, is no code of the module"},
		{"new function of another", "KLP_FUNC(f, outside)", "the new function for f, 0x402000, is no code of the module"},
		{"no size", "KLP_FUNC(f, .Lhidden)\n.section .text.a, \"ax\"\n.Lhidden: ret", ""},
		{"half an entry", ".section .klp.funcs, \"a\"\n.quad 0", "mod: section .klp.funcs: 8 bytes, not a whole number of entries of 32"},
		{"not loaded", ".section .klp.funcs\n.quad 0, f, 1, 0", "mod: section .klp.funcs: not a section with contents that is loaded"},
		{"flags", "KLP_FUNC(f, new_f)\n.section .klp.patch, \"a\"\n.quad 2", "mod: section .klp.patch, entry 0: flags 0x2: known is 1, replace"},
		{"state 0", "KLP_FUNC(f, new_f)\nKLP_STATE(0, 1)", "mod: section .klp.states, entry 0: state 0: states have numbers from 1"},
		{"version", "KLP_FUNC(f, new_f)\nKLP_STATE(7, 1 << 32)", "version 0x100000000 of state 7: versions have 32 bits"},
		{"callbacks twice", "KLP_CALLBACKS(mod1, call, 0, 0, 0)\nKLP_CALLBACKS(mod1, call, 0, 0, 0)", "entry 1: a second set of callbacks for one object"},
		{"callback in data", "KLP_CALLBACKS(0, 0, word, 0, 0)", "callback 0x10002000 <word> is no code of the module"},
		{"nothing to patch", "KLP_STATE(1, 1)", "mod: it declares a patch without functions: .klp.funcs is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, ok, err := linkPatch(t, c.text).Patch()
			if c.want == "" {
				if !ok || err != nil {
					t.Error(ok, err)
				}
				return
			}
			checkRefused(t, !ok && reflect.DeepEqual(d, PatchDecl{}), err, ErrDeclaration, c.want)
		})
	}
	// Code that stands before every symbol has no size.
	m := link(t, object(t, ".text\n.Lhidden: ret\n.section .rodata\nf: .asciz \"f\"\nKLP_FUNC(f, .Lhidden)\n"), fixed{})
	_, ok, err := m.Patch()
	checkRefused(t, !ok, err, ErrDeclaration, "entry 0: kallsyms size lookup failed for 'f' replacement")
}
