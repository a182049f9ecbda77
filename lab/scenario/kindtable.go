package scenario

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"patchlab/guest"
)

// kinds are all kinds: what the parser checks, and what is told of them.
var kinds = []Kind{
	{Name: "N", Doc: "a number of up to 64 bits, not negative", set: func(l *line, s string) (err error) {
		if l.N, err = strconv.ParseUint(s, 0, 64); err != nil {
			return fmt.Errorf("%q is not a number, from 0 up, of at most 64 bits", s)
		}
		return nil
	}, get: func(c *Command) string { return strconv.FormatUint(c.N, 10) }},
	{Name: "SEED", Doc: "a number of 64 bits", set: func(l *line, s string) (err error) {
		if l.seed, err = strconv.ParseUint(s, 0, 64); err != nil {
			return fmt.Errorf("%q is not a number of 64 bits", s)
		}
		return nil
	}},
	{Name: "STYLE", Doc: "kernel: it plays the kernel; user: an ordinary Linux program", Words: []string{"kernel", "user"}, set: setWord},
	{Name: "POLICY", Doc: "rr: in turn; random: by the seed", Words: []string{"rr", "random"}, set: setWord},
	{Name: "MODEL", Doc: "klp-6.12: as that release of Linux; closed: with its known holes closed", Words: Models, set: setWord},
	{Name: "OPTION", Doc: "unlock-may-reschedule: the handler may be rescheduled when it is done", Words: []string{"unlock-may-reschedule"}, set: setWord},
	{Name: "BREAK", Doc: "the name of a deviation", Words: BreakNames(), set: setWord},
	{Name: "PART", Doc: "the kernel part, the user part, or all patches", Words: []string{"program", "user", "patches"}, set: setWord},
	{Name: "FLAG", Doc: "a flag of gcc: -O, -f, -m, -D or -U, without a path", set: matching(flagRE, "a flag that a scenario may give: -O, -f, -m, -D or -U, without a path", func(l *line, s string) { l.flags = append(l.flags, s) })},
	{Name: "TEXT", Doc: "any text", set: setWord, get: func(c *Command) string { return c.Text }},

	{Name: "NAME", Doc: "a patch of the scenario", set: func(l *line, s string) error { l.Patch = s; return nil }, get: func(c *Command) string { return c.Patch }},
	{Name: "KEY=VALUE", Doc: "a parameter of a module", set: matching(paramRE, "KEY=VALUE", func(l *line, s string) { l.Params = append(l.Params, s) })},
	{Name: "PATH", Doc: "NAME/enabled, NAME/transition, NAME/replace, NAME/stack_order, NAME/OBJECT/patched or TASK/patch_state", set: func(l *line, s string) (err error) {
		l.Path, err = parsePath(s)
		return err
	}, get: func(c *Command) string { return c.Path.String() }},
	{Name: "VALUE", Doc: "any text", set: func(l *line, s string) error { l.Value = s; return nil }, get: func(c *Command) string { return c.Value }},
	{Name: "DURATION", Doc: "virtual time, as in 2s or 500ms", set: func(l *line, s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is not a duration like 2s or 500ms", s)
		}
		l.Duration = guest.Time(d.Nanoseconds())
		return nil
	}, get: func(c *Command) string { return time.Duration(c.Duration).String() }},
	{Name: "TASK", Doc: "a task's name; the idle task of CPU N is swapper/N", set: matching(taskRE, "a task's name", func(l *line, s string) { l.Task = s }), get: func(c *Command) string { return c.Task }},
	{Name: "FUNCTION", Doc: "a function's symbol", set: matching(symbolRE, "a function's symbol", func(l *line, s string) { l.Function = s }), get: func(c *Command) string { return c.Function }},
	{Name: "VARIABLE", Doc: "a variable of the program, unsigned, of 1, 2, 4 or 8 bytes", set: matching(symbolRE, "a variable's symbol", func(l *line, s string) { l.Variable = s }), get: func(c *Command) string { return c.Variable }},
	{Name: "PLACE", Doc: "SYMBOL or SYMBOL+OFFSET: in a variable or a function of the program", set: func(l *line, s string) (err error) {
		l.Place, err = parsePlace(s)
		return err
	}, get: func(c *Command) string { return c.Place.String() }},
	{Name: "TYPE", Doc: "unsigned, of so many bits, the lowest byte first", Words: []string{"u8", "u16", "u32", "u64"}, set: func(l *line, s string) error { l.Type = s; return nil }, get: func(c *Command) string { return c.Type }},
	{Name: "HEX", Doc: "bytes, two hexadecimal digits each", set: matching(hexRE, "bytes of two hexadecimal digits each", func(l *line, s string) { l.Text = unhex(s) }), get: func(c *Command) string { return hex.EncodeToString([]byte(c.Text)) }},
	{Name: "POINT", Doc: "FUNCTION, FUNCTION+OFFSET, FUNCTION+LABEL, a step of the handler like H.front, or a place in the stub like stub.entry", set: func(l *line, s string) (err error) {
		l.Point, err = parsePoint(s)
		return err
	}, get: func(c *Command) string { return c.Point.String() }},
	{Name: "INVARIANT", Doc: "a rule that every run has to keep", Words: []string{"no-mixing", "clean-switch", "done-means-done", "nothing-dangles", "reliable-means-complete", "quiet", "refusal-has-reason", "right-function"}, set: func(l *line, s string) error { l.Invariant = s; return nil }, get: func(c *Command) string { return c.Invariant }},
	{Name: "STATE", Doc: "what a task is doing, held by hold or run", Words: []string{"runnable", "running", "asleep", "held", "exited"}, set: func(l *line, s string) error { l.State = s; return nil }, get: func(c *Command) string { return c.State }},
	{Name: "SIDE", Doc: "the body without or with the patch", Words: []string{"old", "new"}, set: func(l *line, s string) error { l.Side = s; return nil }, get: func(c *Command) string { return c.Side }},
	{Name: "OP", Doc: "a comparison", Words: []string{"==", "!=", "<", "<=", ">", ">="}, set: func(l *line, s string) error { l.Op = s; return nil }, get: func(c *Command) string { return c.Op }},
	{Name: "RULE", Doc: "what switches tasks: the periodic attempt, the exit gate, the scheduler's hook, fork, force, the loop of an idle task", Words: []string{"attempt", "exit-gate", "sched-hook", "fork", "force", "idle-loop"}, set: func(l *line, s string) error { l.Rule = s; return nil }, get: func(c *Command) string { return c.Rule }},
}
