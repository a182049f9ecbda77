package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"patchlab/guest"
)

const helloText = `
	.globl _start
	.type _start, @function
_start:	call f
	mov $60, %eax
	syscall
	.size _start, . - _start
	.type f, @function
f:	lea table(%rip), %rax
	ret
	.size f, . - f
	.section .rodata
	.type table, @object
table:	.quad 1, 2
	.size table, . - table
	.data
	.globl word
	.type word, @object
word:	.quad 3
	.size word, 8
	.bss
	.type room, @object
room:	.zero 8192
	.size room, 8192
`

func TestUserProgram(t *testing.T) {
	m := parse(t, userProgram(t, helloText))
	if m.Style != UserStyle || m.Name != "prog" || len(m.Gates)+len(m.Tasks) != 0 {
		t.Errorf("style %s, name %s, %d gates, %d tasks", m.Style, m.Name, len(m.Gates), len(m.Tasks))
	}
	if f, ok := m.FunctionAt(m.Entry); !ok || f.Name != "_start" || f.Range.Start != m.Entry {
		t.Errorf("entry %s is in %+v", m.Entry, f)
	}
	var perms []string
	for _, s := range m.Segments {
		perms = append(perms, s.Perm.String())
	}
	if got := strings.Join(perms, " "); got != "r--u r-xu r--u rw-u" {
		t.Errorf("permissions %s", got)
	}
	room := m.ByName("room")
	if len(room) != 1 || room[0].Size != 8192 || room[0].Kind != KindData {
		t.Fatalf("room: %+v", room)
	}
	data := segmentAt(m.Segments, room[0].Addr)
	if end := data.Range.Start + guest.Addr(len(data.Data)); end > room[0].Addr || !data.Range.Covers(guest.RangeOf(room[0].Addr, 8192)) {
		t.Errorf("room at %s, the file's data end at %s, the segment is %s", room[0].Addr, end, data.Range)
	}
	word := m.ByName("word")[0].Addr
	if got := binary.LittleEndian.Uint64(data.Data[word-data.Range.Start:]); got != 3 {
		t.Errorf("word is %d", got)
	}
	first := m.Segments[0]
	if !first.Range.Covers(m.ProgramHeaders) || m.HeaderCount < 4 || m.ProgramHeaders.Size() != uint64(56*m.HeaderCount) {
		t.Errorf("%d program headers at %s", m.HeaderCount, m.ProgramHeaders)
	}
}

const kernelText = `
	.text
SYM_FUNC_START(greet)
	FENTRY
	ret
SYM_FUNC_END(greet)
SYM_FUNC_START(leave)
	ret
SYM_FUNC_END(leave)
GATE(0x1000, greet)
GATE(0x1fff, leave)
	.section .user.text, "ax"
SYM_FUNC_START(loop)
	jmp loop
SYM_FUNC_END(loop)
	.section .rodata
one:	.asciz "one"
two:	.asciz "two"
TASK(one, loop, 1)
TASK(two, loop, -2)
`

func TestKernelProgram(t *testing.T) {
	m := parse(t, kernelProgram(t, kernelText))
	if m.Style != KernelStyle {
		t.Errorf("style %s", m.Style)
	}
	at := func(name string) guest.Addr {
		s, err := m.Find("", name, 0)
		if err != nil {
			t.Fatal(err)
		}
		return s.Addr
	}
	wantGates := []Gate{{0x1000, at("greet")}, {0x1fff, at("leave")}}
	if !reflect.DeepEqual(m.Gates, wantGates) {
		t.Errorf("gates %+v, want %+v", m.Gates, wantGates)
	}
	minus2 := uint64(0xfffffffffffffffe)
	wantTasks := []TaskDecl{{"one", at("loop"), 1, false}, {"two", at("loop"), minus2, false}}
	if !reflect.DeepEqual(m.Tasks, wantTasks) {
		t.Errorf("tasks %+v, want %+v", m.Tasks, wantTasks)
	}
	for _, s := range m.Segments {
		if user := s.Perm&guest.User != 0; user != (s.Range.Start >= UserPart) {
			t.Errorf("segment %s has %s", s.Range, s.Perm)
		}
	}
	f, ok := m.FunctionAt(at("greet") + 5)
	if !ok || f.Name != "greet" || len(f.Code) < 6 || f.Code[0] != 0xe8 || f.Code[5] != 0xc3 {
		t.Fatalf("greet: %+v", f)
	}
	target := f.Range.Start + 5 + guest.Addr(int32(binary.LittleEndian.Uint32(f.Code[1:])))
	if target != at("__fentry__") {
		t.Errorf("the site calls %s", m.describe(target))
	}
}

