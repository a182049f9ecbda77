package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"
)

// TestBadDeclarations writes each table wrongly, as a source may.
func TestBadDeclarations(t *testing.T) {
	const head = `
	.text
SYM_FUNC_START(fn)
	ret
SYM_FUNC_END(fn)
	.section .user.text, "ax"
SYM_FUNC_START(loop)
	jmp loop
SYM_FUNC_END(loop)
	.section .rodata
one:	.asciz "one"
empty:	.asciz ""
odd:	.asciz "a\tb"
spaced:	.asciz "a b"
long:	.fill 64, 1, 'x'
	.byte 0
	.data
word:	.quad 1
endless: .byte 'x'
`
	for _, c := range []struct{ name, text, want string }{
		{"low gate", "GATE(0xfff, fn)", "prog: section .patchlab.gates, entry 0: number 0xfff: gates have numbers from 0x1000 to 0x1fff"},
		{"high gate", "GATE(0x1000, fn)\nGATE(0x2000, fn)", "prog: section .patchlab.gates, entry 1: number 0x2000"},
		{"gate to user", "GATE(0x1000, loop)", "0x8000000 <loop> is no function of the kernel part"},
		{"gate to data", "GATE(0x1000, word)", "<word> is no function of the kernel part"},
		{"gate to nowhere", "GATE(0x1000, 0)", "entry 0: 0x0 is no function of the kernel part"},
		{"gate twice", "GATE(0x1000, fn)\nGATE(0x1000, pl_log)", "<pl_log> have the same number 0x1000"},
		{"half a gate", ".section .patchlab.gates, \"a\"\n.quad 0x1000", "prog: section .patchlab.gates: 8 bytes, not a whole number of entries of 16"},
		{"nameless task", "TASK(0, loop, 0)", "prog: section .patchlab.tasks, entry 0: name: 0x0 lies in no segment"},
		{"empty name", "TASK(empty, loop, 0)", "is empty"},
		{"name with tab", "TASK(odd, loop, 0)", `"a\tb", holds what is no printing character`},
		{"name with space", "TASK(spaced, loop, 0)", `"a b", holds what is no printing character`},
		{"long name", "TASK(long, loop, 0)", "is longer than 63 bytes"},
		{"name without end", "TASK(endless, loop, 0)", "has no end"},
		{"kernel task", "TASK(one, fn, 0)", "task one enters at 0x400000 <fn>, which is no function of the user part"},
		{"kernel thread of user mode", "KTHREAD(one, loop, 0)", "prog: section .patchlab.kthreads, entry 0: task one enters at 0x8000000 <loop>, which is no function of the kernel part"},
		{"thread and task", "TASK(one, loop, 0)\nKTHREAD(one, fn, 0)", "entry 0: a second task with the name one"},
		{"kernel thread", "KTHREAD(one, fn, 7)", ""},
		{"task twice", "TASK(one, loop, 0)\nTASK(one, loop, 1)", "entry 1: a second task with the name one"},
		{"style", ".section .note.patchlab, \"a\", @note\n.long 9, 4, 1\n.asciz \"patchlab\"\n.balign 4\n.long 2", "prog: section .note.patchlab: a patchlab note of type 1 with 02 00 00 00: known is type 1 with 01 00 00 00, the kernel style"},
		{"note type", ".section .note.patchlab, \"a\", @note\n.long 9, 4, 7\n.asciz \"patchlab\"\n.balign 4\n.long 1", "a patchlab note of type 7 with 01 00 00 00"},
		{"other note", ".section .note.patchlab, \"a\", @note\n.long 4, 1, 7\n.asciz \"GNU\"\n.byte 1\n.balign 4", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse("prog", kernelProgram(t, head+c.text+"\n"))
			if c.want == "" {
				if err != nil || m.Style != KernelStyle {
					t.Error(err)
				}
				return
			}
			checkRefused(t, m == nil, err, ErrDeclaration, c.want)
		})
	}
}

func TestDeclarationsNeedKernelStyle(t *testing.T) {
	m, err := Parse("prog", userProgram(t, ".globl _start\n_start: ret\n.section .patchlab.gates, \"a\"\n.quad 0x1000, _start\n"))
	checkRefused(t, m == nil, err, ErrDeclaration, "prog: section .patchlab.gates: only a kernel-style program has it")
}

func TestKernelPartsAreApart(t *testing.T) {
	sound := kernelProgram(t, kernelText)
	e := editable{t, bytes.Clone(sound)}
	e.prog(loadedWith(elf.PF_R), func(p *elf.Prog64) { p.Vaddr, p.Memsz = uint64(UserPart)-0x2000, 0x3000 })
	m, err := Parse("prog", e.b)
	checkRefused(t, m == nil, err, ErrUnsupported, "[0x7ffe000, 0x8001000) reaches into the user part, which begins at 0x8000000")

	e = editable{t, bytes.Clone(sound)}
	e.header(func(h *elf.Header64) { h.Entry = 0 })
	if _, err := Parse("prog", e.b); err != nil {
		t.Errorf("a kernel-style program starts with its tasks: %v", err)
	}
}

// TestNotes reads runs of notes that no assembler writes.
func TestNotes(t *testing.T) {
	note := func(name string, desc []byte, kind uint32, align int) []byte {
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(name)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(desc)))
		b = binary.LittleEndian.AppendUint32(b, kind)
		fill := func() {
			for len(b)%align != 0 {
				b = append(b, 0)
			}
		}
		b = append(b, name...)
		fill()
		b = append(b, desc...)
		fill()
		return b
	}
	kernel := []byte{1, 0, 0, 0}
	join := func(bs ...[]byte) []byte { return bytes.Join(bs, nil) }
	for _, c := range []struct {
		name  string
		notes []byte
		align uint64
		style Style
		bad   bool
	}{
		{"none", nil, 4, UserStyle, false},
		{"other", note("GNU\x00", []byte{1, 2, 3, 4, 5}, 1, 4), 4, UserStyle, false},
		{"second", join(note("GNU\x00", []byte{1, 2, 3}, 1, 4), note("patchlab\x00", kernel, 1, 4)), 4, KernelStyle, false},
		{"align 8", join(note("GNU\x00", []byte{1}, 1, 8), note("patchlab\x00", kernel, 1, 8)), 8, KernelStyle, false},
		{"unpadded end", note("patchlab\x00", []byte{1, 0, 0, 0, 0}, 1, 1)[:12], 4, UserStyle, true},
		{"no terminator", note("patchlab", kernel, 1, 4), 4, UserStyle, false},
		{"short header", []byte{1, 2, 3, 4, 5, 6, 7, 8}, 4, UserStyle, true},
		{"huge name", []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 0, 0, 0}, 4, UserStyle, true},
		{"huge descriptor", []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, 8, UserStyle, true},
	} {
		f := &elfFile{name: "prog"}
		style, err := f.readNotes("notes", c.notes, c.align)
		if style != c.style || (err != nil) != c.bad {
			t.Errorf("%s: %s, %v", c.name, style, err)
		}
	}
}
