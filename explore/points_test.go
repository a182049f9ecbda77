package explore

import (
	"strings"
	"testing"

	"patchlab/explore/search"
	"patchlab/guest"
)

func TestParsePoints(t *testing.T) {
	for _, c := range []struct {
		list string
		want Points
		text string // as written again, or the error
	}{
		{"protocol", Protocol, "protocol"},
		{"windows", Windows, "windows"},
		{"windows,protocol", Protocol | Windows, "protocol,windows"},
		{"prologue,epilogue,call,return,stub", Windows, "windows"},
		{"stub,core", Core | Stub, "core,stub"},
		{"core,protocol", Protocol, "protocol"},
		{"handler,exit,sched,core,lock", Protocol &^ Syscall, "handler,exit,sched,core,lock"},
		{"0x401136,core,4198711", Core, "core,0x401136,0x401137"},
		{"0x401136,protocol", Protocol, "protocol,0x401136"},
		{"0x401136,windows", Windows, "windows,0x401136"},
		{"0x401136", 0, "0x401136 is in addition to classes of points, and there is none: such as protocol,0x401136"},
		{"0x123456789", 0, `no points are called "0x123456789"; there are protocol, windows, handler, exit, sched, core, lock, syscall, prologue, epilogue, call, return, stub`},
		{"epilog", 0, `no points are called "epilog"; did you mean "epilogue"?`},
		{"", 0, `no points are called ""; there are protocol, windows, handler, exit, sched, core, lock, syscall, prologue, epilogue, call, return, stub`},
		{"core,", 0, `no points are called ""; there are protocol, windows, handler, exit, sched, core, lock, syscall, prologue, epilogue, call, return, stub`},
		{"core, lock", 0, `no points are called " lock"; did you mean "lock"?`},
	} {
		p, at, err := ParsePoints(c.list)
		text := WritePoints(p, at)
		if err != nil {
			text = err.Error()
		}
		if p != c.want || text != c.text {
			t.Errorf("%q: %d, %s", c.list, p, text)
		}
	}
}

// alone lets one task go to its end after the other, and returns at which points the last
// one stood: a step by its name, a window as "function:kind" where windows are found,
// else "function".
func alone(t *testing.T, s *System, names ...string) string {
	t.Helper()
	status, err := s.Reset()
	var points []string
	for _, name := range names {
		points = nil
		id, ok := s.lab.Machine.TaskByName(name)
		if !ok {
			t.Fatalf("no task %s", name)
		}
		for err == nil && status == search.Going {
			c, ok := choiceOf(s, id)
			if !ok {
				break
			}
			_, _, point := s.Describe(c)
			point, _, _ = strings.Cut(point, "+")
			if k := s.lab.Window(s.lab.Machine.PC(id)); k != 0 && !s.lab.Machine.InStub(id) && point != "shim.leave" {
				point += ":" + k.String()
			}
			points = append(points, point)
			status, err = s.Do(c)
		}
	}
	if err != nil || status == search.Failed {
		t.Fatalf("%v, %+v", err, s.Failure())
	}
	return strings.Join(points, " ")
}

// choiceOf returns the choice by which a task moves by itself.
func choiceOf(s *System, id guest.TaskID) (search.Choice, bool) {
	for _, c := range s.Choices(nil) {
		if guest.TaskID(c.Actor) == id && c.Kind == search.Move {
			return c, true
		}
	}
	return search.Choice{}, false
}

// TestPoints wants a task to stop at the points of the classes that are chosen, with the
// patch off and on, and nowhere else.
func TestPoints(t *testing.T) {
	const (
		stub    = " stub.entry stub.parent_ip stub.parent stub.parent_frame stub.ip stub.function stub.function_frame stub.regs stub.call shim.entry shim.frame shim.hook "
		locked  = " H.front H.rmb_front H.transition H.pick H.set_ip "
		handler = " H.trylock " + locked + " H.unlock shim.leave "
		back    = " shim.leave shim.ret stub.commit stub.drop stub.restore stub.drop_parent stub.ret "
	)
	b := builtSeed(t, "enable")
	for _, c := range []struct {
		points  string
		off, on string
	}{
		{"protocol", "task f task", "task f" + handler + handler + "task"},
		{"prologue", "task f:prologue f:prologue g:prologue g:prologue", "task new_f:prologue new_f:prologue new_g:prologue new_g:prologue"},
		{"epilogue", "task g:epilogue f:epilogue", "task new_g:epilogue new_f:epilogue"},
		{"call", "task f:call", "task new_f:call"},
		{"return", "task g:return f:return", "task new_g:return new_f:return"},
		{"stub", "task f:stub g:stub", "task f:stub" + stub + back + "new_f:stub g:stub" + stub + back + "new_g:stub"},
		{
			"windows", "task f:stub f:prologue f:prologue f:call g:stub g:prologue g:prologue g:epilogue g:return f:epilogue f:return",
			"task f:stub" + stub + back + "new_f:stub new_f:prologue new_f:prologue new_f:call g:stub" + stub + back +
				"new_g:stub new_g:prologue new_g:prologue new_g:epilogue new_g:return new_f:epilogue new_f:return",
		},
		{"core", "task", "task"},
		{"lock", "task", "task H.trylock H.unlock H.trylock H.unlock"},
		{"handler", "task", "task" + locked + "shim.leave" + locked + "shim.leave"},
		{"syscall", "task f task", "task f task"},
		{"protocol,return", "task f:stub g:return f:return task", "task f:stub" + handler + handler + "new_g:return new_f:return task"},
	} {
		p, _, err := ParsePoints(c.points)
		if err != nil {
			t.Fatal(err)
		}
		s := systemOf(t, b, Bounds{Points: p})
		for _, is := range []struct{ got, want string }{
			{alone(t, s, "t1"), c.off}, {alone(t, s, "operator", "t1"), c.on},
		} {
			if want := strings.Join(strings.Fields(is.want), " "); is.got != want {
				t.Errorf("%s:\n%s\nwant\n%s", c.points, is.got, want)
			}
		}
	}
}

// TestWaitingIsSeen lets the operator wait in a step that is no point for a task whose
// handler is at one: it must come to its end all the same.
func TestWaitingIsSeen(t *testing.T) {
	s := systemOf(t, builtSeed(t, "disable"), Bounds{Points: Handler})
	if _, err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	id, _ := s.lab.Machine.TaskByName("t1")
	for s.lab.Machine.Point(id) != "H.pick" {
		c, ok := choiceOf(s, id)
		if !ok {
			t.Fatal("t1 does not come into the handler")
		}
		if _, err := s.Do(c); err != nil {
			t.Fatal(err)
		}
	}
	status := search.Going
	for n := 0; status == search.Going; n++ {
		if n == 1000 {
			t.Fatal("it has no end")
		}
		choices := s.Choices(nil)
		var err error
		if status, err = s.Do(choices[n%len(choices)]); err != nil {
			t.Fatal(err)
		}
	}
	if status != search.Done {
		t.Errorf("%s: %+v", status, s.Failure())
	}
}
