package signal

import (
	"slices"
	"syscall"
	"testing"

	"patchlab/guest"
)

func user(n Number) Info { return FromUser(n, CodeUser, 1, 0) }

// send sends to a thread, or to the process (0), and must succeed.
func send(t *testing.T, p *Process, to guest.TaskID, numbers ...Number) {
	t.Helper()
	for _, n := range numbers {
		e := syscall.Errno(0)
		if to == 0 {
			e = p.Send(user(n))
		} else {
			e = p.SendTo(to, user(n))
		}
		if e != 0 {
			t.Fatalf("%s to %d: %v", n, to, e)
		}
	}
}

func TestOrder(t *testing.T) {
	p := handled(1, SIGUSR1, SIGHUP, SIGBUS, SIGSEGV, RTMin)
	p.ChangeMask(1, SetTo, ^Set(0))
	send(t, p, 0, SIGHUP, SIGBUS)
	send(t, p, 1, RTMin, SIGUSR1, SIGBUS)
	p.ChangeMask(1, SetTo, 0)
	p.Force(1, FromFault(SIGSEGV, 1, 0x1234))
	if i := takes(t, p, 1, 0, SIGSEGV); i.Code != 1 {
		t.Errorf("first comes %+v, want the fault", i)
	}
	for _, n := range []Number{SIGBUS, SIGUSR1, RTMin, SIGBUS, SIGHUP, 0} {
		takes(t, p, 1, 0, n)
	}
}

func TestFaultsOfOthers(t *testing.T) {
	p := handled(2, SIGUSR1, SIGSEGV)
	p.Force(2, FromFault(SIGSEGV, 1, 0x1234))
	p.ChangeMask(1, SetTo, Of(SIGSEGV))
	p.SendTo(1, FromKernel(SIGSEGV))
	send(t, p, 1, SIGUSR1)
	takes(t, p, 1, 0, SIGUSR1)
	takes(t, p, 1, 0, 0)
	takes(t, p, 2, 0, SIGSEGV)
}

