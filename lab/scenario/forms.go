package scenario

import (
	"slices"
	"strings"
)

// Verb is what a command does: one form of a line of the script.
type Verb uint8

// The actions. Settings have verbs of their own, which no [Command] has.
const (
	Insmod Verb = iota + 1
	Rmmod
	Write
	Read
	WaitPath
	WaitDuration
	WaitExit
	WaitIn
	WaitAsleep
	Hold
	Release
	Explore
	Always
	NeverOutput
	NeverRuns
	ExpectLog
	ExpectOutput
	ExpectPath
	ExpectPending
	ExpectRunning
	ExpectUnreliable
	ExpectOnStack
	ExpectSwitched
	ExpectCalls
	ExpectMixed
	ExpectVariable
	ExpectViolation

	setCPUs
	setSeed
	setScheduler
	setModel
	setOption
	setBreak
	setFlags
	errorText
)

// Form is one form of a line of the script.
type Form struct {
	Verb Verb
	// Usage is the form: words in capitals stand for what [Kinds] says. The last may
	// be repeated when three dots follow it, and left out when it stands in brackets.
	Usage string
	Doc   string // one sentence, about what stands in capitals
	// Setting tells that the form stands before all actions.
	Setting bool
	// Negatable tells that "!" may stand before it.
	Negatable bool
}

// Forms returns every form of a line, settings first.
func Forms() []Form { return slices.Clone(forms) }

// String returns the usage of v's form.
func (v Verb) String() string {
	if f := v.form(); f != nil {
		return f.Usage
	}
	return "verb?"
}

// form returns v's form, nil for a verb that there is not.
func (v Verb) form() *Form {
	for i := range forms {
		if forms[i].Verb == v {
			return &forms[i]
		}
	}
	return nil
}

var forms = []Form{
	{Verb: setCPUs, Usage: "cpus N", Doc: "The machine has N CPUs.", Setting: true},
	{Verb: setSeed, Usage: "seed SEED", Doc: "Every choice of the run comes from SEED.", Setting: true},
	{Verb: setScheduler, Usage: "scheduler POLICY", Doc: "Which task runs next is decided by POLICY.", Setting: true},
	{Verb: setModel, Usage: "model MODEL", Doc: "The consistency model is MODEL.", Setting: true},
	{Verb: setOption, Usage: "option OPTION", Doc: "The model has OPTION switched on.", Setting: true},
	{Verb: setBreak, Usage: "break BREAK", Doc: "The model deviates as BREAK says.", Setting: true},
	{Verb: setFlags, Usage: "cflags PART FLAG...", Doc: "The sources of PART are compiled with each FLAG too.", Setting: true},

	{Verb: Insmod, Usage: "insmod NAME [KEY=VALUE...]", Doc: "Load the patch NAME with these parameters, and enable it.", Negatable: true},
	{Verb: Rmmod, Usage: "rmmod NAME", Doc: "Unload the patch NAME.", Negatable: true},
	{Verb: Write, Usage: "write PATH VALUE", Doc: "Write VALUE to PATH, NAME/enabled.", Negatable: true},
	{Verb: Read, Usage: "read PATH", Doc: "Show the value of PATH.", Negatable: true},
	{Verb: errorText, Usage: "error TEXT", Doc: "The command above failed with a message that TEXT is part of."},

	{Verb: WaitPath, Usage: "wait PATH VALUE", Doc: "Let the program run until PATH has that value; a patch that is gone has 0 everywhere."},
	{Verb: WaitDuration, Usage: "wait DURATION", Doc: "Let the program run for DURATION of virtual time."},
	{Verb: WaitExit, Usage: "wait exit", Doc: "Let the program run until all of its tasks have exited."},
	{Verb: WaitIn, Usage: "wait TASK in FUNCTION", Doc: "Let the program run until FUNCTION is on the stack of TASK."},
	{Verb: WaitAsleep, Usage: "wait TASK asleep", Doc: "Let the program run until TASK sleeps."},
	{Verb: Hold, Usage: "hold TASK at POINT", Doc: "Let the program run until TASK is about to execute POINT, and keep it there: off its CPU, as interrupted there, or on it where preemption is off. A task that is held goes on to POINT."},
	{Verb: Release, Usage: "release TASK", Doc: "Let a held TASK go on."},
	{Verb: Explore, Usage: "explore", Doc: "Where a search over schedules begins: what stands above happens in one order only. A run passes it."},

	{Verb: Always, Usage: "always VARIABLE OP N", Doc: "From here on, VARIABLE compares so with N: it is looked at after every step."},
	{Verb: NeverRuns, Usage: "never TASK runs FUNCTION SIDE", Doc: "From here on, TASK begins no call of the patched FUNCTION that runs the body of SIDE."},
	{Verb: NeverOutput, Usage: "never output TEXT", Doc: "From here on, the program's output has no TEXT in it."},

	{Verb: ExpectLog, Usage: "expect log", Doc: "The kernel log is expect/log, line by line."},
	{Verb: ExpectOutput, Usage: "expect output", Doc: "The program's output is expect/output."},
	{Verb: ExpectViolation, Usage: "expect violation INVARIANT", Doc: "INVARIANT was violated by now; in a search, by some schedule. A scenario without this line fails when it is."},
	{Verb: ExpectPath, Usage: "expect PATH VALUE", Doc: "PATH has that value now."},
	{Verb: ExpectPending, Usage: "expect TASK pending", Doc: "TASK has not been switched yet."},
	{Verb: ExpectRunning, Usage: "expect TASK pending running", Doc: "TASK has not been switched yet: it was running at the last attempt."},
	{Verb: ExpectUnreliable, Usage: "expect TASK pending unreliable", Doc: "TASK has not been switched yet: its stack could not be relied on at the last attempt."},
	{Verb: ExpectOnStack, Usage: "expect TASK pending on-stack FUNCTION", Doc: "TASK has not been switched yet: FUNCTION was on its stack at the last attempt."},
	{Verb: ExpectSwitched, Usage: "expect TASK switched RULE", Doc: "TASK was last switched by RULE."},
	{Verb: ExpectCalls, Usage: "expect calls FUNCTION SIDE OP N", Doc: "The number of calls of the patched FUNCTION since the start that ran the body of SIDE compares so with N."},
	{Verb: ExpectVariable, Usage: "expect variable VARIABLE OP N", Doc: "VARIABLE compares so with N now."},
	{Verb: ExpectMixed, Usage: "expect mixed N", Doc: "There were N calls whose body was of another side than that of a patched function below them."},
}

// formsOf returns the forms that begin with a word.
func formsOf(word string) []Form {
	var of []Form
	for _, f := range forms {
		if first, _, _ := strings.Cut(f.Usage, " "); first == word {
			of = append(of, f)
		}
	}
	return of
}

// firstWords returns the words that a line can begin with, each once.
func firstWords() []string {
	var words []string
	for _, f := range forms {
		if first, _, _ := strings.Cut(f.Usage, " "); !slices.Contains(words, first) {
			words = append(words, first)
		}
	}
	return words
}