func TestSameBytesSameValue(t *testing.T) {
	b := kernelProgram(t, kernelText)
	first, again := parse(t, b), parse(t, bytes.Clone(b))
	if !reflect.DeepEqual(first, again) {
		t.Error("the same bytes gave another value")
	}
}

// TestCLibrary reads a program with a whole C library in it.
func TestCLibrary(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.c", []byte("#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n"))
	cmd := exec.Command("gcc", "-static", "-no-pie", "-o", "a", "a.c")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("no static C library here: %v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, b)
	checkSymtab(t, &m.Symtab, m.Segments)
	if len(m.Functions) < 500 {
		t.Errorf("%d functions", len(m.Functions))
	}
	for _, name := range []string{"main", "puts", "_start"} {
		syms := m.ByName(name)
		if len(syms) != 1 {
			t.Errorf("%d symbols %s", len(syms), name)
			continue
		}
		if f, ok := m.FunctionAt(syms[0].Addr); !ok || f.Name != name {
			t.Errorf("%s is in %s", name, f.Name)
		}
	}
	if m.ProgramHeaders.Size() == 0 {
		t.Error("the C library would not find its program headers")
	}
}

func TestStrippedProgram(t *testing.T) {
	m := parse(t, userProgram(t, helloText, "-s"))
	if len(m.Symbols)+len(m.Functions) != 0 {
		t.Errorf("%d symbols, %d functions", len(m.Symbols), len(m.Functions))
	}
	if _, ok := m.FunctionAt(m.Entry); ok {
		t.Error("a function without a symbol")
	}
	if _, err := m.Resolve("f"); !errors.Is(err, ErrNoSymbol) {
		t.Error(err)
	}
}

// editable is a file whose headers can be changed.
type editable struct {
	t *testing.T
	b []byte
}

func (e editable) header(change func(*elf.Header64)) {
	edit(e.t, e.b[:headerSize], change)
}

// prog changes the first program header that is chosen.
func (e editable) prog(choose func(*elf.Prog64) bool, change func(*elf.Prog64)) {
	e.t.Helper()
	f, err := openELF("edited", e.b)
	if err != nil {
		e.t.Fatal(err)
	}
	for i, p := range f.progs {
		if choose(&p) {
			edit(e.t, e.b[int(f.hdr.Phoff)+i*progSize:][:progSize], change)
			return
		}
	}
	e.t.Fatal("no such program header")
}

// section changes the header of a section and returns the section as it was.
func (e editable) section(name string, change func(*elf.Section64)) section {
	e.t.Helper()
	f, err := openELF("edited", e.b)
	if err != nil {
		e.t.Fatal(err)
	}
	for i, s := range f.sections {
		if s.name == name {
			edit(e.t, e.b[int(f.hdr.Shoff)+i*sectionSize:][:sectionSize], change)
			return s
		}
	}
	e.t.Fatalf("no section %s", name)
	return section{}
}

func edit[T any](t *testing.T, b []byte, change func(*T)) {
	t.Helper()
	var v T
	decode(b, &v)
	change(&v)
	if _, err := binary.Encode(b, binary.LittleEndian, &v); err != nil {
		t.Fatal(err)
	}
}

func loadedWith(flags elf.ProgFlag) func(*elf.Prog64) bool {
	return func(p *elf.Prog64) bool {
		return elf.ProgType(p.Type) == elf.PT_LOAD && elf.ProgFlag(p.Flags) == flags
	}
}

// TestRefusedPrograms changes one thing in a sound program at a time.
func TestRefusedPrograms(t *testing.T) {
	sound := userProgram(t, helloText)
	text, data := loadedWith(elf.PF_R|elf.PF_X), loadedWith(elf.PF_R|elf.PF_W)
	for _, c := range []struct {
		name   string
		change func(e editable) []byte
		kind   error
		want   string
	}{
		{"empty", func(editable) []byte { return nil }, ErrFormat, "prog: not an ELF file"},
		{"text", func(editable) []byte { return []byte("#!/bin/sh\necho hello, world\n") }, ErrFormat, "prog: not an ELF file"},
		{"header cut off", func(e editable) []byte { return e.b[:40] }, ErrFormat, "prog: ELF header: 0x40 bytes at offset 0x0 lie outside the file of 0x28 bytes: it is cut off"},
		{"32-bit", func(e editable) []byte { e.b[4] = 1; return e.b }, ErrUnsupported, "prog: ELF class 1: only 64-bit files are taken (class 2)"},
		{"big-endian", func(e editable) []byte { e.b[5] = 2; return e.b }, ErrUnsupported, "prog: byte order 2: only little-endian files are taken (1)"},
		{"machine", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Machine = uint16(elf.EM_AARCH64) })
			return e.b
		}, ErrUnsupported, "prog: built for another machine (EM_AARCH64): only x86-64 is taken"},
		{"version", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Version = 2 })
			return e.b
		}, ErrFormat, "prog: ELF header: version 2, not 1"},
		{"core", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Type = uint16(elf.ET_CORE) })
			return e.b
		}, ErrUnsupported, "prog: ET_CORE: a program is a static executable (ET_EXEC)"},
		{"program header size", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Phentsize = 32 })
			return e.b
		}, ErrFormat, "prog: program headers: entries of 32 bytes, not 56"},
		{"program headers outside", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Phoff = 1 << 63 })
			return e.b
		}, ErrFormat, "bytes at offset 0x8000000000000000 lie outside the file"},
		{"too many sections", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Shnum = 0 })
			return e.b
		}, ErrUnsupported, "prog: section headers: more than 65279 sections"},
		{"section names", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Shstrndx = 1 })
			return e.b
		}, ErrFormat, "prog: section names: section 1 is no string table"},
		{"section name", func(e editable) []byte {
			e.section(".data", func(s *elf.Section64) { s.Name = 1 << 20 })
			return e.b
		}, ErrFormat, "name at offset 0x100000 of a string table of"},
		{"section outside", func(e editable) []byte {
			e.section(".data", func(s *elf.Section64) { s.Off = ^uint64(0) })
			return e.b
		}, ErrFormat, "prog: section .data: 0x8 bytes at offset 0xffffffffffffffff lie outside the file"},
		{"cut off", func(e editable) []byte { return e.b[:len(e.b)-64] }, ErrFormat, "it is cut off"},
		{"symbols", func(e editable) []byte {
			e.section(".symtab", func(s *elf.Section64) { s.Entsize = 16 })
			return e.b
		}, ErrFormat, "prog: section .symtab: "},
		{"symbol names", func(e editable) []byte {
			e.section(".symtab", func(s *elf.Section64) { s.Link = 1 })
			return e.b
		}, ErrFormat, "prog: section .symtab: section 1 is no string table for it"},
		{"second symbols", func(e editable) []byte {
			sym := e.section(".symtab", func(*elf.Section64) {})
			e.section(".rodata", func(s *elf.Section64) { *s = sym.Section64 })
			return e.b
		}, ErrFormat, "a second symbol table"},
		{"symbol section", func(e editable) []byte {
			s := e.section(".symtab", func(*elf.Section64) {})
			edit(t, e.b[int(s.Off)+symbolSize:][:symbolSize], func(y *elf.Sym64) { y.Shndx = 0x7777 })
			return e.b
		}, ErrFormat, "it lies in section 30583 of"},
		{"no segment", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Phnum = 0 })
			return e.b
		}, ErrUnsupported, "prog: nothing to load: no PT_LOAD program header"},
		{"more in the file", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { p.Memsz = 4 })
			return e.b
		}, ErrFormat, "0x8 bytes in the file for 0x4 in memory"},
		{"segment outside the file", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { p.Off = 1 << 40 })
			return e.b
		}, ErrFormat, "0x8 bytes at offset 0x10000000000 lie outside the file"},
		{"high", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { p.Vaddr = 0x10000000 - 16 })
			return e.b
		}, ErrUnsupported, "lie outside the program's area [0x10000, 0x10000000)"},
		{"wraps around", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { p.Memsz = ^uint64(0) })
			return e.b
		}, ErrUnsupported, "lie outside the program's area [0x10000, 0x10000000)"},
		{"low", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { p.Vaddr = 0x1000 })
			return e.b
		}, ErrUnsupported, "lie outside the program's area [0x10000, 0x10000000)"},
		{"overlap", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { p.Vaddr = 0x401800 })
			return e.b
		}, ErrUnsupported, "share a page: align them to 0x1000 bytes"},
		{"writable text", func(e editable) []byte {
			e.prog(text, func(p *elf.Prog64) { p.Flags |= uint32(elf.PF_W) })
			return e.b
		}, ErrUnsupported, "is writable and executable: text is written by patches only"},
		{"no entry", func(e editable) []byte {
			e.header(func(h *elf.Header64) { h.Entry = 0 })
			return e.b
		}, ErrUnsupported, "prog: entry: 0x0 lies in no executable segment"},
		{"entry in data", func(e editable) []byte {
			e.prog(data, func(p *elf.Prog64) { e.header(func(h *elf.Header64) { h.Entry = p.Vaddr }) })
			return e.b
		}, ErrUnsupported, "lies in no executable segment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse("prog", c.change(editable{t, bytes.Clone(sound)}))
			checkRefused(t, m == nil, err, c.kind, c.want)
		})
	}
}

