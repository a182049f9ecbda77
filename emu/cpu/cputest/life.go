package cputest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var lifeChecks = []check{
	{"interrupt", interrupt},
	{"close twice", closeTwice},
	{"interrupt after close", interruptAfterClose},
	{"two at once", twoAtOnce},
}

// interrupt ends endless runs of every kind from another goroutine.
func interrupt(t *testing.T, open Open) {
	for _, req := range runsOn {
		if req.Budget != cpu.Unlimited {
			continue
		}
		for _, delay := range []time.Duration{0, time.Millisecond} {
			r := program(t, open, "1: inc eax; jmp 1b")
			// Whether the run has begun when the request comes is not known, and does
			// not matter: it ends all that come.
			go func() {
				time.Sleep(delay)
				r.cpu.Interrupt()
			}()
			r.must(cpu.Interrupted, req)
			r.must(cpu.Interrupted, req)
		}
	}
}

func closeTwice(t *testing.T, open Open) {
	r := program(t, open, "ret")
	r.must(cpu.Return, free())
	for range 2 {
		if err := r.cpu.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.cpu.Run(&r.ctx, free(), &r.exit); err == nil {
		t.Error("a closed CPU ran")
	}
	if err := r.cpu.Map(r.mem[0]); err == nil {
		t.Error("a closed CPU took a mapping")
	}
	if err := r.cpu.Unmap(r.mem[0].Range); err == nil {
		t.Error("a closed CPU gave up a mapping")
	}
}

func interruptAfterClose(t *testing.T, open Open) {
	r := program(t, open, "ret")
	if err := r.cpu.Close(); err != nil {
		t.Fatal(err)
	}
	r.cpu.Interrupt()
}

// twoAtOnce opens, runs and closes CPUs on several goroutines.
func twoAtOnce(t *testing.T, open Open) {
	assemble(t, textBase, loopText)
	assemble(t, arenaBase, arenaText)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if err := runAlone(t, open); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func runAlone(t *testing.T, open Open) error {
	c, err := open(cpu.Options{Until: until})
	if err != nil {
		return err
	}
	defer c.Close()
	text := pages(t, guest.PageSize)
	copy(text, "\xb9\x10\x27\x00\x00\xff\xc0\xff\xc9\x75\xfa\x0f\x05") // mov ecx, 10000; 1: inc eax; dec ecx; jnz 1b; syscall
	m := cpu.Mapping{Range: guest.RangeOf(textBase, guest.PageSize), Perm: guest.Read | guest.Exec, Host: text}
	if err := c.Map(m); err != nil {
		return err
	}
	ctx := c.NewContext()
	ctx.PC = textBase
	var e cpu.Exit
	if err := c.Run(&ctx, free(), &e); err != nil {
		return err
	}
	if e.Reason != cpu.Syscall || e.Executed != 30002 || e.Regs.GPR[guest.RAX] != 10000 {
		return fmt.Errorf("%s, rax %d", describe(&e), e.Regs.GPR[guest.RAX])
	}
	return nil
}
