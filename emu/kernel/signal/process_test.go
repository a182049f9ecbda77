package signal

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
)

// TestFlat looks for what a copy would share: only the slices that CopyFrom knows.
func TestFlat(t *testing.T) {
	var flat func(where string, x reflect.Type)
	flat = func(where string, x reflect.Type) {
		switch x.Kind() {
		case reflect.Struct:
			for f := range x.Fields() {
				flat(where+"."+f.Name, f.Type)
			}
		case reflect.Array:
			flat(where+"[]", x.Elem())
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.String, reflect.Interface, reflect.Func, reflect.Chan:
			t.Errorf("%s is a %s", where, x.Kind())
		}
	}
	known := map[string]bool{"state": false, "actions": false, "threads": true, "queue": true, "timers": true}
	for f := range reflect.TypeFor[Process]().Fields() {
		x := f.Type
		slice, ok := known[f.Name]
		if !ok {
			t.Errorf("%s: does CopyFrom copy it, and AppendState append it?", f.Name)
		}
		if slice {
			x = x.Elem()
		}
		flat(f.Name, x)
	}
}

// TestStateTellsApart changes one thing at a time, in each part of the state.
func TestStateTellsApart(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(p *Process){
		"nothing":         func(*Process) {},
		"handler":         func(p *Process) { p.SetAction(SIGINT, Action{Handler: 1}) },
		"another's":       func(p *Process) { p.SetAction(SIGHUP, Action{Handler: 1}) },
		"flags":           func(p *Process) { p.SetAction(SIGINT, Action{Handler: 1, Flags: SA_RESTART}) },
		"mask":            func(p *Process) { p.ChangeMask(1, Block, Of(SIGINT)) },
		"suspended":       func(p *Process) { p.Suspend(1, 0) },
		"stack":           func(p *Process) { p.SetStack(1, AltStack{Size: 4096}, 0) },
		"thread":          func(p *Process) { p.Start(3, 1) },
		"pending":         func(p *Process) { p.Send(user(SIGINT)) },
		"pending there":   func(p *Process) { p.SendTo(1, user(SIGQUIT)) },
		"pending from me": func(p *Process) { p.SendTo(1, FromUser(SIGQUIT, CodeTKill, 1, 0)) },
		"stopped":         func(p *Process) { p.SendTo(1, user(SIGSTOP)); p.Next(1, 0) },
		"alarm":           func(p *Process) { p.SetAlarm(10, 0, 0) },
		"timer":           func(p *Process) { p.CreateTimer(CLOCK_MONOTONIC, nil) },
		"running timer":   func(p *Process) { p.CreateTimer(CLOCK_MONOTONIC, nil); p.SetTimer(0, true, 1, 0, 0) },
	} {
		p := started(2)
		change(p)
		s := string(p.AppendState(nil))
		if other, ok := seen[s]; ok {
			t.Errorf("%q and %q have the same state", name, other)
		}
		seen[s] = name
	}
}

// mess draws one of all the things that can be done, and does it.
func mess(t *rapid.T, p *Process, now *guest.Time) {
	id := guest.TaskID(rapid.Int32Range(1, 4).Draw(t, "thread"))
	n := rapid.SampledFrom([]Number{SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT, SIGTSTP, SIGSEGV, SIGALRM, RTMin}).Draw(t, "signal")
	set := Set(rapid.SampledFrom([]Set{0, Of(n), Of(n, SIGUSR1), ^Set(0), ^Of(n)}).Draw(t, "set"))
	what := rapid.IntRange(0, 14).Draw(t, "what")
	if !p.Has(id) {
		p.Start(id, 1)
		return
	}
	switch what {
	case 0, 1:
		p.Send(user(n))
	case 2:
		p.SendTo(id, FromUser(n, CodeTKill, 1, 0))
	case 3:
		p.ChangeMask(id, rapid.IntRange(Block, SetTo).Draw(t, "how"), set)
	case 4:
		handler := rapid.SampledFrom([]guest.Addr{HandlerIgnore, 0x401000}).Draw(t, "handler")
		p.SetAction(n, Action{Handler: handler, Mask: set})
	case 5:
		if id != 1 {
			p.Exit(id)
		}
	case 6:
		p.Suspend(id, set)
	case 7:
		p.Await(id, set)
		p.Awaited(id)
	case 8:
		p.Take(id, set, *now)
	case 9:
		p.Force(id, FromFault(SIGSEGV, 1, 0x10))
	case 10:
		*now += guest.Time(rapid.IntRange(0, 50).Draw(t, "time"))
		p.Expire(*now)
	case 11:
		e := Event{Notify: SIGEV_THREAD_ID, Signal: int32(n), Thread: id}
		if timer, err := p.CreateTimer(CLOCK_MONOTONIC, &e); err == 0 {
			p.SetTimer(timer, false, 10, guest.Time(id)-1, *now)
		}
	case 12:
		p.SetAlarm(10, guest.Time(id)-1, *now)
	default:
		if d, ok := p.Next(id, *now); ok && d.Do == Handle {
			p.Entered(id, &d)
		}
	}
}

// TestNobodySleepsOn does things at random. What is pending and let through by a thread
// must always have somebody who is notified; and copies are equal.
func TestNobodySleepsOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, other := handled(2, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, RTMin), New(0)
		var now guest.Time
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			mess(t, p, &now)
			checkNotified(t, p)
			other.CopyFrom(p)
			if !bytes.Equal(p.AppendState(nil), other.AppendState(nil)) {
				t.Fatal("a copy has another state")
			}
			p, other = other, p
		}
	})
}

func checkNotified(t *rapid.T, p *Process) {
	if p.dying != 0 {
		return
	}
	open := p.pending
	for i := range p.threads {
		th := &p.threads[i]
		if th.pending&^th.mask != 0 && !th.notified && !p.stopped {
			t.Fatalf("thread %d does not know of %#x", th.id, uint64(th.pending&^th.mask))
		}
		if th.notified {
			open &= th.mask
		}
	}
	for i := range p.threads {
		if th := &p.threads[i]; open&^th.mask != 0 && !p.stopped {
			t.Fatalf("nobody knows of %#x, which thread %d does not block", uint64(open), th.id)
		}
	}
	for _, q := range p.queue {
		if !p.set(q.to).Has(q.info.Number) {
			t.Fatalf("%+v is queued, and not pending", q)
		}
	}
}
