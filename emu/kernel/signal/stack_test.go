package signal

import (
	"syscall"
	"testing"

	"patchlab/guest"
)

func TestSetStack(t *testing.T) {
	for _, c := range []struct {
		name string
		s    AltStack
		sp   guest.Addr
		want syscall.Errno
	}{
		{"while on it", AltStack{Base: 0x20000, Size: 4096}, 0x10800, syscall.EPERM},
		{"switched off while on it", AltStack{Flags: SS_DISABLE}, 0x11000, syscall.EPERM},
		{"too small", AltStack{Base: 0x20000, Size: 2047}, 0x8000, syscall.ENOMEM},
		{"no such flag", AltStack{Base: 0x20000, Size: 4096, Flags: 4}, 0x8000, syscall.EINVAL},
		{"another", AltStack{Base: 0x20000, Size: 2048, Flags: SS_ONSTACK}, 0x10000, 0},
	} {
		p := started(1)
		if e := p.SetStack(1, AltStack{Base: 0x10000, Size: 4096}, 0x8000); e != 0 {
			t.Fatal(e)
		}
		if e := p.SetStack(1, c.s, c.sp); e != c.want {
			t.Errorf("%s: %v, want %v", c.name, e, c.want)
		}
	}
}

func TestStackIsTold(t *testing.T) {
	p := started(1)
	tell := func(what string, sp guest.Addr, flags uint32) {
		t.Helper()
		if s := p.Stack(1, sp); s.Flags != flags {
			t.Errorf("%s: flags %#x, want %#x", what, s.Flags, flags)
		}
	}
	tell("none", 0x8000, SS_DISABLE)
	p.SetStack(1, AltStack{Base: 0x10000, Size: 4096}, 0x8000)
	tell("elsewhere", 0x10000, 0)
	tell("on it", 0x10001, SS_ONSTACK)
	tell("at its top", 0x11000, SS_ONSTACK)
	tell("above", 0x11001, 0)
	p.SetStack(1, AltStack{Base: 0x10000, Size: 4096, Flags: SS_AUTODISARM}, 0x8000)
	tell("on one that is disarmed", 0x10001, SS_AUTODISARM)
	p.Start(2, 1)
	if s := p.Stack(2, 0x10001); s.Size != 0 || s.Flags != SS_DISABLE {
		t.Errorf("a new thread has %+v", s)
	}
}

// TestDisarmed has a handler run on a stack that is disarmed for its time.
func TestDisarmed(t *testing.T) {
	p := started(1)
	alt := AltStack{Base: 0x10000, Size: 4096, Flags: SS_AUTODISARM}
	p.SetStack(1, alt, 0x8000)
	p.SetAction(SIGUSR1, Action{Handler: 0x401000, Flags: SA_ONSTACK | SA_RESTORER})
	p.SendTo(1, FromUser(SIGUSR1, CodeTKill, 1, 0))
	d, _ := p.Next(1, 0)
	r := guest.Regs{GPR: [guest.NumRegs]uint64{guest.RSP: 0x8000}}
	f, c, ok := p.Frame(1, &d, &r)
	if !ok || !alt.holds(f.Base) || c.Stack != alt {
		t.Fatalf("%+v, %+v, %v", f, c, ok)
	}
	p.Entered(1, &d)
	if s := p.Stack(1, f.Base); s.Flags != SS_DISABLE {
		t.Errorf("in the handler: %+v", s)
	}
	p.Resume(1, &c)
	if s := p.Stack(1, 0x8000); s != alt {
		t.Errorf("after the handler: %+v", s)
	}
}
