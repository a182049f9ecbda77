package experiment

import (
	"errors"
	"fmt"

	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
)

// Directed is a scenario whose laboratory moves only where it is told to: what a search
// over its schedules drives. The script is carried out command by command by whoever
// drives it.
type Directed struct {
	Lab    *lab.Lab
	Oracle *oracle.Oracle // judges what happens in Lab
	Script []scenario.Command

	r     *runner
	conds []func() bool // what each command waits for, once it was asked
}

// Directed makes the scenario's laboratory. Close the laboratory.
func (b *Built) Directed(o Options) (*Directed, error) {
	c, _, err := b.config(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	c.Directed, c.Windows, c.Stops, c.StopsAt = true, o.Windows, o.Stops, o.StopsAt
	r := &runner{built: b, report: &Report{Scenario: b.Scenario}}
	c.Observer = watcher{r}
	if r.lab, err = lab.New(c); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	if err := b.directable(r.lab); err != nil {
		return nil, errors.Join(err, r.lab.Close())
	}
	r.report.Lab, r.oracle, r.stays = r.lab, oracle.Attach(r.lab), newInvariants(r)
	script := b.Scenario.Script
	return &Directed{Lab: r.lab, Oracle: r.oracle, Script: script, r: r, conds: make([]func() bool, len(script))}, nil
}

// directable wants a script to name what there is, and to leave the order of steps to a
// search.
func (b *Built) directable(l *lab.Lab) error {
	k := newChecker(b, l)
	for _, c := range b.Scenario.Script {
		if c.Verb == scenario.Hold || c.Verb == scenario.RunUntil || c.Verb == scenario.Release {
			return k.at(c, "%q has no place in a search: it tries every order by itself", c)
		}
	}
	return k.first()
}

// Waits reports whether command i waits for something, and whether it is so now. A
// command that begins something waits behind it for its end.
func (d *Directed) Waits(i int) (waits, ready bool) {
	c := d.Script[i]
	switch c.Verb {
	case scenario.WaitDuration:
		return true, true // time has no order here
	case scenario.WaitPath, scenario.WaitExit, scenario.WaitIn, scenario.WaitAsleep:
		if d.conds[i] == nil {
			_, d.conds[i] = d.r.condition(c)
		}
		return true, d.conds[i]()
	}
	return false, false
}

// Begins reports whether command i changes something, and so is a step that can come
// before or behind those of the tasks; others only look.
func (d *Directed) Begins(i int) bool {
	switch d.Script[i].Verb {
	case scenario.Insmod, scenario.Rmmod, scenario.Write:
		return true
	}
	return false
}

// Begin begins command i; [lab.Lab.Done] tells when it has ended, then call End. The
// error says that there is no such command in a search.
func (d *Directed) Begin(i int) error {
	c := d.Script[i]
	d.r.line = c
	switch c.Verb {
	case scenario.Insmod:
		return d.judge(c, d.Lab.Load(d.r.built.Patches[c.Patch]))
	case scenario.Rmmod:
		return d.judge(c, d.Lab.Unload(c.Patch))
	case scenario.Write:
		return d.judge(c, d.Lab.Write(c.Path.String(), c.Value))
	}
	panic(fmt.Sprintf("BUG: %s begins nothing", c.Verb))
}

// judge takes in that a command has failed at once.
func (d *Directed) judge(c scenario.Command, err error) error {
	if err == nil {
		return nil
	}
	return d.r.outcome(c, err)
}

// End ends command i, which was begun.
func (d *Directed) End(i int) error {
	c := d.Script[i]
	d.r.line = c
	switch c.Verb {
	case scenario.Insmod:
		return d.r.outcome(c, d.Lab.Loaded(c.Patch))
	case scenario.Write:
		return d.r.outcome(c, d.Lab.Result())
	}
	return nil
}

// Look carries out command i, which only looks: an expectation.
func (d *Directed) Look(i int) error {
	d.r.line = d.Script[i]
	switch d.Script[i].Verb {
	case scenario.Read, scenario.Explore:
		return nil
	case scenario.Always, scenario.NeverRuns, scenario.NeverOutput:
		return d.r.stays.begin(d.r.line)
	case scenario.ExpectViolation:
		return nil // of one schedule or the other, not of each: the search judges it
	}
	return d.r.expect(d.Script[i])
}

// Where names the place of command i: "file:line".
func (d *Directed) Where(i int) string {
	return fmt.Sprintf("%s:%d", d.r.built.Scenario.File, d.Script[i].Line)
}

// DropFailures forgets what was not as expected: the laboratory goes back to another run.
func (d *Directed) DropFailures() { d.r.report.Failures = nil }

// TakeFailures returns what was not as expected since it was last called, and what did not
// stay as it must.
func (d *Directed) TakeFailures() []*Failure {
	d.r.stays.check()
	f := d.r.report.Failures
	d.r.report.Failures = nil
	return f
}

// watcher is told what the model does in a directed laboratory: of it only what must
// never happen matters.
type watcher struct{ r *runner }

func (watcher) Reached(livepatch.Stage, livepatch.Transition) {}
func (watcher) Checked(guest.TaskID, livepatch.Check)         {}
func (watcher) Switched(livepatch.Switched)                   {}
func (w watcher) Warned(line string)                          { w.r.Warned(line) }
