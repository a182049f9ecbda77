package fp

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/unwind"
)

// TestWindows wants the instructions of functions that change what a walk finds, and no
// others.
func TestWindows(t *testing.T) {
	for _, c := range []struct{ name, asm, want string }{
		{"plain", "push rbp; mov rbp,rsp; call g; pop rbp; ret", "0 prologue, 1 prologue, 4 call, 9 epilogue, a return"},
		{"leaves", "push rbp; mov rbp,rsp; sub rsp,0x20; mov rax,1; leave; ret", "0 prologue, 1 prologue, f epilogue, 10 return"},
		{"frameless", "mov rax,1; push rbx; mov rbx,rax; pop rbx; ret", "c return"},
		{"scheduled", "push rbp; lea rax,[rdi+1]; mov rbp,rsp; nop; pop rbp; jmp g", "0 prologue, 5 prologue, 9 epilogue, a return"},
		{"branches", "push rbp; mov rbp,rsp; 1: dec rdi; jnz 1b; test rsi,rsi; je 2f; inc rdi; 2: pop rbp; ret", "0 prologue, 1 prologue, 11 epilogue, 12 return"},
		{"tail_if", "test rdi,rdi; je g; jmp [rdi]", "3 return, 5 return"},
		{"service", "push rbp; mov rbp,rsp; syscall; pop rbp; ret", "0 prologue, 1 prologue, 6 epilogue, 7 return"},
		{"by_offset", "push rbp; mov rbp,rsp; push rbx; lea rsp,[rbp-8]; pop rbx; leave; ret", "0 prologue, 1 prologue, a epilogue, b return"},
		{"overwritten", "push rbp; mov rbp,rsp; mov rbp,rdi; pop rbp; ret", "0 prologue, 1 prologue, 4 epilogue, 7 prologue, 8 return"},
		// Where a path cannot be followed, nothing is known of any instruction.
		{"overlaps", "push rax; nop; jmp .+1; call g; ret", "0 prologue, 1 prologue, 2 return, 4 call, 9 return"},
	} {
		funcs, err := Analyse(build(t, ".S", fmt.Sprintf(
			".intel_syntax noprefix\n.globl g, f\n.type g,@function\ng: ret\n.size g,.-g\n.type f,@function\nf: %s\n.size f,.-f\n",
			c.asm)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range funcs {
			for _, w := range f.Windows {
				if f.Name == "f" {
					got = append(got, fmt.Sprintf("%x %s", uint64(w.Addr-f.Range.Start), w.Kind))
				}
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, text, c.want)
		}
	}
}

// TestWindowKinds wants each kind to have a name of its own.
func TestWindowKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := unwind.WindowKind(0); k <= unwind.Stub+1; k++ {
		if seen[k.String()] && k <= unwind.Stub {
			t.Errorf("two kinds are called %s", k)
		}
		seen[k.String()] = true
	}
	if !seen["no window"] {
		t.Errorf("%v", seen)
	}
}
