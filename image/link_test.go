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

const fixedSize = 24 // of each of its symbols

func (f fixed) Resolve(name string) (Symbol, error) {
	if a, ok := f[name]; ok {
		return Symbol{Name: name, Addr: a, Size: fixedSize}, nil
	}
	return Symbol{}, &SymbolError{Name: name, Err: ErrNoSymbol}
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
	.quad outside@SIZE + 1		/* SIZE64 */
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
	want := "[0x10000000, 0x10000036) r-xk\n[0x10001000, 0x10001030) r--k\n[0x10002000, 0x10003398) rw-k"
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
		{"table[4]", guest.Addr(word(at("table") + 32)), fixedSize + 1},
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
		{"unknown", "call nobody", ModuleArea.Start, fixed{}, "mod: .text+0x1: symbol 'nobody' not found in symbol table", ErrNoSymbol},
		{"first of the table", "call b\ncall a", ModuleArea.Start, fixed{}, "mod: .text+0x1: symbol 'b' not found in symbol table", ErrNoSymbol},
		{"weak, for another reason", ".weak w\ncall w", ModuleArea.Start, refuser{}, "mod: .text+0x1: unresolvable ambiguity for symbol 'w' in object '(null)'", ErrAmbiguous},
		{"far call", "nop\ncall far", ModuleArea.Start, fixed{"far": 0x90001000}, "mod: .text+0x2: R_X86_64_PLT32 for 'far': 0x80000ffa is out of range: 4 bytes hold -0x80000000 to 0x7fffffff", nil},
		{"wide address", "mov $far, %eax", ModuleArea.Start, fixed{"far": 1 << 32}, "mod: .text+0x1: R_X86_64_32 for 'far': 0x100000000 is out of range: 4 bytes hold 0x0 to 0xffffffff", nil},
		{"wide signed address", "movq $far, %rax", ModuleArea.Start, fixed{"far": 0x80000000}, "mod: .text+0x3: R_X86_64_32S for 'far': 0x80000000 is out of range: 4 bytes hold -0x80000000 to 0x7fffffff", nil},
		{"far slot", "call *x@GOTPCREL+0x7fffffff(%rip)", ModuleArea.Start, fixed{"x": 1}, "mod: .text+0x2: R_X86_64_GOTPCRELX for 'x': 0x80000ff9 is out of range", nil},
		{"byte", ".byte far", ModuleArea.Start, fixed{"far": 0x100}, "mod: .text+0x0: R_X86_64_8 for 'far': 0x100 is out of range: 1 bytes hold -0x80 to 0xff", nil},
		{"low byte", ".byte far - 0x181", ModuleArea.Start, fixed{"far": 0x100}, "mod: .text+0x0: R_X86_64_8 for 'far': -0x81 is out of range", nil},
		{"half", ".short far", ModuleArea.Start, fixed{"far": 0x10000}, "mod: .text+0x0: R_X86_64_16 for 'far': 0x10000 is out of range: 2 bytes hold -0x8000 to 0xffff", nil},
		{"near half", ".short far - .", ModuleArea.Start, fixed{"far": ModuleArea.Start + 0x8000}, "mod: .text+0x0: R_X86_64_PC16 for 'far': 0x8000 is out of range: 2 bytes hold -0x8000 to 0x7fff", nil},
		{"near byte", ".byte far - .", ModuleArea.Start, fixed{"far": ModuleArea.Start - 0x81}, "mod: .text+0x0: R_X86_64_PC8 for 'far': -0x81 is out of range: 1 bytes hold -0x80 to 0x7f", nil},
		{"indirect", "call pick", ModuleArea.Start, picker{}, "mod: .text+0x1: it picks a function at run time (IFUNC), and nobody asks it for a module", nil},
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

func (refuser) Resolve(name string) (Symbol, error) {
	return Symbol{}, &SymbolError{Name: name, Err: ErrAmbiguous}
}

// picker finds indirect functions only.
type picker struct{}

func (picker) Resolve(name string) (Symbol, error) { return Symbol{Name: name, Kind: KindIFunc}, nil }

// TestRefusedObjects has what no address would mend.
func TestRefusedObjects(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"thread-local section", `.section .tdata, "awT"` + "\n.quad 1", "mod: section .tdata: thread-local: a module has no such variables, and cannot reach the program's: use an ordinary variable, or have a function of the program return the address"},
		{"local executable", "mov %fs:x@tpoff, %rax", "mod: .text+0x5: R_X86_64_TPOFF32 for 'x': thread-local: a module has no such variables"},
		{"wide local executable", "movabs $x@tpoff, %rax", "mod: .text+0x2: R_X86_64_TPOFF64 for 'x': thread-local: "},
		{"initial executable", "mov x@gottpoff(%rip), %rax", "mod: .text+0x3: R_X86_64_GOTTPOFF for 'x': thread-local: "},
		{"general dynamic", "data16 lea x@tlsgd(%rip), %rdi", "mod: .text+0x4: R_X86_64_TLSGD for 'x': thread-local: "},
		{"local dynamic", "lea x@tlsld(%rip), %rdi", "mod: .text+0x3: R_X86_64_TLSLD for 'x': thread-local: "},
		{"offset in a block", "lea x@dtpoff(%rax), %rdi", "mod: .text+0x3: R_X86_64_DTPOFF32 for 'x': thread-local: "},
		{"wide offset in a block", "movabs $x@dtpoff, %rdi", "mod: .text+0x2: R_X86_64_DTPOFF64 for 'x': thread-local: "},
		{"descriptor", "lea x@tlsdesc(%rip), %rax", "mod: .text+0x3: R_X86_64_GOTPC32_TLSDESC for 'x': thread-local: "},
		{"call of a descriptor", "call *x@tlscall(%rax)", "mod: .text+0x0: R_X86_64_TLSDESC_CALL for 'x': thread-local: "},
		{"own variable", "mov %fs:x@tpoff, %rax\n.section .tbss, \"awT\", @nobits\nx: .quad 0", "mod: .text+0x5: R_X86_64_TPOFF32 for 'x': thread-local: "},
		{"address of a thread-local", ".type x, @tls_object\n.quad x", "mod: .text+0x0: R_X86_64_64 for 'x': thread-local: "},
		{"dynamic relocation", ".reloc ., R_X86_64_RELATIVE, x\n.quad 0", "mod: .text+0x0: R_X86_64_RELATIVE for 'x': it is for a dynamic linker, which a module never meets: build the object with -c or ld -r"},
		{"indirect relocation", ".reloc ., R_X86_64_IRELATIVE, x\n.quad 0", "mod: .text+0x0: R_X86_64_IRELATIVE for 'x': it is for a dynamic linker"},
		{"common symbol, alignment", ".comm x, 8, 8192", "mod: section COMMON, symbol x: aligned to 0x2000 bytes: a power of two up to 0x1000 is taken"},
		{"common symbol, size", ".comm x, 0x1000001, 8", "mod: section COMMON, symbol x: 0x1000001 bytes: a module has up to 0x1000000"},
		{"indirect function", ".type x, @gnu_indirect_function\nx: ret", "mod: symbol x: it picks a function at run time (IFUNC), and nobody asks it for a module: call the function that is meant by its own name"},
		{"writable text", `.section .wild, "awx"` + "\nnop", "mod: section .wild: writable and executable: text is written by patches only"},
		{"code without contents", `.section .wild, "ax", @nobits` + "\n.zero 8", "mod: section .wild: code without contents"},
		{"constructors", `.section .init_array, "aw", @init_array` + "\n.quad 0", "mod: section .init_array: constructors and destructors: nobody calls those of a module"},
		{"alignment", ".data\n.balign 0x2000\n.quad 1", "mod: section .data: aligned to 0x2000 bytes: a power of two up to 0x1000 is taken"},
		{"size", ".bss\n.zero 0x1000001", "mod: section .bss: 0x1000001 bytes: a module has up to 0x1000000"},
		{"size in all", ".bss\n.zero 0xffffff\n.section .bss.x, \"aw\", @nobits\n.zero 2", "mod: section .bss.x: 0x2 bytes: a module has up to 0x1000000"},
		{"symbol that is not loaded", ".section .comment\nx: .byte 1\n.data\n.quad x", "mod: .data+0x0: R_X86_64_64 for '.comment': section .comment is not loaded"},
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
		{"symbol", rela(func(r *elf.Rela64) { r.Info |= 0xffff << 32 }), "mod: .text+0x1: R_X86_64_PLT32 for symbol 65535 of"},
		{"place", rela(func(r *elf.Rela64) { r.Off = ^uint64(0) }), "mod: .text+0xffffffffffffffff: R_X86_64_PLT32 for '__fentry__': it lies outside the 0x31 bytes of the section"},
		{"last place", rela(func(r *elf.Rela64) { r.Off = 0x2e }), "mod: .text+0x2e: R_X86_64_PLT32 for '__fentry__': it lies outside the 0x31 bytes of the section"},
		{"kind", rela(func(r *elf.Rela64) { r.Info |= 0xff }), "mod: .text+0x1: relocation 255 for '__fentry__': no such relocation is known: build the object for plain x86-64"},
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
			kind := ErrFormat
			if c.name == "kind" {
				kind = ErrUnsupported
			}
			checkRefused(t, o == nil, err, kind, c.want)
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