func TestSendErrors(t *testing.T) {
	p := started(1)
	for _, c := range []struct {
		name string
		got  syscall.Errno
		want syscall.Errno
	}{
		{"nothing", p.Send(user(0)), 0},
		{"nothing to a thread", p.SendTo(1, user(0)), 0},
		{"nothing to no thread", p.SendTo(2, user(0)), syscall.ESRCH},
		{"signal 65", p.Send(user(65)), syscall.EINVAL},
		{"no process", New(0).Send(user(0)), syscall.ESRCH},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if p.Notified(1) {
		t.Error("signal 0 was sent")
	}
}

func TestTooManyQueued(t *testing.T) {
	p := handled(1, RTMin, SIGUSR1)
	p.ChangeMask(1, SetTo, ^Set(0))
	queue := Info{Number: RTMin, Code: CodeQueue}
	for i := range MaxQueued {
		queue.Words[1] = uint64(i)
		if e := p.Send(queue); e != 0 {
			t.Fatal(e)
		}
	}
	if e := p.Send(queue); e != syscall.EAGAIN {
		t.Errorf("one too many: %v", e)
	}
	send(t, p, 0, SIGUSR1) // there is always room for a standard signal
	send(t, p, 1, RTMin)   // and kill never fails, but nothing is known of it then
	p.ChangeMask(1, SetTo, 0)
	takes(t, p, 1, 0, RTMin)
	for i := range MaxQueued {
		if i == 0 {
			takes(t, p, 1, 0, SIGUSR1)
		}
		if got := takes(t, p, 1, 0, RTMin); got.Words[1] != uint64(i) {
			t.Fatalf("%d comes as number %d", got.Words[1], i)
		}
	}
	takes(t, p, 1, 0, 0)
}

func TestWhoTakesIt(t *testing.T) {
	p := handled(4, SIGUSR1, SIGUSR2, RTMin)
	notified := func(what string, want ...guest.TaskID) {
		t.Helper()
		var got []guest.TaskID
		for id := guest.TaskID(1); id <= 4; id++ {
			if p.Has(id) && p.Notified(id) {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: notified are %v, want %v", what, got, want)
		}
	}
	send(t, p, 0, SIGUSR1)
	notified("the first, if it can", 1)
	p.ChangeMask(2, SetTo, Of(SIGUSR1))
	p.ChangeMask(1, SetTo, Of(SIGUSR1))
	notified("one that does not block it now", 3)
	p.ChangeMask(4, SetTo, Of(SIGUSR1))
	p.Exit(3)
	notified("all block it")
	p.ChangeMask(2, SetTo, 0)
	notified("one has let it through", 2)
	takes(t, p, 2, 0, SIGUSR1)
	notified("none is left")
	send(t, p, 4, SIGUSR2)
	notified("a thread's own", 4)
	if _, ok := p.Next(1, 0); ok {
		t.Error("a thread has taken another's")
	}
	p.ChangeMask(1, SetTo, Of(RTMin))
	send(t, p, 0, RTMin, RTMin, RTMin)
	notified("another, and then nobody else is free", 2, 4)
}

func TestInTurn(t *testing.T) {
	p := handled(3, SIGUSR1, SIGUSR2)
	p.ChangeMask(1, SetTo, Of(SIGUSR1, SIGUSR2))
	send(t, p, 0, SIGUSR1, SIGUSR2)
	if !p.Notified(2) || !p.Notified(3) {
		t.Error("one thread is to take both, while another is free")
	}
	takes(t, p, 3, 0, SIGUSR1)
	takes(t, p, 3, 0, SIGUSR2)
	takes(t, p, 2, 0, 0)
	send(t, p, 0, SIGUSR1)
	if p.Notified(2) || !p.Notified(3) {
		t.Error("not the thread that was chosen last")
	}
}

func TestKilledAtOnce(t *testing.T) {
	for _, n := range []Number{SIGKILL, SIGTERM, SIGSEGV} {
		p := started(3)
		p.ChangeMask(1, SetTo, ^Set(0))
		send(t, p, 0, n)
		if n == SIGSEGV { // one thread takes it, and dumps core
			if d, ok := p.Next(2, 0); !ok || d.Do != Kill || !d.Core {
				t.Errorf("%+v, %v", d, ok)
			}
		}
		for id := guest.TaskID(1); id <= 3; id++ {
			d, ok := p.Next(id, 0)
			if !p.Notified(id) || !ok || d.Do != Kill || d.Info.Number != n || d.Core != (n == SIGSEGV) {
				t.Errorf("%s, thread %d: %+v, %v", n, id, d, ok)
			}
		}
		send(t, p, 0, SIGHUP)
		if d, _ := p.Next(1, 0); d.Info.Number != n {
			t.Errorf("killed by %s, and then by %s", n, d.Info.Number)
		}
	}
}

func TestStopAndContinue(t *testing.T) {
	p := handled(2, SIGCONT, SIGUSR1)
	send(t, p, 0, SIGTSTP)
	if d, ok := p.Next(1, 0); !ok || d.Do != Halt || !p.Stopped() {
		t.Fatalf("%+v, %v", d, ok)
	}
	send(t, p, 0, SIGUSR1, SIGTTIN)
	if _, ok := p.Next(1, 0); ok {
		t.Error("a signal in a stopped process")
	}
	send(t, p, 0, SIGCONT) // drops SIGTTIN
	if p.Stopped() {
		t.Error("still stopped")
	}
	takes(t, p, 1, 0, SIGUSR1)
	takes(t, p, 1, 0, SIGCONT)
	takes(t, p, 1, 0, 0)
	p.ChangeMask(1, SetTo, Of(SIGCONT))
	p.ChangeMask(2, SetTo, Of(SIGCONT))
	send(t, p, 0, SIGCONT, SIGSTOP) // the latter drops the former
	if p.Pending(1) != 0 {
		t.Errorf("pending: %#x", p.Pending(1))
	}
	if d, _ := p.Next(1, 0); d.Do != Halt {
		t.Errorf("%+v", d)
	}
	send(t, p, 0, SIGKILL)
	if d, _ := p.Next(2, 0); d.Do != Kill || p.Stopped() {
		t.Errorf("%+v", d)
	}
}

// TestStopped sends to a process that is stopped: it all waits for SIGCONT.
func TestStopped(t *testing.T) {
	for _, n := range []Number{SIGUSR1, SIGTERM} {
		p := handled(1, SIGUSR1, RTMin)
		p.ChangeMask(1, SetTo, Of(SIGTSTP, RTMin))
		send(t, p, 0, SIGTSTP, RTMin)
		p.ChangeMask(1, SetTo, 0)
		if d, _ := p.Next(1, 0); d.Do != Halt {
			t.Fatalf("%+v", d)
		}
		send(t, p, 0, n)
		if d, ok := p.Next(1, 0); ok {
			t.Errorf("%+v in a process that is stopped", d)
		}
		send(t, p, 0, SIGCONT)
		if d, ok := p.Next(1, 0); !ok || d.Info.Number != n {
			t.Errorf("%+v, %v; want %s", d, ok, n)
		}
	}
}

// TestContinuedHandler has SIGCONT come to a handler that only sigsuspend lets through.
func TestContinuedHandler(t *testing.T) {
	p := handled(1, SIGCONT)
	p.ChangeMask(1, SetTo, Of(SIGCONT))
	p.Suspend(1, 0)
	send(t, p, 0, SIGSTOP)
	p.Next(1, 0)
	if _, ok := p.Next(1, 0); ok {
		t.Error("a signal in a process that is stopped")
	}
	send(t, p, 0, SIGCONT)
	if d, ok := p.Next(1, 0); !ok || d.Info.Number != SIGCONT || d.Mask != Of(SIGCONT) {
		t.Errorf("%+v, %v", d, ok)
	}
}

func TestForce(t *testing.T) {
	fault := FromFault(SIGSEGV, 1, 0x10)
	for _, c := range []struct {
		name string
		set  func(p *Process)
		want Do
	}{
		{"handled", func(*Process) {}, Handle},
		{"blocked", func(p *Process) { p.ChangeMask(1, SetTo, Of(SIGSEGV)) }, Kill},
		{"ignored", func(p *Process) { p.SetAction(SIGSEGV, Action{Handler: HandlerIgnore}) }, Kill},
		{"one is pending already", func(p *Process) { p.SendTo(1, user(SIGSEGV)) }, Handle},
	} {
		p := handled(1, SIGSEGV)
		c.set(p)
		p.Force(1, fault)
		if d, ok := p.Next(1, 0); !ok || d.Do != c.want || d.Info.Number != SIGSEGV {
			t.Errorf("%s: %+v, %v", c.name, d, ok)
		}
	}
	p := handled(1, SIGSEGV, SIGUSR1)
	p.ForceSegv(1, SIGUSR1)
	takes(t, p, 1, 0, SIGSEGV)
	p.ForceSegv(1, SIGSEGV)
	if d, _ := p.Next(1, 0); d.Do != Kill || !d.Core {
		t.Errorf("no frame for SIGSEGV: %+v", d)
	}
}

func TestResetHandler(t *testing.T) {
	p := started(1)
	p.SetAction(SIGUSR1, Action{Handler: 0x401000, Flags: SA_RESETHAND})
	send(t, p, 1, SIGUSR1)
	d, _ := p.Next(1, 0)
	if a, _ := p.Action(SIGUSR1); d.Action.Handler != 0x401000 || a.Handler != HandlerDefault {
		t.Errorf("runs %+v, leaves %+v", d.Action, a)
	}
}
