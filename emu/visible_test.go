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

// TestStopAt has a directed machine stop before instructions, at the first of a task, at
// two in a row and in a loop, and wants the steps in between to tell their accesses.
func TestStopAt(t *testing.T) {
	for _, traced := range []bool{true, false} {
		r := newRig(t, setup{
			source: visibleProgram, tasks: []string{"user", "user"},
			limit: func(c *Config) { c.Directed = true },
		})
		if traced {
			r.TraceAccesses()
		}
		stops := []string{"at_1", "at_2", "at_3"}
		for _, name := range stops {
			r.StopAt(1, r.addr(name))
		}
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
			step(2) // nothing stops it
			want := "+0x1a: 0+8,false 8+8,false 8+8,true\n+0x1b:\n+0x1a: 8+8,false 8+8,true\n+0x1b:\n:\n" +
				": 0+8,false 8+8,false 8+8,true 8+8,false 8+8,true\n"
			if !traced {
				want = "+0x1a:\n+0x1b:\n+0x1a:\n+0x1b:\n:\n:\n"
			}
			if told != want {
				t.Errorf("traced %v, round %d: got\n%swant\n%s", traced, round, told, want)
			}
		}
	}
}
