package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"patchlab/guest"
)

// Kind is what a word in capitals in a [Form] stands for.
type Kind struct {
	Name string
	Doc  string
	// Words are all that it can be; nil where there are more.
	Words []string

	// set checks a word and stores it in the line, or says what is wrong with it.
	set func(*line, string) error
}

// Kinds returns every kind that forms use.
func Kinds() []Kind {
	all := slices.Clone(kinds)
	for i := range all {
		all[i].Words = slices.Clone(all[i].Words)
	}
	return all
}

// line is a line of the script as it is being read: a command, or the values of a
// setting.
type line struct {
	Command
	seed  uint64
	word  string // POLICY, MODEL, OPTION, BREAK, PART, TEXT
	flags []string
}

func setWord(l *line, s string) error { l.word, l.Text = s, s; return nil }

// matching returns a check for words of one shape.
func matching(re *regexp.Regexp, what string, store func(*line, string)) func(*line, string) error {
	return func(l *line, s string) error {
		if !re.MatchString(s) {
			return fmt.Errorf("%q is not %s", s, what)
		}
		store(l, s)
		return nil
	}
}

var (
	paramRE = regexp.MustCompile(`^[A-Za-z0-9_]+=.*$`)
	// flagRE keeps a scenario to flags that change the code: none that names a file.
	flagRE = regexp.MustCompile(`^-[OfmDU][^/]*$`)
)

var kinds = []Kind{
	{Name: "N", Doc: "a number, not negative", set: func(l *line, s string) (err error) {
		n, err := strconv.ParseUint(s, 0, 31)
		if err != nil {
			return fmt.Errorf("%q is not a number from 0 to %d", s, 1<<31-1)
		}
		l.N = int(n)
		return nil
	}},
	{Name: "SEED", Doc: "a number of 64 bits", set: func(l *line, s string) (err error) {
		if l.seed, err = strconv.ParseUint(s, 0, 64); err != nil {
			return fmt.Errorf("%q is not a number of 64 bits", s)
		}
		return nil
	}},
	{Name: "POLICY", Doc: "rr: in turn; random: by the seed", Words: []string{"rr", "random"}, set: setWord},
	{Name: "MODEL", Doc: "klp-6.12: as that release of Linux; closed: with its known holes closed", Words: []string{"klp-6.12", "closed"}, set: setWord},
	{Name: "OPTION", Doc: "unlock-may-reschedule: the handler may be rescheduled when it is done", Words: []string{"unlock-may-reschedule"}, set: setWord},
	{Name: "BREAK", Doc: "the name of a deviation", set: matching(nameRE, "the name of a break", func(l *line, s string) { l.word = s })},
	{Name: "PART", Doc: "the kernel part, the user part, or all patches", Words: []string{"program", "user", "patches"}, set: setWord},
	{Name: "FLAG", Doc: "a flag of gcc: -O, -f, -m, -D or -U, without a path", set: matching(flagRE, "a flag that a scenario may give: -O, -f, -m, -D or -U, without a path", func(l *line, s string) { l.flags = append(l.flags, s) })},
	{Name: "TEXT", Doc: "any text", set: setWord},

	{Name: "NAME", Doc: "a patch of the scenario", set: func(l *line, s string) error { l.Patch = s; return nil }},
	{Name: "KEY=VALUE", Doc: "a parameter of a module", set: matching(paramRE, "KEY=VALUE", func(l *line, s string) { l.Params = append(l.Params, s) })},
	{Name: "PATH", Doc: "NAME/enabled, NAME/transition, NAME/replace, NAME/stack_order, NAME/OBJECT/patched or TASK/patch_state", set: func(l *line, s string) (err error) {
		l.Path, err = parsePath(s)
		return err
	}},
	{Name: "VALUE", Doc: "any text", set: func(l *line, s string) error { l.Value = s; return nil }},
	{Name: "DURATION", Doc: "virtual time, as in 2s or 500ms", set: func(l *line, s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is not a duration like 2s or 500ms", s)
		}
		l.Duration = guest.Time(d.Nanoseconds())
		return nil
	}},
	{Name: "TASK", Doc: "a task's name; the idle task of CPU N is swapper/N", set: matching(taskRE, "a task's name", func(l *line, s string) { l.Task = s })},
	{Name: "FUNCTION", Doc: "a function's symbol", set: matching(symbolRE, "a function's symbol", func(l *line, s string) { l.Function = s })},
	{Name: "VARIABLE", Doc: "a variable of the program, unsigned, of 1, 2, 4 or 8 bytes", set: matching(symbolRE, "a variable's symbol", func(l *line, s string) { l.Variable = s })},
	{Name: "POINT", Doc: "FUNCTION, FUNCTION+OFFSET, FUNCTION+LABEL, a step of the handler like H.front, or a place in the stub like stub.entry", set: func(l *line, s string) (err error) {
		l.Point, err = parsePoint(s)
		return err
	}},
	{Name: "INVARIANT", Doc: "a rule that every run has to keep", Words: []string{"no-mixing", "clean-switch", "done-means-done", "nothing-dangles", "reliable-means-complete", "quiet", "refusal-has-reason", "right-function"}, set: func(l *line, s string) error { l.Invariant = s; return nil }},
	{Name: "SIDE", Doc: "the body without or with the patch", Words: []string{"old", "new"}, set: func(l *line, s string) error { l.Side = s; return nil }},
	{Name: "OP", Doc: "a comparison", Words: []string{"==", "!=", "<", "<=", ">", ">="}, set: func(l *line, s string) error { l.Op = s; return nil }},
	{Name: "RULE", Doc: "what switches tasks: the periodic attempt, the exit gate, the scheduler's hook, fork, force, the loop of an idle task", Words: []string{"attempt", "exit-gate", "sched-hook", "fork", "force", "idle-loop"}, set: func(l *line, s string) error { l.Rule = s; return nil }},
}

// kindOf returns the kind of that name.
func kindOf(name string) *Kind {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	panic("BUG: scenario: no kind is called " + name)
}

// store checks a word of the kind and stores it.
func (k *Kind) store(l *line, word string) error {
	if k.Words != nil && !slices.Contains(k.Words, word) {
		return fmt.Errorf("%s cannot be %q: %s", k.Name, word, Suggest(word, k.Words))
	}
	return k.set(l, word)
}