// checkRefused checks an error: that there is no value beside it, its kind, and a part
// of its text.
func checkRefused(t *testing.T, noValue bool, err, kind error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("not refused")
	}
	var e *Error
	if !noValue || !errors.As(err, &e) || !errors.Is(err, kind) || !strings.Contains(err.Error(), want) {
		t.Errorf("value %v, got %q, want %q, %v", !noValue, err, want, kind)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %q", err)
	}
}

// TestStaticPIE: a position-independent program lies at a fixed base, with all of its
// addresses.
func TestStaticPIE(t *testing.T) {
	const src = ".globl _start\n_start: call f\nret\n.type f, @function\nf: ret\n.size f, . - f\n.data\nx: .quad x\n"
	m := parse(t, compile(t, map[string]string{"a.S": src}, "-static-pie", "a.S"))
	fixed := parse(t, compile(t, map[string]string{"a.S": src}, "-static", "-no-pie", "a.S"))
	f, ok := m.FunctionAt(m.Entry + 6)
	if len(m.ByName("_start")) != 1 || m.ByName("_start")[0].Addr != m.Entry || !ok || f.Name != "f" {
		t.Errorf("entry %s, symbols %v", m.Entry, m.Functions)
	}
	if m.Entry < PIEBase || m.ProgramHeaders.Start < PIEBase || m.Segments[0].Range.Start != PIEBase {
		t.Errorf("entry %s, headers %s, segments %v", m.Entry, m.ProgramHeaders, m.Segments)
	}
	if fixed.Style != UserStyle || m.Style != UserStyle {
		t.Error("not of user style")
	}
}

func TestProgramsLinkedOtherwise(t *testing.T) {
	const src = ".globl _start\n_start: ret\n"
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"dynamic", []string{"-pie", "-Wl,-dynamic-linker,/lib64/ld-linux-x86-64.so.2", "-shared-libgcc"}, `interpreter "/lib64/ld-linux-x86-64.so.2": link it with -static`},
		{"shared", []string{"-shared"}, "position-independent (ET_DYN)"},
		{"object", []string{"-c"}, "a relocatable object (ET_REL), which is a module"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse("prog", compile(t, map[string]string{"a.S": src}, append(c.args, "a.S")...))
			checkRefused(t, m == nil, err, ErrUnsupported, c.want)
		})
	}
}
