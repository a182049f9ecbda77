package livepatch

import (
	"errors"
	"slices"
	"testing"

	"patchlab/guest"
)

var errBroken = errors.New("unreliable: g keeps no frame pointer")

// halfway is a transition that three user tasks hold up, each for its own reason.
func halfway(t *testing.T) (*rig, PatchID) {
	t.Helper()
	r := newRig(t, 4, Options{})
	r.task(3).stack = []guest.Addr{0x9000, oldAddr(0) + 5, 0x9100}
	r.task(4).bad = errBroken
	r.task(5).cpu = 1
	return r, r.mustEnable(r.patchOf(1, "f"))
}

func TestPendingTasks(t *testing.T) {
	r, _ := halfway(t)
	r.wantLog(`
livepatch: enabling patch 'p1'
livepatch: 'p1': initializing patching transition
livepatch: 'p1': starting patching transition`)
	want := []string{
		"task3:3 pending: on stack: f, frame 1 at 0x1005 in [0x1000, 0x1100) (attempt)",
		"task4:4 pending: unreliable: g keeps no frame pointer (attempt)",
		"task5:5 pending: running (attempt)",
	}
	var got []string
	for _, p := range r.m.Pending() {
		got = append(got, p.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("pending %q", got)
	}
	if v := r.m.LastCheck(6).Verdict; v != Safe || r.state(6) != 1 || r.state(3) != 0 || r.m.Flagged(6) || !r.m.Flagged(3) {
		t.Errorf("task 6: %s, state %d; task 3: state %d", v, r.state(6), r.state(3))
	}
	if r.call(6, 0) != newAddr(1, 0) || r.call(4, 0) != oldAddr(0) {
		t.Error("tasks do not run what their side says")
	}
	if _, active := r.m.SchedHook(); !active {
		t.Error("the scheduler hook is off")
	}
}

func TestEveryWayToBeSwitched(t *testing.T) {
	r, _ := halfway(t)
	r.switched = nil
	r.exit(5)
	r.task(4).bad = nil
	r.start(4, r.m.Tables().Sched)
	_ = r.finish(4)
	r.task(3).stack = []guest.Addr{0x9000, oldAddr(0) - 1, oldAddr(0) + 0x100}
	r.log = nil
	r.tick()
	r.wantLog(`
livepatch: 'p1': completing patching transition
livepatch: 'p1': patching complete`)
	want := []Switched{
		{Task: 5, Rule: RuleExit, From: Unpatched, To: Patched, CPU: 1},
		{Task: 4, Rule: RuleSched, From: Unpatched, To: Patched, CPU: 0},
		{Task: 3, Time: guest.Second, Rule: RuleAttempt, From: Unpatched, To: Patched, CPU: guest.NoCPU},
	}
	if !slices.Equal(r.switched, want) {
		t.Errorf("switched %+v", r.switched)
	}
	if s, ok := r.m.LastSwitch(3); !ok || s != want[2] {
		t.Errorf("last switch %+v", s)
	}
	for pid := guest.TaskID(1); pid <= 6; pid++ {
		if r.state(pid) != -1 || r.m.Flagged(pid) {
			t.Errorf("task %d: state %d", pid, r.state(pid))
		}
	}
	if len(r.warnings) > 0 || r.m.Pending() != nil {
		t.Error(r.warnings, r.m.Pending())
	}
}

func TestOwnStackAtTheSchedulerHook(t *testing.T) {
	r, _ := halfway(t)
	r.start(3, r.m.Tables().Sched)
	_ = r.finish(3)
	if c := r.m.LastCheck(3); c.Verdict != OnStack || c.Rule != RuleSched || r.state(3) != 0 {
		t.Errorf("check %+v", c)
	}
	// A task that is not flagged does nothing there.
	r.start(6, r.m.Tables().Sched)
	r.to(6, "S.flag")
	r.step(6)
	if r.point(6) != "result" {
		t.Errorf("task 6 stands at %s", r.point(6))
	}
}

func TestRetryTimes(t *testing.T) {
	for _, c := range []struct{ now, want guest.Time }{
		{0, guest.Second},
		{guest.Second / 5, guest.Second},
		{guest.Second / 4, 2 * guest.Second},
		{guest.Second / 2, 2 * guest.Second},
		{3*guest.Second - 1, 4 * guest.Second},
	} {
		r := newRig(t, 1, Options{})
		r.now = c.now
		r.task(3).cpu = 1
		r.mustEnable(r.patchOf(1, "f"))
		if due, armed := r.m.NextAttempt(); due != c.want || !armed {
			t.Errorf("from %d the next attempt is at %d, want %d", c.now, due, c.want)
		}
		r.tick()
		if r.now != c.want || r.m.Attempts() != 2 {
			t.Errorf("attempt %d at %d", r.m.Attempts(), r.now)
		}
	}
}

func TestWorkIsArmedOnce(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.m.scheduleWork()
	r.now = guest.Second / 2
	r.m.scheduleWork()
	if due, _ := r.m.NextAttempt(); due != guest.Second {
		t.Errorf("the work is due at %d", due)
	}
}

// TestReportsBeginAnew shows that what is told of a task is of the transition that runs.
func TestReportsBeginAnew(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().WriteEnabled, 0, 0)
	r.to(1, "P.starting")
	if _, switched := r.m.LastSwitch(3); switched || r.m.LastCheck(3).Verdict != NotTried {
		t.Errorf("before the first attempt: %+v", r.m.LastCheck(3))
	}
	if p := r.m.Pending(); len(p) != 5 || p[2].String() != "task3:3 pending: not tried" {
		t.Errorf("pending %v", p)
	}
}

func TestSignals(t *testing.T) {
	r, _ := halfway(t)
	r.log = nil
	for attempt := 2; attempt <= 32; attempt++ {
		r.tick()
		want := 0
		if attempt == 16 || attempt == 31 { // the counter stood at 15 and at 30
			want = 3
		}
		if len(r.kicked) != want || want > 0 && !slices.Equal(r.kicked, []guest.TaskID{3, 4, 5}) {
			t.Errorf("attempt %d kicks %v", attempt, r.kicked)
		}
		r.kicked = nil
	}
	r.wantLog("livepatch: signaling remaining tasks")
}

func TestForkInherits(t *testing.T) {
	r, _ := halfway(t)
	r.spawn(7, 3)
	r.spawn(8, 6)
	if r.state(7) != 0 || !r.m.Flagged(7) || r.state(8) != 1 || r.m.Flagged(8) {
		t.Errorf("children: states %d and %d", r.state(7), r.state(8))
	}
	if s, ok := r.m.LastSwitch(8); !ok || s.Rule != RuleFork {
		t.Errorf("task 8: %+v", s)
	}
	for _, bad := range [][2]guest.TaskID{{3, 1}, {0, 1}, {9, 77}} {
		if err := r.m.TaskBorn(bad[0], bad[1]); err == nil {
			t.Errorf("task %d was born of %d", bad[0], bad[1])
		}
	}
	if err := r.m.TaskGone(8); err != nil || r.m.TaskGone(8) == nil {
		t.Error("a task goes once")
	}
	r.tasks = r.tasks[:7]
	if _, ok := r.m.PatchState(8); ok || len(r.m.Pending()) != 4 {
		t.Error("task 8 is still there")
	}
}
