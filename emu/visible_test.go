package emu

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/guest"
)

const visibleProgram = `// asm
	.data
	.globl	x
x:	.quad	0, 0
	.text
	SYM_FUNC_START(unused)
	ret
	SYM_FUNC_END(unused)
// user asm
	.data
	.globl	y
y:	.quad	7, 0
	.text
	SYM_FUNC_START(user)
	.globl	at_1, at_2, at_3
at_1:	mov	y, %rax
	inc	%rax
	mov	$2, %ecx
1:	lock xadd %rax, y+8
at_2:	nop
at_3:	dec	%ecx
	jnz	1b
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
`

// TestAccessesBetweenStops has a directed machine stop before instructions, at two in a row
// and in a loop, and wants the steps in between to tell their accesses.
func TestAccessesBetweenStops(t *testing.T) {
	for _, traced := range []bool{true, false} {
		r := newRig(t, setup{
			source: visibleProgram, tasks: []string{"user"},
			limit: func(c *Config) { c.Directed = true },
		})
		if traced {
			r.TraceAccesses()
		}
		r.StopAt(r.addr("at_1"), r.addr("at_2"), r.addr("at_3"))
		y := r.addr("y")
		var snap Snapshot
		for round := range 2 {
			if round == 0 {
				r.Save(&snap)
			} else if err := r.Restore(&snap); err != nil {
				t.Fatal(err)
			}
			told := ""
			step := func(id guest.TaskID) {
				t.Helper()
				if err := r.MoveTask(id, false); err != nil {
					t.Fatal(err)
				}
				told += strings.TrimPrefix(r.Symbol(r.PC(id)), "user") + ":"
				for _, a := range r.Accesses() {
					told += fmt.Sprintf(" %d+%d,%v", a.Addr-y, a.Size, a.Write)
				}
				told += "\n"
			}
			for range 5 {
				step(1)
			}
			if r.CanMove(1) {
				t.Error("the task has not come to its end")
			}
			want := "+0x1a: 0+8,false 8+8,false 8+8,true\n+0x1b:\n+0x1a: 8+8,false 8+8,true\n+0x1b:\n:\n"
			if !traced {
				want = "+0x1a:\n+0x1b:\n+0x1a:\n+0x1b:\n:\n"
			}
			if told != want {
				t.Errorf("traced %v, round %d: got\n%swant\n%s", traced, round, told, want)
			}
		}
	}
}

// finishes lets a task go on to its end.
func (r *rig) finishes(id guest.TaskID) {
	r.t.Helper()
	for r.CanMove(id) {
		if err := r.MoveTask(id, false); err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestCountInstructions has a directed machine count, with stops in a loop and without: what
// it says is what the program has, a snapshot takes it back, and the digest is as of a
// machine that does not count.
func TestCountInstructions(t *testing.T) {
	for _, stops := range []bool{true, false} {
		var digests []string
		for _, counting := range []bool{true, false} {
			r := newRig(t, setup{source: visibleProgram, tasks: []string{"user", "user"}, limit: directed})
			if counting {
				r.CountInstructions()
			}
			if stops {
				r.StopAt(r.addr("at_1"), r.addr("at_2"), r.addr("at_3"))
			}
			var snap Snapshot
			r.Save(&snap)
			want := uint64(3 + 2*4 + 2) // before the loop, in it, behind it
			if !counting {
				want = 0
			}
			for range 2 {
				if err := r.Restore(&snap); err != nil {
					t.Fatal(err)
				}
				r.finishes(1)
				if n := r.Executed(1); n != want || r.ExecutedByAll() != want || r.Executed(2)+r.Executed(3) != 0 {
					t.Errorf("stops %v, counting %v: %d instructions, want %d", stops, counting, n, want)
				}
				r.finishes(2)
				if n := r.ExecutedByAll(); n != 2*want {
					t.Errorf("stops %v, counting %v: %d instructions, want %d", stops, counting, n, 2*want)
				}
			}
			digests = append(digests, r.Digest().String())
		}
		if digests[0] != digests[1] {
			t.Errorf("stops %v: counting changes the digest: %v", stops, digests)
		}
	}
}
