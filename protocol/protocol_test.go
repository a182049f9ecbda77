package protocol

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// writes records what an observer is told.
type writes []string

func (w *writes) Wrote(v Var, kind Access, old, x uint64) {
	*w = append(*w, fmt.Sprintf("%c %s %d %d", 'a'+v, kind, old, x))
}

func TestStoreTellsObserversOfWrites(t *testing.T) {
	s := NewStore()
	a, b := s.Declare("a", 1), s.Declare("b", 2)
	var w writes
	s.Observe(&w)
	s.Write(a, Plain, 5)
	s.Write(b, Publish, 6)
	if old := s.Swap(a, 7); old != 5 {
		t.Errorf("swap returned %d", old)
	}
	if sum := s.Add(b, ^uint64(0)); sum != 5 {
		t.Errorf("add returned %d", sum)
	}
	s.Read(a, Once)
	want := writes{"a plain 1 5", "b publish 2 6", "a rmw 5 7", "b rmw 6 5"}
	if !slices.Equal(w, want) {
		t.Errorf("observed %q, want %q", w, want)
	}
}

func TestTraceReads(t *testing.T) {
	s := NewStore()
	a, b, c := s.Declare("a", 1), s.Declare("b", 2), s.Declare("c", 3)
	var set VarSet
	s.Read(a, Plain)
	s.TraceReads(&set)
	s.Read(c, Once)
	s.Swap(b, 1)
	s.TraceReads(nil)
	s.Read(a, Plain)
	if set.Has(a) || set.Has(b) || !set.Has(c) || set.Has(99) {
		t.Errorf("traced %v", set)
	}
	set.Clear()
	if set.Has(c) {
		t.Error("a cleared set is empty")
	}
}

func TestStoreRestoresDeclarations(t *testing.T) {
	s := NewStore()
	a := s.Declare("a", 1)
	var snap Snapshot
	s.Save(&snap)
	s.Declare("left", 9)
	s.Write(a, Plain, 8)
	s.Restore(&snap)
	if s.Len() != 1 || s.Peek(a) != 1 {
		t.Fatalf("after restore: %s", s)
	}
	right := s.Declare("right", 3)
	if s.Name(right) != "right" || s.String() != "a = 1\nright = 3\n" {
		t.Errorf("other branch: %s", s)
	}
	s.Restore(&snap)
	if got := s.String(); got != "a = 1\n" {
		t.Errorf("second restore: %s", got)
	}
}

// caller calls callee from its last step; the callee waits once.
func callTables(s *Store, door Var) (p *Program, caller TableID, trace *[]string) {
	p = NewProgram(s)
	trace = new([]string)
	say := func(name string, n Next) Step {
		return Step{Name: name, Do: func(*Frame) Next { *trace = append(*trace, name); return n }}
	}
	call := func(name string, id TableID, a, b uint64) Step {
		return Step{Name: name, Do: func(f *Frame) Next { *trace = append(*trace, name); return f.Call(id, a, b) }}
	}
	callee := p.Add(&Table{Name: "callee", Steps: []Step{
		{Name: "c.wait", Do: func(*Frame) Next {
			if s.Read(door, Once) == 0 {
				return Wait(door)
			}
			return Continue()
		}},
		{Name: "c.add", Do: func(f *Frame) Next { f.Result = f.L[0] + f.L[1]; return Done() }},
		say("c.never", Continue()),
	}})
	caller = p.Add(&Table{Name: "caller", Steps: []Step{
		say("r.first", Goto(2)),
		say("r.skipped", Continue()),
		Fence("r.fence"),
		call("r.call", callee, 40, 2),
		{Name: "r.got", Do: func(f *Frame) Next { f.L[7] = f.Result; return Continue() }},
		call("r.tail", callee, 20, 1),
	}})
	return p, caller, trace
}

func TestProgramRunsTables(t *testing.T) {
	s := NewStore()
	door := s.Declare("door", 0)
	p, caller, trace := callTables(s, door)
	var act Activation
	p.Start(&act, 3, caller)
	var points []string
	for i := 0; act.Active() && i < 20; i++ {
		if act.Top().Actor != 3 {
			t.Fatal("the actor is handed down")
		}
		points = append(points, p.Point(&act))
		if n := p.Step(&act); n.Op == OpWait {
			s.Write(n.Var, Once, 1)
		}
	}
	want := []string{
		"r.first", "r.fence", "r.call", "c.wait", "c.wait", "c.add", "r.got",
		"r.tail", "c.wait", "c.add",
	}
	if !slices.Equal(points, want) {
		t.Errorf("points %q, want %q", points, want)
	}
	if !slices.Equal(*trace, []string{"r.first", "r.call", "r.tail"}) {
		t.Errorf("trace %q", *trace)
	}
	if p.Point(&act) != "" {
		t.Error("an idle activation has no point")
	}
}

func TestActivationIsAValue(t *testing.T) {
	s := NewStore()
	door := s.Declare("door", 1)
	p, caller, _ := callTables(s, door)
	var act Activation
	p.Start(&act, 1, caller)
	for range 4 {
		p.Step(&act)
	}
	saved := act
	first := p.RunWhole(&act)
	act = saved
	if p.Point(&act) != "c.add" || len(act.Frames()) != 2 {
		t.Fatalf("the copy stands at %q", p.Point(&act))
	}
	if again := p.RunWhole(&act); again != first || again != 42 {
		t.Errorf("first %d, again %d", first, again)
	}
}

func TestBugsPanic(t *testing.T) {
	s := NewStore()
	door := s.Declare("door", 0)
	for name, f := range map[string]func(){
		"idle": func() { NewProgram(s).Step(new(Activation)) },
		"wait": func() {
			p, caller, _ := callTables(s, door)
			var act Activation
			p.Start(&act, 1, caller)
			p.RunWhole(&act)
		},
		"guest last": func() {
			p := NewProgram(s)
			id := p.Add(&Table{Steps: []Step{{Do: func(f *Frame) Next { return f.Guest(1) }}}})
			var act Activation
			p.Start(&act, 1, id)
			p.Step(&act)
		},
		"empty": func() { NewProgram(s).Add(&Table{}) },
		"endless": func() {
			p := NewProgram(s)
			id := p.Add(&Table{Steps: []Step{{Do: func(f *Frame) Next { return f.Call(0) }}}})
			var act Activation
			p.Start(&act, 1, id)
			p.RunWhole(&act)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "BUG: ") {
					t.Errorf("recovered %v", r)
				}
			}()
			f()
		})
	}
}

func TestRequestsOfTheMachine(t *testing.T) {
	for _, c := range []struct {
		do   func(f *Frame) Next
		want Request
	}{
		{func(f *Frame) Next { return f.Sleep(5) }, Request{Op: OpSleep, Until: 5}},
		{func(*Frame) Next { return Yield() }, Request{Op: OpYield}},
		{func(*Frame) Next { return Wait(7) }, Request{Op: OpWait, Var: 7}},
		{
			func(f *Frame) Next { return f.Guest(guest.Addr(0x40), 1, 2) },
			Request{Op: OpGuest, Fn: 0x40, Args: [3]uint64{1, 2}},
		},
	} {
		p := NewProgram(NewStore())
		id := p.Add(&Table{Steps: []Step{{Do: c.do}, Fence("behind")}})
		var act Activation
		p.Start(&act, 1, id)
		if r := p.Step(&act); r != c.want {
			t.Errorf("got %+v, want %+v", r, c.want)
		}
	}
}
