package emu

import (
	"errors"
	"fmt"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/guest"
)

// tails writes down what the recorder tells of tail calls.
type tails struct {
	r    *rig
	told []string
}

func (w *tails) Committed(_ guest.TaskID, a Activation, _ []Activation) {
	w.told = append(w.told, w.r.Symbol(a.Fn)+"<"+w.r.Symbol(a.Tail))
}

func (*tails) ToUser(guest.TaskID) {}

// TestTruthOfReturns wants an activation to end where it returns to, also when the slot
// is used again by a call that nobody watches; a tail call is one only then.
func TestTruthOfReturns(t *testing.T) {
	img := compile(t, `// asm
	.text
	SYM_FUNC_START(f)
	FENTRY
	ret
	SYM_FUNC_END(f)
	SYM_FUNC_START(g)
	FENTRY
	ret
	SYM_FUNC_END(g)
	SYM_FUNC_START(tail)
	FENTRY
	jmp	g
	SYM_FUNC_END(tail)
	SYM_FUNC_START(run)
	push	%rbp
	mov	%rsp, %rbp
	call	f
	.globl	back_1, back_2, back_3
back_1:	call	g
back_2:	call	tail
back_3:	mov	$1000, %edi
	call	pl_sleep
	pop	%rbp
	ret
	SYM_FUNC_END(run)
	GATE(0x1001, run)
// user asm
	.text
	SYM_FUNC_START(user)
	mov	$0x1001, %eax
	syscall
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	`)
	for _, c := range []struct {
		watch        []string
		told, asleep string
	}{
		{nil, "[f< g<f tail<g g<tail]", "g"},
		{[]string{"back_1", "back_2", "back_3"}, "[f< g< tail< g<tail]", ""},
	} {
		for _, open := range []func(cpu.Options) (cpu.CPU, error){unicorn.New, unicorn.NewReference} {
			r := newRigOf(t, setup{tasks: []string{"user"}, open: open}, img)
			var saved Snapshot
			r.Save(&saved)
			for _, at := range c.watch {
				r.WatchReturns(r.addr(at), r.addr(at))
			}
			for range 2 {
				var watching Snapshot
				r.Save(&watching)
				w := &tails{r: r}
				r.Truth().Listen(w)
				if _, err := r.until(func() bool { return r.tasks[0].state == Asleep }); err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(w.told); got != c.told {
					t.Errorf("%v: told %s, want %s", c.watch, got, c.told)
				}
				if got := r.activations(r.Truth().Live(1)); got != c.asleep+"\n" {
					t.Errorf("%v: live asleep: %swant %s", c.watch, got, c.asleep)
				}
				// The marks go with a snapshot, and come back.
				if err := errors.Join(r.Restore(&saved), r.Restore(&watching)); err != nil {
					t.Fatal(err)
				}
			}
			r.Close()
		}
	}
}
