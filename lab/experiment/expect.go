package experiment

import (
	"fmt"
	"strings"

	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
)

// expect judges an expectation.
func (r *runner) expect(c scenario.Command) error {
	switch c.Verb {
	case scenario.ExpectLog:
		r.compare("log", r.logText(), r.built.Scenario.Log)
	case scenario.ExpectLogHas:
		r.expectHas("log", r.logText(), c.Text)
	case scenario.ExpectOutputHas:
		r.expectHas("output", r.outputText(), c.Text)
	case scenario.ExpectOutput:
		r.compare("output", r.outputText(), r.built.Scenario.Output)
	case scenario.ExpectPath:
		v, err := r.value(c.Path)
		if err != nil {
			r.fail("%s: %v", c.Path, err)
		} else if v != c.Value {
			r.fail("%s is %s, expected %s", c.Path, v, c.Value)
		}
	case scenario.ExpectState:
		return r.expectState(c)
	case scenario.ExpectIn:
		return r.expectIn(c)
	case scenario.ExpectMemory:
		return r.expectMemory(c)
	case scenario.ExpectBytes, scenario.ExpectText:
		return r.expectBytes(c)
	case scenario.ExpectPending:
		return r.expectPending(c, livepatch.NotTried)
	case scenario.ExpectRunning:
		return r.expectPending(c, livepatch.Running)
	case scenario.ExpectUnreliable:
		return r.expectPending(c, livepatch.Unreliable)
	case scenario.ExpectOnStack:
		return r.expectPending(c, livepatch.OnStack)
	case scenario.ExpectSwitched:
		return r.expectSwitched(c)
	case scenario.ExpectCalls:
		return r.expectCalls(c)
	case scenario.ExpectVariable:
		return r.expectVariable(c)
	case scenario.ExpectMixed:
		r.expectMixed(c)
	case scenario.ExpectViolation:
		r.expectViolation(c)
	default:
		panic(fmt.Sprintf("BUG: no command %s", c.Verb))
	}
	return nil
}

// expectPending wants a task to be pending, with that verdict unless it is NotTried.
func (r *runner) expectPending(c scenario.Command, v livepatch.Verdict) error {
	id, err := r.task(c.Task)
	if err != nil {
		return err
	}
	for _, p := range r.lab.Model.Pending() {
		switch {
		case p.Task != id:
		case v == livepatch.NotTried:
			return nil
		case p.Check.Verdict != v:
			r.fail("%s, expected %s; its stack now: %s", p, v, r.stackText(id))
			return nil
		case v == livepatch.OnStack && p.Check.Func != c.Function:
			r.fail("%s, expected %s on the stack", p, c.Function)
			return nil
		default:
			return nil
		}
	}
	state, _ := r.lab.Model.PatchState(id)
	r.fail("%s is not pending: its patch_state is %d", c.Task, state)
	return nil
}

// rules are the rules by their names in scripts.
var rules = map[string]livepatch.Rule{
	"attempt": livepatch.RuleAttempt, "exit-gate": livepatch.RuleExit, "sched-hook": livepatch.RuleSched,
	"fork": livepatch.RuleFork, "force": livepatch.RuleForce, "idle-loop": livepatch.RuleIdle,
}

func (r *runner) expectSwitched(c scenario.Command) error {
	id, err := r.task(c.Task)
	if err != nil {
		return err
	}
	s, ok := r.lab.Model.LastSwitch(id)
	if !ok {
		r.fail("%s was not switched yet", c.Task)
	} else if s.Rule != rules[c.Rule] {
		r.fail("%s was switched by the rule %q, expected %s", c.Task, s.Rule, c.Rule)
	}
	return nil
}

func (r *runner) expectCalls(c scenario.Command) error {
	side := lab.SideOld
	if c.Side == "new" {
		side = lab.SideNew
	}
	var n uint64
	for _, s := range r.built.Program.ByName(c.Function) {
		n += r.lab.Counts().Calls(s.Addr, side)
	}
	if !compares(n, c.Op, c.N) {
		r.fail("%d calls of %s ran the %s body, expected %s %d", n, c.Function, c.Side, c.Op, c.N)
	}
	return nil
}

func compares(a uint64, op string, b uint64) bool {
	switch op {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	panic("BUG: no comparison " + op)
}

func (r *runner) expectVariable(c scenario.Command) error {
	v, err := r.built.variable(c.Variable)
	if err != nil {
		return err
	}
	if x := v.read(r.lab); !compares(x, c.Op, c.N) {
		r.fail("%s is %d, expected %s %d", c.Variable, x, c.Op, c.N)
	}
	return nil
}

func (r *runner) expectMixed(c scenario.Command) {
	mixes := r.lab.Counts().Mixes()
	if uint64(len(mixes)) == c.N {
		return
	}
	text := fmt.Sprintf("%s with mixed sides, expected %d", plural(len(mixes), "call"), c.N)
	if len(mixes) > 0 {
		m := mixes[0]
		text += fmt.Sprintf("; the first at %s in %s: the %s %s was called from inside of the %s %s",
			seconds(m.Time), r.lab.Machine.TaskName(m.Task), m.InnerSide, r.lab.Symbol(m.Inner.Fn),
			m.OuterSide, r.lab.Symbol(m.Outer.Fn))
	}
	r.fail("%s", text)
}

// seconds writes a virtual time.
func seconds(t guest.Time) string { return fmt.Sprintf("%.6f s", float64(t)/float64(guest.Second)) }

// logText is the log as the kernel's own tests compare it: without times, and without
// the lines about single tasks.
func (r *runner) logText() string {
	var b strings.Builder
	for _, l := range r.lab.Machine.LogLines() {
		if !strings.HasPrefix(l.Text, "livepatch: klp_try_switch_task: ") {
			b.WriteString(l.Text + "\n")
		}
	}
	return b.String()
}

func (r *runner) outputText() string {
	var b strings.Builder
	for _, o := range r.lab.Machine.Output() {
		b.WriteString(o.Text)
	}
	return b.String()
}

// compare compares a text with what is expected, and shows the first line that differs.
func (r *runner) compare(what, got string, want scenario.Text) {
	if got == want.Text {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want.Text, "\n")
	i := 0
	for i < len(g) && i < len(w) && g[i] == w[i] {
		i++
	}
	at := func(lines []string) string {
		if i < len(lines)-1 || i < len(lines) && lines[i] != "" {
			return fmt.Sprintf("%q", lines[i])
		}
		return "the end"
	}
	r.report.Failures = append(r.report.Failures, &Failure{
		File: r.built.Scenario.File, Line: want.Line + i,
		Text: fmt.Sprintf("the %s differs in line %d: got %s, expected %s", what, i+1, at(g), at(w)),
	})
}
