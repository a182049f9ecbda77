package signal

import "testing"

func TestInfoComesBack(t *testing.T) {
	for _, i := range []Info{
		FromUser(SIGUSR1, CodeTKill, 12, 1000), FromKernel(SIGALRM), FromFault(SIGSEGV, 1, 0x1234), FromChild(1, 13, 1000, -1),
		{Number: Max, Errno: -3, Code: CodeQueue, Words: [4]uint64{1, 2, 3, 1 << 63}},
	} {
		b := i.Encode()
		if got := DecodeInfo(i.Number, &b); got != i {
			t.Errorf("%+v comes back as %+v", i, got)
		}
	}
	b := (&Info{Number: SIGUSR1}).Encode()
	if got := DecodeInfo(SIGUSR2, &b); got.Number != SIGUSR2 {
		t.Errorf("the number is %s", got.Number)
	}
}

func TestMayQueue(t *testing.T) {
	for code, want := range map[int32]bool{CodeUser: false, CodeTKill: false, CodeKernel: false, CodeQueue: true, CodeTimer: true} {
		if MayQueue(code) != want {
			t.Errorf("code %d: %v", code, !want)
		}
	}
}

func TestActionComesBack(t *testing.T) {
	a := Action{Handler: 0x401000, Flags: SA_RESTART | SA_RESTORER, Restorer: 0x402000, Mask: Of(SIGINT)}
	b := a.Encode()
	if got := DecodeAction(&b); got != a {
		t.Errorf("%+v comes back as %+v", a, got)
	}
	p := started(1)
	wild := a
	wild.Flags, wild.Mask = 1<<64-1, 1<<64-1
	if e := p.SetAction(SIGINT, wild); e != 0 {
		t.Fatal(e)
	}
	if got, _ := p.Action(SIGINT); got.Mask.Has(SIGKILL) || got.Mask.Has(SIGSTOP) || got.Flags != knownFlags {
		t.Errorf("%+v", got)
	}
	for _, n := range []Number{0, SIGKILL, SIGSTOP, Max + 1} {
		if p.SetAction(n, a) == 0 {
			t.Errorf("an action for %s", n)
		}
	}
	if _, e := p.Action(Max + 1); e == 0 {
		t.Error("an action of signal 65")
	}
}
