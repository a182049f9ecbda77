package build

import (
	"debug/elf"
	"encoding/binary"
	"testing"

	"patchlab/lab/scenario"
)

func TestProgramLayout(t *testing.T) {
	b, err := builder(t).Program([]scenario.Source{src("program.c", kernelPart), src("user.c", userPart)})
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, b)
	sym := symbols(t, f)
	if f.Type != elf.ET_EXEC || f.Machine != elf.EM_X86_64 || f.Entry != sym["pl_entry"].Value {
		t.Errorf("type %s, machine %s, entry %#x", f.Type, f.Machine, f.Entry)
	}
	for _, c := range []struct {
		symbol, section string
		low             uint64
	}{
		{"greet", ".text", 0x00400000},
		{"pl_sleep", ".text", 0x00400000},
		{"calls", ".bss", 0x00400000},
		{"worker", ".user.text", 0x08000000},
		{"rounds", ".user.bss", 0x08000000},
	} {
		s := sym[c.symbol]
		if int(s.Section) >= len(f.Sections) || f.Sections[s.Section].Name != c.section || s.Value&^0x07ffffff != c.low&^0x07ffffff {
			t.Errorf("%s is at %#x in section %d, want in %s", c.symbol, s.Value, s.Section, c.section)
		}
	}
	var flags []elf.ProgFlag
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			flags = append(flags, p.Flags)
			if p.Vaddr%4096 != 0 {
				t.Errorf("segment at %#x", p.Vaddr)
			}
		}
	}
	const r, w, x = elf.PF_R, elf.PF_W, elf.PF_X
	if want := []elf.ProgFlag{r | x, r, r | w, r | x, r, r | w}; !equal(flags, want) {
		t.Errorf("segments %v, want %v", flags, want)
	}
	if got, want := words(t, f, ".patchlab.gates"), []uint64{0x1001, sym["greet"].Value, 0x1002, sym["callee"].Value}; !equal(got, want) {
		t.Errorf("gates %#x, want %#x", got, want)
	}
	tasks := words(t, f, ".patchlab.tasks")
	if len(tasks) != 6 || string(code(t, f, tasks[0], 4)) != "one\x00" || string(code(t, f, tasks[3], 4)) != "two\x00" ||
		tasks[1] != sym["worker"].Value || tasks[2] != 1 || tasks[5] != 2 {
		t.Errorf("tasks %#x", tasks)
	}
	note, err := f.Section(".note.patchlab").Data()
	if want := "\x09\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00patchlab\x00\x00\x00\x00\x01\x00\x00\x00"; err != nil || string(note) != want {
		t.Errorf("note %q, %v", note, err)
	}
}

// siteTarget returns where the e8 call at the entry of a function goes, 0 if there is
// none.
func siteTarget(t *testing.T, f *elf.File, s elf.Symbol, skip uint64) uint64 {
	t.Helper()
	b := code(t, f, s.Value+skip, 5)
	if b[0] != 0xe8 {
		return 0
	}
	return s.Value + skip + 5 + uint64(int64(int32(binary.LittleEndian.Uint32(b[1:]))))
}

func TestSites(t *testing.T) {
	branch := src("program.c", kernelPart)
	branch.Flags = []string{"-fcf-protection=branch"}
	single := src("program.c", kernelPart+`
		__user void worker(u64 me) { gate(0x1001, me); user_exit(0); }
		TASK("one", worker, 1);`)
	for _, c := range []struct {
		name    string
		sources []scenario.Source
		entry   string // bytes before the site
	}{
		{"plain", []scenario.Source{src("program.c", kernelPart), src("user.c", userPart)}, ""},
		{"branch protection", []scenario.Source{branch, src("user.c", userPart)}, "\xf3\x0f\x1e\xfa"},
		{"one file", []scenario.Source{single}, ""},
	} {
		b, err := builder(t).Program(c.sources)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		f := parse(t, b)
		sym := symbols(t, f)
		skip := uint64(len(c.entry))
		for _, name := range []string{"greet", "callee"} {
			if got := code(t, f, sym[name].Value, len(c.entry)); string(got) != c.entry {
				t.Errorf("%s: %s begins with % x", c.name, name, got)
			}
			if got := siteTarget(t, f, sym[name], skip); got != sym["__fentry__"].Value {
				t.Errorf("%s: the site of %s calls %#x, want __fentry__", c.name, name, got)
			}
		}
		for _, name := range []string{"quiet", "worker", "pl_sleep", "pl_entry"} {
			if code(t, f, sym[name].Value, 1)[0] == 0xe8 {
				t.Errorf("%s: %s has a site", c.name, name)
			}
		}
	}
}

