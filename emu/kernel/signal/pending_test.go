package signal

import "testing"

func TestContinueTellsThreads(t *testing.T) {
	p := handled(1, SIGUSR1)
	send(t, p, 0, SIGSTOP)
	p.Next(1, 0)
	send(t, p, 0, SIGUSR1)
	if p.Notified(1) {
		t.Error("a thread of a stopped process is to look for a signal")
	}
	send(t, p, 0, SIGCONT)
	takes(t, p, 1, 0, SIGUSR1)
}

func TestExitLeavesToOthers(t *testing.T) {
	p := handled(3, SIGUSR1)
	p.ChangeMask(1, SetTo, Of(SIGUSR1))
	send(t, p, 0, SIGUSR1)
	p.Exit(2)
	takes(t, p, 3, 0, SIGUSR1)
	p.Start(4, 1)
	if p.Mask(4) != Of(SIGUSR1) {
		t.Errorf("a new thread blocks %#x", uint64(p.Mask(4)))
	}
}

func TestIgnoredIsDropped(t *testing.T) {
	p := handled(1, SIGUSR1)
	p.ChangeMask(1, SetTo, Of(SIGUSR1, SIGCHLD))
	send(t, p, 0, SIGUSR1)
	send(t, p, 1, SIGUSR1)
	p.SetAction(SIGUSR1, Action{Handler: HandlerIgnore})
	if s := p.Pending(1); s != 0 {
		t.Errorf("pending: %#x", uint64(s))
	}
	p.Await(1, Of(SIGCHLD))
	p.Awaited(1)
	p.ChangeMask(1, SetTo, 0)
	send(t, p, 0, SIGCHLD)
	p.ChangeMask(1, SetTo, Of(SIGCHLD))
	if s := p.Pending(1); s != 0 {
		t.Errorf("pending: %#x", uint64(s))
	}
}

func TestOneShot(t *testing.T) {
	p := handled(1, SIGUSR1)
	id := timerOf(t, p, CLOCK_MONOTONIC, &Event{Signal: int32(SIGUSR1)})
	p.SetTimer(id, true, 10, 0, 0)
	p.Expire(10)
	takes(t, p, 1, 10, SIGUSR1)
	if v, _, _ := p.Timer(id, 10); v != 0 || p.NextExpiry() != 0 {
		t.Errorf("a timer of one shot has %d left, and expires next at %d", v, p.NextExpiry())
	}
}
