package signal

import (
	"math"
	"syscall"
	"testing"

	"patchlab/guest"
)

// handled returns a process of n threads with a handler for the signals.
func handled(n int, numbers ...Number) *Process {
	p := started(n)
	for _, s := range numbers {
		p.SetAction(s, Action{Handler: 0x401000, Flags: SA_RESTORER})
	}
	return p
}

// takes has a thread take its next signal, and lets the handler end at once.
func takes(t *testing.T, p *Process, id guest.TaskID, now guest.Time, want Number) Info {
	t.Helper()
	d, ok := p.Next(id, now)
	if !ok && want == 0 {
		return Info{}
	}
	if !ok || d.Do != Handle || d.Info.Number != want {
		t.Fatalf("at %d: %v, %s; want %s", now, ok, d.Info.Number, want)
	}
	p.Entered(id, &d)
	p.Resume(id, &Context{Mask: d.Mask})
	return d.Info
}

func TestAlarm(t *testing.T) {
	p := handled(1, SIGALRM)
	left := func(now, value, every guest.Time) {
		t.Helper()
		if v, e := p.Alarm(now); v != value || e != every {
			t.Errorf("at %d: %d, %d; want %d, %d", now, v, e, value, every)
		}
	}
	p.SetAlarm(5000, 7000, 100)
	left(1100, 4000, 7000)
	left(5099, 1000, 7000) // never less than a microsecond
	p.Expire(5099)
	takes(t, p, 1, 5099, 0)
	p.Expire(p.NextExpiry())
	if p.NextExpiry() != 0 {
		t.Error("an alarm that runs before its signal is taken")
	}
	left(6000, 0, 7000)
	takes(t, p, 1, 20000, SIGALRM)
	left(20000, 6100, 7000) // 5100 + 3 * 7000
	p.SetAlarm(10, 0, 20000)
	p.Expire(20010)
	takes(t, p, 1, 20010, SIGALRM)
	left(20010, 0, 0)
	p.SetAlarm(math.MaxInt64, math.MaxInt64, 20010)
	if p.NextExpiry() != math.MaxInt64 {
		t.Error("an alarm at the end of time")
	}
	p.SetAlarm(0, 5, 20010)
	if p.NextExpiry() != 0 {
		t.Error("an alarm that was stopped")
	}
}

// timerOf makes a timer that must be there.
func timerOf(t *testing.T, p *Process, clock int32, e *Event) int32 {
	t.Helper()
	id, err := p.CreateTimer(clock, e)
	if err != 0 {
		t.Fatal(err)
	}
	return id
}

func TestTimerOverruns(t *testing.T) {
	p := handled(1, SIGUSR1)
	id := timerOf(t, p, CLOCK_MONOTONIC, &Event{Signal: int32(SIGUSR1), Value: 77})
	p.SetTimer(id, false, 100, 10, 1000)
	p.Expire(1100)
	if v, every, _ := p.Timer(id, 1123); v != 7 || every != 10 {
		t.Errorf("while its signal is pending: %d, %d; want 7, 10", v, every)
	}
	i := takes(t, p, 1, 1135, SIGUSR1)
	want := Info{Number: SIGUSR1, Code: CodeTimer, Words: [4]uint64{pair(id, 3), 77}}
	if n, _ := p.Overrun(id); i != want || n != 3 {
		t.Errorf("%+v, overrun %d; want %+v, 3", i, n, want)
	}
	if at := p.NextExpiry(); at != 1140 {
		t.Errorf("goes on at %d, want 1140", at)
	}
	p.Expire(1140)
	takes(t, p, 1, 1140, SIGUSR1)
	if n, _ := p.Overrun(id); n != 0 {
		t.Errorf("overrun %d, want 0", n)
	}
	p.SetTimer(id, false, 1, 1, 2000)
	p.Expire(2001)
	takes(t, p, 1, 1<<60, SIGUSR1)
	if n, _ := p.Overrun(id); n != math.MaxInt32 {
		t.Errorf("overrun %d, want the most that there is", n)
	}
}

