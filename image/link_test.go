package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"

	"patchlab/guest"
)

// fixed resolves every name to its address in the map.
type fixed map[string]guest.Addr

func (f fixed) Resolve(name string) (guest.Addr, error) {
	if a, ok := f[name]; ok {
		return a, nil
	}
	return 0, &SymbolError{Name: name, Err: ErrNoSymbol}
}

const moduleText = `
	.text
SYM_FUNC_START(fn)
	FENTRY				/* 0x0  PLT32 */
	call	helper			/* 0x5  within the section */
	call	*outside@GOTPCREL(%rip)	/* 0xa  GOTPCRELX */
	mov	outside@GOTPCREL(%rip), %rax	/* 0x10 REX_GOTPCRELX */
	lea	word(%rip), %rax	/* 0x17 PC32 */
	mov	$word, %eax		/* 0x1e 32 */
	movq	$word, %rax		/* 0x23 32S */
	mov	$room + 8, %edi		/* 0x2a 32 */
	ret
SYM_FUNC_END(fn)
	.type helper, @function
helper:	ret
	.size helper, . - helper
	.section .text.unlikely, "ax"
	.type fn.cold, @function
fn.cold:
	jmp	fn + 5			/* PC32 */
	.size fn.cold, . - fn.cold
	.section .rodata
	.type table, @object
table:	.quad fn, outside - 2, maybe	/* 64 */
	.quad word - .			/* PC64 */
	.size table, . - table
	.weak maybe
	.data
	.globl word
	.type word, @object
word:	.quad 7
	.size word, 8
	.bss
	.type room, @object
	.balign 16
room:	.zero 5000
	.size room, 5000
	.section .debug_info		/* not loaded, and what refers to it does not matter */
	.quad unknown
`

var outside = fixed{"__fentry__": 0x401000, "outside": 0x402000}

