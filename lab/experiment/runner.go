package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// runner carries out a script.
type runner struct {
	built    *Built
	lab      *lab.Lab
	report   *Report
	recorder *recorder
	oracle   *oracle.Oracle
	stays    *invariants
	bounds   bounds
	progress *Progress // for who looks on
	// line is the command that is being carried out.
	line scenario.Command
}

// Switched implements [livepatch.Observer].
func (r *runner) Switched(s livepatch.Switched) { r.recorder.switched(s) }

// Reached implements [livepatch.Observer].
func (r *runner) Reached(s livepatch.Stage, t livepatch.Transition) { r.recorder.reached(s, t) }

// Checked implements [livepatch.Observer].
func (r *runner) Checked(id guest.TaskID, c livepatch.Check) { r.recorder.checked(id, c) }

// Warned implements [livepatch.Observer]. The oracle judges it.
func (r *runner) Warned(string) {}

// fail notes an expectation that was not met.
func (r *runner) fail(format string, args ...any) {
	r.report.Failures = append(r.report.Failures, &Failure{
		File: r.built.Scenario.File, Line: r.line.Line, Text: fmt.Sprintf(format, args...),
	})
}

// errStop ends a script after a failure that leaves nothing to go on with.
var errStop = errors.New("stop")

func (r *runner) run() error {
	for _, c := range r.built.Scenario.Script {
		r.line = c
		err := r.command(c)
		r.stays.check()
		r.judge()
		if errors.Is(err, errStop) {
			return nil
		} else if err != nil {
			return r.located(err)
		}
	}
	return nil
}

// located adds the script's line to an error.
func (r *runner) located(err error) error {
	return fmt.Errorf("%s:%d: %w", r.built.Scenario.File, r.line.Line, err)
}

func (r *runner) command(c scenario.Command) error {
	if c.Fails || c.Verb >= scenario.Always {
		r.report.Expectations++
	}
	switch c.Verb {
	case scenario.Insmod:
		return r.insmod(c)
	case scenario.Rmmod:
		return r.rmmod(c)
	case scenario.Write:
		return r.write(c)
	case scenario.Read:
		return r.read(c)
	case scenario.Hold, scenario.RunUntil:
		return r.hold(c)
	case scenario.Explore:
		return nil
	case scenario.Always, scenario.NeverRuns, scenario.NeverOutput:
		return r.stays.begin(c)
	case scenario.Release:
		return r.release(c)
	case scenario.WaitPath, scenario.WaitDuration, scenario.WaitExit, scenario.WaitIn, scenario.WaitAsleep:
		return r.wait(c)
	}
	return r.expect(c)
}

// outcome judges a command that may have to fail.
func (r *runner) outcome(c scenario.Command, err error) error {
	switch {
	case err == nil && c.Fails:
		r.fail("succeeded, and had to fail")
	case err != nil && !c.Fails:
		r.fail("%v", err)
	case err != nil && !strings.Contains(err.Error(), c.Error):
		r.fail("failed with %q, expected %q", err.Error(), c.Error)
	}
	return nil
}

func (r *runner) insmod(c scenario.Command) error {
	args := ""
	for _, p := range c.Params {
		args += " " + p
	}
	r.lab.Machine.Log("info", "% insmod test_modules/"+c.Patch+".ko"+args)
	err := r.lab.Load(r.built.Patches[c.Patch])
	if err == nil {
		if err := r.until("insmod has ended", r.lab.Done); err != nil {
			return err
		}
		err = r.lab.Loaded(c.Patch)
	}
	var refused *lab.LoadError
	if errors.As(err, &refused) {
		r.lab.Machine.Log("err", refused.Error())
		if refused.Err != nil {
			err = fmt.Errorf("%w (%w)", refused, refused.Err)
		}
		if refused.Err != nil && !c.Fails {
			return err // no patch at all: nothing to judge
		}
	}
	return r.outcome(c, err)
}

// rmmod unloads a module, as the kernel's tests do: once nothing refers to it any more,
// which may be a while after a patch was disabled.
func (r *runner) rmmod(c scenario.Command) error {
	if r.lab.Leaving(c.Patch) {
		err := r.until(c.Patch+" is not referred to any more", func() bool { return !r.lab.Leaving(c.Patch) })
		if err != nil {
			return err
		}
	}
	r.lab.Machine.Log("info", "% rmmod "+c.Patch)
	return r.outcome(c, r.lab.Unload(c.Patch))
}

func (r *runner) write(c scenario.Command) error {
	path := c.Path.String()
	r.lab.Machine.Log("info", "% echo "+c.Value+" > /sys/kernel/livepatch/"+path)
	err := r.lab.Write(path, c.Value)
	if err == nil {
		if err := r.until("the write has ended", r.lab.Done); err != nil {
			return err
		}
		err = r.lab.Result()
	}
	if err != nil {
		r.lab.Machine.Log("err", "sh: write error: "+err.Error())
	}
	return r.outcome(c, err)
}

func (r *runner) read(c scenario.Command) error {
	v, err := r.value(c.Path)
	if err == nil {
		r.lab.Machine.Log("info", fmt.Sprintf("%% cat %s: %s", r.file(c.Path), v))
	}
	return r.outcome(c, err)
}

// file returns the kernel's name for a path.
func (r *runner) file(p scenario.Path) string {
	if p.Attr == scenario.PatchState {
		id, _ := r.lab.Machine.TaskByName(p.Task)
		return fmt.Sprintf("/proc/%d/patch_state", id)
	}
	return "/sys/kernel/livepatch/" + p.String()
}

// value reads a path.
func (r *runner) value(p scenario.Path) (string, error) { return r.reader(p)() }

// reader returns what reads a path, any number of times.
func (r *runner) reader(p scenario.Path) func() (string, error) {
	if p.Attr == scenario.PatchState {
		return func() (string, error) { return r.patchState(p.Task) }
	}
	file := p.String()
	return func() (string, error) {
		v, err := r.lab.Model.ReadAttr(file)
		return strings.TrimSuffix(v, "\n"), err
	}
}

func (r *runner) patchState(task string) (string, error) {
	id, err := r.task(task)
	if err != nil {
		return "", err
	}
	v, ok := r.lab.Model.PatchState(id)
	if !ok {
		return "", fmt.Errorf("%s has exited", task)
	}
	return strconv.Itoa(v), nil
}

// stackText writes a task's stack for a report.
func (r *runner) stackText(id guest.TaskID) string {
	var s unwind.Stack
	if err := r.lab.Unwind(id, &s); err != nil {
		return err.Error()
	}
	var names []string
	for _, f := range s.Frames() {
		names = append(names, r.lab.Code.Text(f))
	}
	return strings.Join(names, " < ")
}
