package signal

import "testing"

func TestSuspend(t *testing.T) {
	p := handled(1, SIGUSR1, SIGUSR2)
	p.SetAction(SIGUSR1, Action{Handler: 0x401000, Mask: Of(SIGHUP)})
	p.ChangeMask(1, SetTo, Of(SIGUSR1))
	send(t, p, 0, SIGUSR1)
	p.Suspend(1, Of(SIGUSR2))
	send(t, p, 0, SIGUSR2)
	d, ok := p.Next(1, 0)
	if !ok || d.Info.Number != SIGUSR1 || d.Mask != Of(SIGUSR1) {
		t.Fatalf("%+v, %v", d, ok)
	}
	p.Entered(1, &d)
	if m := p.Mask(1); m != Of(SIGUSR1, SIGUSR2, SIGHUP) {
		t.Errorf("in the handler %#x is blocked", uint64(m))
	}
	if _, ok := p.Next(1, 0); ok {
		t.Error("a signal that is blocked")
	}
	p.Resume(1, &Context{Mask: d.Mask})
	takes(t, p, 1, 0, SIGUSR2)
	if m := p.Mask(1); m != Of(SIGUSR1) {
		t.Errorf("in the end %#x is blocked", uint64(m))
	}
}

func TestSuspendWithoutHandler(t *testing.T) {
	p := handled(1, SIGUSR1)
	p.ChangeMask(1, SetTo, Of(SIGHUP))
	send(t, p, 0, SIGHUP)
	p.Suspend(1, Of(SIGUSR1, SIGHUP))
	p.Unsuspend(1)
	if m := p.Mask(1); m != Of(SIGHUP) {
		t.Errorf("%#x is blocked", uint64(m))
	}
	p.ChangeMask(1, SetTo, Of(SIGUSR1, SIGHUP))
	send(t, p, 0, SIGUSR1)
	p.Suspend(1, ^Of(SIGCONT))
	p.ChangeMask(1, Unblock, 0)
	send(t, p, 0, SIGCONT) // does nothing, but may have ended the sleep
	if _, ok := p.Next(1, 0); ok || p.Mask(1) != Of(SIGUSR1, SIGHUP) {
		t.Errorf("%v, %#x is blocked", ok, uint64(p.Mask(1)))
	}
	p.Suspend(1, Of(SIGHUP))
	p.SetAction(SIGUSR1, Action{Handler: HandlerIgnore}) // what had ended the sleep is gone
	if _, ok := p.Next(1, 0); ok || p.Mask(1) != Of(SIGUSR1, SIGHUP) {
		t.Errorf("%v, %#x is blocked", ok, uint64(p.Mask(1)))
	}
}

func TestAwait(t *testing.T) {
	p := handled(1, SIGUSR1, SIGUSR2)
	set := Of(SIGUSR1, SIGTERM, SIGCHLD, SIGURG, SIGKILL)
	blocked := Of(SIGUSR1, SIGTERM, SIGCHLD)
	p.ChangeMask(1, SetTo, blocked)
	for _, c := range []struct {
		n     Number
		takes bool // by the call
	}{
		{SIGUSR1, true},
		{SIGTERM, true},  // though nothing would stop it from killing
		{SIGCHLD, true},  // though by default it is ignored
		{SIGUSR2, false}, // a handler runs instead
	} {
		if _, ok := p.Take(1, set, 0); ok {
			t.Fatal("something is pending")
		}
		p.Await(1, set)
		if p.Notified(1) {
			t.Fatal("nothing has come")
		}
		send(t, p, 0, c.n)
		if !p.Notified(1) {
			t.Errorf("%s: the thread sleeps on", c.n)
		}
		p.Awaited(1)
		if m := p.Mask(1); m != blocked {
			t.Errorf("%#x is blocked", uint64(m))
		}
		if i, ok := p.Take(1, set, 0); ok != c.takes || ok && i.Number != c.n {
			t.Errorf("%s: %+v, %v", c.n, i, ok)
		}
		if !c.takes {
			takes(t, p, 1, 0, c.n)
		}
		takes(t, p, 1, 0, 0)
	}
	p.Await(1, set)
	send(t, p, 0, SIGURG) // not blocked before the call, and ignored: it is lost
	p.Awaited(1)
	if _, ok := p.Take(1, set, 0); ok {
		t.Error("a signal that was ignored")
	}
	send(t, p, 0, SIGSTOP)
	if _, ok := p.Take(1, ^Set(0), 0); ok {
		t.Error("SIGSTOP was taken")
	}
}