func TestLink(t *testing.T) {
	m := link(t, object(t, moduleText), outside)
	var segs []string
	for _, s := range m.Segments {
		segs = append(segs, s.Range.String()+" "+s.Perm.String())
	}
	want := "[0x10000000, 0x10000036) r-xk\n[0x10001000, 0x10001028) r--k\n[0x10002000, 0x10003398) rw-k"
	if got := strings.Join(segs, "\n"); got != want {
		t.Errorf("segments\n%s\nwant\n%s", got, want)
	}
	if m.Range != (guest.Range{Start: 0x10000000, End: 0x10004000}) {
		t.Errorf("range %s", m.Range)
	}
	at := func(name string) guest.Addr { return m.ByName(name)[0].Addr }
	read := func(a guest.Addr, size uint64) []byte {
		return segmentAt(m.Segments, a).code(guest.RangeOf(a, size))
	}
	word := func(a guest.Addr) uint64 { return binary.LittleEndian.Uint64(read(a, 8)) }
	half := func(a guest.Addr) uint32 { return binary.LittleEndian.Uint32(read(a, 4)) }
	rel := func(a guest.Addr) guest.Addr { return a + 4 + guest.Addr(int32(half(a))) }
	fn := at("fn")
	for _, c := range []struct {
		what      string
		got, want guest.Addr
	}{
		{"the site's target", rel(fn + 1), 0x401000},
		{"call helper", rel(fn + 6), at("helper")},
		{"slot of the call", guest.Addr(word(rel(fn + 0xc))), 0x402000},
		{"slot of the load", rel(fn + 0x13), rel(fn + 0xc)},
		{"lea word", rel(fn + 0x1a), at("word")},
		{"mov word", guest.Addr(half(fn + 0x1f)), at("word")},
		{"movq word", guest.Addr(half(fn + 0x26)), at("word")},
		{"mov room+8", guest.Addr(half(fn + 0x2b)), at("room") + 8},
		{"jump from the cold part", rel(at("fn.cold") + 1), fn + 5},
		{"table[0]", guest.Addr(word(at("table"))), fn},
		{"table[1]", guest.Addr(word(at("table") + 8)), 0x402000 - 2},
		{"table[2], weak", guest.Addr(word(at("table") + 16)), 0},
		{"table[3]", at("table") + 24 + guest.Addr(word(at("table")+24)), at("word")},
		{"word", guest.Addr(word(at("word"))), 7},
		{"room, aligned", at("room") & 15, 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	if f, ok := m.FunctionAt(fn + 0x2f); !ok || f.Name != "fn" || f.Range.End != at("helper") {
		t.Errorf("fn: %+v", f)
	}
	if data := m.Segments[2]; len(data.Data) != 8 {
		t.Errorf("%d bytes of data; what has no contents has none here either", len(data.Data))
	}
}

func TestLinkIsRepeatable(t *testing.T) {
	o, err := ParseObject("mod", object(t, moduleText))
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(o.file.data)
	first, err := o.Link(ModuleArea.Start, outside)
	if err != nil {
		t.Fatal(err)
	}
	other, err := o.Link(ModuleArea.Start+0x10000, outside)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Link(ModuleArea.Start, outside)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, o.file.data) {
		t.Error("linking changed the object")
	}
	if !reflect.DeepEqual(first, again) {
		t.Error("the same link gave another module")
	}
	if a, b := first.ByName("fn")[0].Addr, other.ByName("fn")[0].Addr; b-a != 0x10000 {
		t.Errorf("fn at %s and %s", a, b)
	}
}

// TestRefusedLinks has errors that depend on the address or on other symbols.
func TestRefusedLinks(t *testing.T) {
	for _, c := range []struct {
		name, text string
		base       guest.Addr
		r          Resolver
		want       string
		cause      error
	}{
		{"unknown", "call nobody", ModuleArea.Start, fixed{}, "mod: symbol 'nobody' not found in symbol table", ErrNoSymbol},
		{"first of the table", "call b\ncall a", ModuleArea.Start, fixed{}, "mod: symbol 'b' not found in symbol table", ErrNoSymbol},
		{"weak, for another reason", ".weak w\ncall w", ModuleArea.Start, refuser{}, "mod: unresolvable ambiguity for symbol 'w' in object '(null)'", ErrAmbiguous},
		{"far call", "nop\ncall far", ModuleArea.Start, fixed{"far": 0x90001000}, "mod: section .text: R_X86_64_PLT32 for 'far' at .text+0x2: 0x80000ffa does not fit in 32 bits", nil},
		{"wide address", "mov $far, %eax", ModuleArea.Start, fixed{"far": 1 << 32}, "mod: section .text: R_X86_64_32 for 'far' at .text+0x1: 0x100000000 does not fit in 32 bits", nil},
		{"wide signed address", "movq $far, %rax", ModuleArea.Start, fixed{"far": 0x80000000}, "mod: section .text: R_X86_64_32S for 'far' at .text+0x3: 0x80000000 does not fit in 32 bits", nil},
		{"far slot", "call *x@GOTPCREL+0x7fffffff(%rip)", ModuleArea.Start, fixed{"x": 1}, "R_X86_64_GOTPCRELX for 'x' at .text+0x2", nil},
		{"between pages", "nop", ModuleArea.Start + 8, fixed{}, "mod: address 0x10000008: a module begins at a page boundary in [0x10000000, 0x20000000)", nil},
		{"outside", "nop", ModuleArea.End, fixed{}, "mod: address 0x20000000: a module begins at a page boundary in [0x10000000, 0x20000000)", nil},
		{"too late", "nop\n.data\n.quad 0", ModuleArea.End - 0x1000, fixed{}, "mod: it reaches up to 0x20001000: modules lie in [0x10000000, 0x20000000)", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := ParseObject("mod", object(t, ".text\n"+c.text+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			m, err := o.Link(c.base, c.r)
			checkRefused(t, m == nil, err, ErrLink, c.want)
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v is not %v", err, c.cause)
			}
		})
	}
}

// refuser finds every name twice.
type refuser struct{}

func (refuser) Resolve(name string) (guest.Addr, error) {
	return 0, &SymbolError{Name: name, Err: ErrAmbiguous}
}

// TestRefusedObjects has what no address would mend.
func TestRefusedObjects(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"thread-local section", `.section .tdata, "awT"` + "\n.quad 1", "mod: section .tdata: thread-local variables: a module has none"},
		{"thread-local access", "mov %fs:x@tpoff, %rax", "mod: symbol x: a thread-local variable: a module has none"},
		{"unknown relocation", "mov $_GLOBAL_OFFSET_TABLE_, %eax", "R_X86_64_GOTPC32 for '_GLOBAL_OFFSET_TABLE_' at .text+0x1: no such relocation is taken in a module"},
		{"8-bit relocation", ".byte x", "R_X86_64_8 for 'x' at .text+0x0: no such relocation"},
		{"common symbol", ".comm x, 8, 8", "mod: symbol x: a common symbol: compile with -fno-common"},
		{"indirect function", ".type x, @gnu_indirect_function\nx: ret", "mod: symbol x: it picks a function at run time (IFUNC)"},
		{"writable text", `.section .wild, "awx"` + "\nnop", "mod: section .wild: writable and executable: text is written by patches only"},
		{"code without contents", `.section .wild, "ax", @nobits` + "\n.zero 8", "mod: section .wild: code without contents"},
		{"constructors", `.section .init_array, "aw", @init_array` + "\n.quad 0", "mod: section .init_array: constructors and destructors: nobody calls those of a module"},
		{"alignment", ".data\n.balign 0x2000\n.quad 1", "mod: section .data: aligned to 0x2000 bytes: a power of two up to 0x1000 is taken"},
		{"size", ".bss\n.zero 0x1000001", "mod: section .bss: 0x1000001 bytes: a module has up to 0x1000000"},
		{"size in all", ".bss\n.zero 0xffffff\n.section .bss.x, \"aw\", @nobits\n.zero 2", "mod: section .bss.x: 0x2 bytes: a module has up to 0x1000000"},
		{"symbol that is not loaded", ".section .comment\nx: .byte 1\n.data\n.quad x", "'.comment' lies in section .comment, which is not loaded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := ParseObject("mod", object(t, ".text\n"+c.text+"\n"))
			kind := ErrUnsupported
			if strings.Contains(c.want, "not loaded") {
				kind = ErrFormat
			}
			checkRefused(t, o == nil, err, kind, c.want)
		})
	}
	o, err := ParseObject("mod", userProgram(t, helloText))
	checkRefused(t, o == nil, err, ErrUnsupported, "mod: ET_EXEC: a module is a relocatable object (ET_REL): compile it with -c")
}

