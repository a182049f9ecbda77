package livepatch

import (
	"fmt"
	"slices"
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
)

// stacked gives a rig whose first function has up to two entries, as a test says.
func stacked(t testing.TB, depth int, o Options) *rig {
	t.Helper()
	r := newRig(t, 1, o)
	for p := 1; p <= depth; p++ {
		r.mustEnable(r.patchOf(p, "f"))
	}
	r.log = nil
	return r
}

func TestDecisionTable(t *testing.T) {
	const old, below, front = 0x1000, 0x101000, 0x201000
	for _, c := range []struct {
		depth              int
		transition         uint64
		state              uint64
		frontNop, belowNop bool
		want               guest.Addr
		warns              int
	}{
		{depth: 2, transition: 0, state: Idle, want: front},
		{depth: 2, transition: 0, state: Unpatched, want: front},
		{depth: 2, transition: 0, state: Patched, want: front},
		{depth: 2, transition: 0, state: Unpatched, frontNop: true, want: old},
		{depth: 2, transition: 1, state: Patched, want: front},
		{depth: 2, transition: 1, state: Patched, frontNop: true, want: old},
		{depth: 2, transition: 1, state: Unpatched, want: below},
		{depth: 2, transition: 1, state: Unpatched, frontNop: true, want: below},
		{depth: 2, transition: 1, state: Unpatched, belowNop: true, want: old},
		{depth: 2, transition: 1, state: Idle, want: front, warns: 1},
		{depth: 1, transition: 0, state: Idle, want: below},
		{depth: 1, transition: 1, state: Patched, want: below},
		{depth: 1, transition: 1, state: Unpatched, want: old},
		{depth: 1, transition: 1, state: Unpatched, frontNop: true, want: old},
		{depth: 1, transition: 1, state: Idle, want: below, warns: 1},
		{depth: 0, transition: 0, state: Idle, want: old, warns: 1},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			r := stacked(t, c.depth, Options{})
			r.store.Write(r.m.mustTask(3).state, protocol.Plain, c.state)
			if c.depth > 0 {
				fn := r.m.firstInStack(0)
				r.store.Write(r.m.funcs[fn].transition, protocol.Plain, c.transition)
				r.m.funcs[fn].nop = c.frontNop
			}
			if c.depth > 1 {
				fn := r.m.firstInStack(0)
				lower := &r.m.funcs[referee(r.store.Peek(r.m.funcs[fn].below))]
				lower.nop = c.belowNop
				// What the entry below says about itself does not count.
				r.store.Write(lower.transition, protocol.Plain, 1)
			}
			if got := r.call(3, 0); got != c.want {
				t.Errorf("the handler in steps runs %s, want %s", got, c.want)
			}
			if len(r.warnings) != c.warns {
				t.Errorf("warnings %q, want %d", r.warnings, c.warns)
			}
			r.m.warned = 0
			if got := r.route(3, 0); got != c.want {
				t.Errorf("the whole handler runs %s, want %s", got, c.want)
			}
		})
	}
}

// firstInStack returns the front entry of the func_stack at a site.
func (m *Model) firstInStack(site int) int32 { return referee(m.store.Peek(m.opsAt(site).head)) }

func TestHandlerRedirectsOnce(t *testing.T) {
	r := stacked(t, 1, Options{})
	r.call(3, 0)
	r.route(3, 0)
	if !slices.Equal(r.bodies, []guest.Addr{newAddr(1, 0)}) {
		t.Errorf("redirected to %v", r.bodies)
	}
	r.m.funcs[0].nop = true
	r.call(3, 0)
	if len(r.bodies) != 1 {
		t.Error("a nop redirects")
	}
}