func TestTimerKinds(t *testing.T) {
	p := handled(2, SIGUSR1, SIGALRM)
	toThread := timerOf(t, p, CLOCK_BOOTTIME, &Event{Notify: SIGEV_THREAD_ID, Signal: int32(SIGUSR1), Thread: 2})
	silent := timerOf(t, p, CLOCK_MONOTONIC, &Event{Notify: SIGEV_NONE})
	plain := timerOf(t, p, CLOCK_REALTIME, nil)
	p.SetTimer(silent, false, 10, 0, 0)
	p.SetTimer(toThread, true, 20, 0, 0)
	p.SetTimer(plain, true, 1e18+30, 0, 0)
	if at := p.NextExpiry(); at != 20 {
		t.Errorf("next at %d, want 20", at)
	}
	p.Expire(40)
	takes(t, p, 2, 40, SIGUSR1)
	if i := takes(t, p, 1, 40, SIGALRM); i.Words[1] != uint64(plain) {
		t.Errorf("%+v, want its own id as value", i)
	}
	if v, _, _ := p.Timer(silent, 4); v != 6 {
		t.Errorf("the silent one has %d left, want 6", v)
	}
	if v, _, _ := p.Timer(silent, 40); v != 0 {
		t.Errorf("the silent one has %d left, want 0", v)
	}
	p.SetTimer(toThread, true, 50, 5, 40)
	p.Exit(2)
	p.Expire(60)
	if p.NextExpiry() != 0 {
		t.Error("a timer whose thread is gone runs")
	}
	p.SetTimer(plain, true, 1, 0, 60) // long ago
	if at := p.NextExpiry(); at != 1 {
		t.Errorf("next at %d, want at once", at)
	}
}

// TestTimersQueueApart has two timers send the same standard signal.
func TestTimersQueueApart(t *testing.T) {
	p := handled(1, SIGUSR1)
	for _, at := range []guest.Time{20, 10} {
		p.SetTimer(timerOf(t, p, CLOCK_MONOTONIC, &Event{Signal: int32(SIGUSR1), Value: uint64(at)}), true, at, 0, 0)
	}
	p.Expire(30)
	if a, b := takes(t, p, 1, 30, SIGUSR1), takes(t, p, 1, 30, SIGUSR1); a.Words[1] != 10 || b.Words[1] != 20 {
		t.Errorf("%+v, then %+v; want them in order of time", a, b)
	}
	takes(t, p, 1, 30, 0)
}

func TestTimerIgnored(t *testing.T) {
	p := started(1)
	p.SetAction(SIGUSR1, Action{Handler: HandlerIgnore})
	id := timerOf(t, p, CLOCK_MONOTONIC, &Event{Signal: int32(SIGUSR1)})
	p.SetTimer(id, true, 10, 10, 0)
	p.Expire(10)
	if p.NextExpiry() != 0 {
		t.Error("a timer runs although its signal is ignored")
	}
	p.SetAction(SIGUSR1, Action{Handler: 0x401000})
	p.Expire(35)
	takes(t, p, 1, 35, SIGUSR1)
	if n, _ := p.Overrun(id); n != 2 || p.NextExpiry() != 40 {
		t.Errorf("overrun %d, next at %d; want 2, 40", n, p.NextExpiry())
	}
}

func TestTimerRecalls(t *testing.T) {
	p := handled(1, SIGUSR1)
	p.ChangeMask(1, Block, Of(SIGUSR1))
	id := timerOf(t, p, CLOCK_MONOTONIC, &Event{Signal: int32(SIGUSR1)})
	p.SetTimer(id, true, 10, 10, 0)
	p.Expire(10)
	p.SetTimer(id, true, 50, 0, 10)
	if p.Pending(1) != 0 {
		t.Error("the signal of a timer that was set anew")
	}
	p.Expire(50)
	p.DeleteTimer(id)
	if p.Pending(1) != 0 {
		t.Error("the signal of a timer that is gone")
	}
	for what, e := range map[string]syscall.Errno{
		"delete": p.DeleteTimer(id), "set": p.SetTimer(id, false, 1, 1, 1), "negative": p.SetTimer(timerOf(t, p, CLOCK_REALTIME, nil), false, -1, 0, 0),
	} {
		if e != syscall.EINVAL {
			t.Errorf("%s: %v", what, e)
		}
	}
}

func TestTimerErrors(t *testing.T) {
	p := started(1)
	for _, c := range []struct {
		clock int32
		e     *Event
	}{
		{2, nil},
		{CLOCK_MONOTONIC, &Event{Signal: 0}},
		{CLOCK_MONOTONIC, &Event{Signal: 65}},
		{CLOCK_MONOTONIC, &Event{Notify: 3, Signal: 1}},
		{CLOCK_MONOTONIC, &Event{Notify: SIGEV_THREAD_ID, Signal: 1, Thread: 2}},
	} {
		if _, e := p.CreateTimer(c.clock, c.e); e != syscall.EINVAL {
			t.Errorf("clock %d, %+v: %v", c.clock, c.e, e)
		}
	}
	for range MaxTimers {
		timerOf(t, p, CLOCK_MONOTONIC, nil)
	}
	if _, e := p.CreateTimer(CLOCK_MONOTONIC, nil); e != syscall.EAGAIN {
		t.Errorf("one too many: %v", e)
	}
}