func TestPatch(t *testing.T) {
	b, err := builder(t).Patch("evening", []scenario.Source{
		src("evening.c", `#include <livepatch.h>
u64 callee(u64 a);
u64 late(u64 a);
static u64 new_greet(u64 a) { return callee(a) + late(a); }
static int before(void) { return 0; }
MODULE_INFO(livepatch, "Y");
KLP_FUNC(greet, new_greet);
KLP_FUNC_POS("mod", greet, new_greet, 2);
KLP_CALLBACKS(NULL, before, NULL, NULL, NULL);
KLP_STATE(7, 1);
KLP_REPLACE;
`),
		src("evening_late.S", "#include <livepatch.h>\n\t.text\nSYM_FUNC_START(late)\n\tFENTRY\n\tret\nSYM_FUNC_END(late)\nMODULE_INFO(author, \"x\")\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, b)
	if f.Type != elf.ET_REL {
		t.Errorf("type %s", f.Type)
	}
	for name, size := range map[string]uint64{".klp.funcs": 64, ".klp.callbacks": 40, ".klp.states": 16, ".klp.patch": 8} {
		if s := f.Section(name); s == nil || s.Size != size {
			t.Errorf("%s: %+v, want %d bytes", name, s, size)
		}
	}
	if info, err := f.Section(".modinfo").Data(); err != nil || string(info) != "livepatch=Y\x00author=x\x00" {
		t.Errorf(".modinfo %q, %v", info, err)
	}
	sym := symbols(t, f)
	if sym["callee"].Section != elf.SHN_UNDEF || sym["late"].Section == elf.SHN_UNDEF || sym["__fentry__"].Section != elf.SHN_UNDEF {
		t.Error("callee and __fentry__ are the program's, late is the patch's")
	}
}

// TestAssemblerEntries wants the macros of both languages to emit the same.
func TestAssemblerEntries(t *testing.T) {
	b, err := builder(t).Program([]scenario.Source{
		src("program.S", `#include <patchlab.h>
	.text
SYM_FUNC_START(greet)
	FENTRY
	ret
SYM_FUNC_END(greet)
GATE(0x1001, greet)
`),
		src("user.S", `#include <patchlab.h>
	.text
SYM_FUNC_START(worker)
	mov	$PL_USER_EXIT, %eax
	syscall
SYM_FUNC_END(worker)
	.section .rodata
name:	.asciz	"one"
TASK(name, worker, 3)
`),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, b)
	sym := symbols(t, f)
	if got, want := words(t, f, ".patchlab.gates"), []uint64{0x1001, sym["greet"].Value}; !equal(got, want) {
		t.Errorf("gates %#x, want %#x", got, want)
	}
	if got, want := words(t, f, ".patchlab.tasks"), []uint64{sym["name"].Value, sym["worker"].Value, 3}; !equal(got, want) {
		t.Errorf("tasks %#x, want %#x", got, want)
	}
	if sym["name"].Value < 0x08000000 || siteTarget(t, f, sym["greet"], 0) != sym["__fentry__"].Value {
		t.Errorf("name at %#x, greet's site calls %#x", sym["name"].Value, siteTarget(t, f, sym["greet"], 0))
	}
}

func TestJobErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		sources []scenario.Source
		want    string
	}{
		{"nothing", nil, "program: no source"},
		{"part", []scenario.Source{src("other.c", "")}, `program: source "other.c" belongs to no part: its name must begin with "program" or "user"`},
		{"extension", []scenario.Source{src("program.h", "")}, `program: source "program.h": want a name that ends in .c or .S`},
		{"folder", []scenario.Source{src("program/../x.c", "")}, `program: source "program/../x.c": want a name that ends in .c or .S`},
		{"twice", []scenario.Source{src("user.c", ""), src("user.c", "")}, "program: two sources are called user.c"},
	} {
		b, err := builder(t).Program(c.sources)
		if err == nil || err.Error() != c.want || b != nil {
			t.Errorf("%s: %d bytes, %v, want %s", c.name, len(b), err, c.want)
		}
	}
	if _, err := builder(t).Patch("p", nil); err == nil || err.Error() != "patch p: no source" {
		t.Errorf("a patch of nothing: %v", err)
	}
}
