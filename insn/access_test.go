package insn

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/guest"
)

// TestAccesses has instructions access memory with known registers: rax 0x1000, rcx 3,
// rbx 0x2000, rsp 0x7000, rbp 0x7100, rsi 0x3000, rdi 0x4000, at the address 0x400000.
func TestAccesses(t *testing.T) {
	var r guest.Regs
	r.GPR[guest.RAX], r.GPR[guest.RCX], r.GPR[guest.RBX] = 0x1000, 3, 0x2000
	r.GPR[guest.RSP], r.GPR[guest.RBP], r.GPR[guest.RSI], r.GPR[guest.RDI] = 0x7000, 0x7100, 0x3000, 0x4000
	for _, c := range []struct{ code, text, want string }{
		{"\x48\x8b\x43\x08", "mov rax, [rbx+8]", "r 0x2008 8"},
		{"\x48\x89\x44\xcb\x10", "mov [rbx+rcx*8+16], rax", "w 0x2028 8"},
		{"\x88\x03", "mov [rbx], al", "w 0x2000 1"},
		{"\x48\x8b\x05\x10\x00\x00\x00", "mov rax, [rip+16]", "r 0x400017 8"},
		{"\x48\xff\x05\xf0\xff\xff\xff", "inc qword ptr [rip-16]", "w 0x3ffff7 8"},
		{"\x67\x8b\x03", "mov eax, [ebx]", "r 0x2000 4"},
		{"\x48\x8d\x43\x08", "lea rax, [rbx+8]", ""},
		{"\x0f\x1f\x40\x00", "nop [rax]", ""},
		{"\x48\x39\x03", "cmp [rbx], rax", "r 0x2000 8"},
		{"\x48\x3b\x03", "cmp rax, [rbx]", "r 0x2000 8"},
		{"\x48\x87\x03", "xchg [rbx], rax", "w 0x2000 8"},
		{"\xf0\x48\x0f\xb1\x0b", "lock cmpxchg [rbx], rcx", "w 0x2000 8"},
		{"\x55", "push rbp", "w 0x6ff8 8"},
		{"\x5d", "pop rbp", "r 0x7000 8"},
		{"\xff\x33", "push [rbx]", "r 0x2000 8, w 0x6ff8 8"},
		{"\xe8\x00\x00\x00\x00", "call", "w 0x6ff8 8"},
		{"\xff\x13", "call [rbx]", "r 0x2000 8, w 0x6ff8 8"},
		{"\xc3", "ret", "r 0x7000 8"},
		{"\xc9", "leave", "r 0x7100 8"},
		{"\x48\xa5", "movsq", "w 0x4000 8, r 0x3000 8"},
		{"\xf3\x48\xa5", "rep movsq", "w 0x4000 24, r 0x3000 24"},
		{"\xf3\xaa", "rep stosb", "w 0x4000 3"},
		{"\x48\x01\xd8", "add rax, rbx", ""},
		{"\x0f\xae\x03", "fxsave [rbx]", "w 0x2000 512"},
	} {
		in, err := Decode([]byte(c.code), 0x400000)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		var got []string
		for _, a := range in.Accesses(nil, &r) {
			kind := "r"
			if a.Write {
				kind = "w"
			}
			got = append(got, fmt.Sprintf("%s %s %d", kind, a.Range.Start, a.Range.Size()))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %s\nwant %s", c.text, text, c.want)
		}
	}
	r.RFLAGS = directionFlag
	in, err := Decode([]byte("\xf3\xaa"), 0x400000)
	if err != nil {
		t.Fatal(err)
	}
	if a := in.Accesses(nil, &r); len(a) != 1 || a[0].Range != (guest.Range{Start: 0x3ffe, End: 0x4001}) {
		t.Errorf("downwards: %v", a)
	}
}