// TestDamagedObjects changes one thing in a sound object at a time.
func TestDamagedObjects(t *testing.T) {
	sound := object(t, moduleText)
	rela := func(change func(*elf.Rela64)) func(editable) {
		return func(e editable) {
			s := e.section(".rela.text", func(*elf.Section64) {})
			edit(e.t, e.b[s.Off:][:relaSize], change)
		}
	}
	for _, c := range []struct {
		name   string
		change func(editable)
		want   string
	}{
		{"relocated section", func(e editable) {
			e.section(".rela.text", func(s *elf.Section64) { s.Info = 999 })
		}, "mod: section .rela.text: it relocates section 999 of"},
		{"REL", func(e editable) {
			e.section(".rela.text", func(s *elf.Section64) { s.Type = uint32(elf.SHT_REL) })
		}, "mod: section .rela.text: x86-64 has relocations of type RELA"},
		{"size of entries", func(e editable) {
			e.section(".rela.text", func(s *elf.Section64) { s.Size-- })
		}, "mod: section .rela.text: x86-64 has relocations of type RELA"},
		{"symbols", func(e editable) {
			e.section(".rela.text", func(s *elf.Section64) { s.Link = 1 })
		}, "with the one symbol table"},
		{"symbol", rela(func(r *elf.Rela64) { r.Info |= 0xffff << 32 }), "mod: section .rela.text, entry 0: symbol 65535 of"},
		{"place", rela(func(r *elf.Rela64) { r.Off = ^uint64(0) }), "at .text+0xffffffffffffffff lies outside the 0x31 bytes of the section"},
		{"last place", rela(func(r *elf.Rela64) { r.Off = 0x2e }), "at .text+0x2e lies outside the 0x31 bytes of the section"},
		{"value", func(e editable) {
			s := e.section(".symtab", func(*elf.Section64) {})
			syms := e.b[s.Off:][:s.Size]
			edit(e.t, syms[len(syms)-symbolSize:], func(y *elf.Sym64) { y.Shndx, y.Value = 1, 1<<63 })
		}, "offset 0x8000000000000000 in section .text of 0x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := editable{t, bytes.Clone(sound)}
			c.change(e)
			o, err := ParseObject("mod", e.b)
			checkRefused(t, o == nil, err, ErrFormat, c.want)
		})
	}
}

func TestModinfo(t *testing.T) {
	m := link(t, object(t, "MODULE_INFO(livepatch, \"Y\")\nMODULE_INFO(name, \"a=b\")\nMODULE_INFO(empty, \"\")\n"), fixed{})
	for key, want := range map[string]string{"livepatch": "Y", "name": "a=b", "empty": ""} {
		if got, ok := m.Info(key); got != want || !ok {
			t.Errorf("%s: %q, %v", key, got, ok)
		}
	}
	if got, ok := m.Info("live"); ok {
		t.Errorf("live: %q", got)
	}
}
