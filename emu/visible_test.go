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