func TestHandlerIsNotPreempted(t *testing.T) {
	r := stacked(t, 2, Options{})
	r.store.Write(r.m.funcs[r.m.firstInStack(0)].transition, protocol.Plain, 1)
	r.store.Write(r.m.mustTask(3).state, protocol.Plain, Unpatched)
	r.start(3, r.m.Tables().Handler, 0)
	var points []string
	for r.point(3) != "" {
		points = append(points, r.point(3))
		off := r.store.Peek(r.cpus[1]) != 0
		within := len(points) > 2 && r.point(3) != "result"
		if off != within {
			t.Errorf("before %s: preemption off: %v", r.point(3), off)
		}
		r.step(3)
	}
	want := []string{
		"call", "H.trylock", "H.front", "H.rmb_front", "H.transition", "H.rmb_state",
		"H.state", "H.pick", "H.set_ip", "H.unlock", "result",
	}
	if !slices.Equal(points, want) {
		t.Errorf("points %q", points)
	}
}

func TestHandlerRecursion(t *testing.T) {
	r := stacked(t, 1, Options{})
	recursion := r.m.mustTask(3).recursion
	r.route(3, 0)
	r.store.Write(recursion, protocol.Plain, 1)
	if got := r.call(3, 0); got != oldAddr(0) {
		t.Errorf("in steps: %s", got)
	}
	if got := r.route(3, 0); got != oldAddr(0) {
		t.Errorf("whole: %s", got)
	}
	if len(r.warnings) != 1 || r.store.Peek(recursion) != 1 || r.store.Peek(r.cpus[1]) != 0 {
		t.Errorf("warnings %q, %s", r.warnings, r.store)
	}
}

func TestUnlockMayReschedule(t *testing.T) {
	for _, on := range []bool{false, true} {
		r := stacked(t, 1, Options{UnlockMayReschedule: on})
		r.start(3, r.m.Tables().Handler, 0)
		r.to(3, "H.unlock")
		r.task(3).cpu = 0
		n := r.prog.Step(&r.task(3).act)
		if (n.Op == protocol.OpYield) != on {
			t.Errorf("option %v: unlock asks for %v", on, n.Op)
		}
	}
}

// recorder keeps what a store is written.
type recorder []string

func (w *recorder) Wrote(v protocol.Var, k protocol.Access, _, x uint64) {
	*w = append(*w, fmt.Sprint(v, k, x))
}

func TestRouteWritesWhatTheStepsWrite(t *testing.T) {
	r := stacked(t, 1, Options{})
	var w recorder
	r.store.Observe(&w)
	var runs [2][]string
	for i := range runs {
		w = nil
		if i == 0 {
			r.call(3, 0)
		} else {
			r.route(3, 0)
		}
		runs[i] = slices.Clone(w)
	}
	if len(runs[0]) != 4 || !slices.Equal(runs[0], runs[1]) {
		t.Errorf("steps %q\nwhole %q", runs[0], runs[1])
	}
}

func TestRouteDoesNotAllocate(t *testing.T) {
	m := newBenchMachine(t)
	if n := testing.AllocsPerRun(100, func() { m.Route(1, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// quickMachine answers at once, so that a benchmark measures the model.
type quickMachine struct {
	*rig
	tasks  []guest.TaskID
	asleep bool // no task is on a CPU
}

func (q *quickMachine) Tasks() []guest.TaskID { return q.tasks }
func (q *quickMachine) CPUOf(guest.TaskID) guest.CPUID {
	if q.asleep {
		return guest.NoCPU
	}
	return 0
}

func (q *quickMachine) SetIP(guest.TaskID, guest.Addr) error { return nil }

// newBenchMachine returns a model of a machine with one task and one patched function.
func newBenchMachine(t testing.TB) *Model {
	r := stacked(t, 1, Options{})
	m := r.m
	m.machine = &quickMachine{rig: r, tasks: []guest.TaskID{1}}
	return m
}

// BenchmarkRoute is the whole handler.
func BenchmarkRoute(b *testing.B) {
	m := newBenchMachine(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Route(1, 0)
	}
}
