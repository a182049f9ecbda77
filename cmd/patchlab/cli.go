package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// grammar is the command line.
type grammar struct {
	Run        runCommand        `cmd:"" help:"Build and run a scenario, and report what happened; or run a static Linux program."`
	Explore    exploreCommand    `cmd:"" help:"Try the schedules of a scenario, and show one that goes wrong."`
	Replay     replayCommand     `cmd:"" help:"Run the one schedule that stands in a scenario file, and show its steps."`
	Explain    explainCommand    `cmd:"" help:"Tell one schedule of a scenario step by step: who moves, the states of all tasks, what goes wrong and why."`
	Breaks     breaksCommand     `cmd:"" help:"List the mistakes that the model can be made to make, and what finds each."`
	Count      countCommand      `cmd:"" help:"Count the interleavings and classes of small step programs."`
	Sites      sitesCommand      `cmd:"" help:"List the patch sites of a program, an object or a scenario."`
	Symbols    symbolsCommand    `cmd:"" help:"List the symbols of a program, an object or a scenario."`
	Disasm     disasmCommand     `cmd:"" help:"Show the code of a program, an object or a scenario, with its source lines."`
	Syscalls   syscallsCommand   `cmd:"" help:"List the Linux system calls, and how far each is answered."`
	Help       helpCommand       `cmd:"" help:"Explain the command, or a topic."`
	Completion completionCommand `cmd:"" help:"Print a script that completes command lines in a shell."`
	Version    versionCommand    `cmd:"" help:"Show the versions of patchlab, Go and the engine."`

	New       newCommand       `cmd:"" help:"Write a scenario to begin with, with comments, to a new file."`
	Vet       vetCommand       `cmd:"" help:"Say all that is wrong with scenario files, without running them."`
	Scenarios scenariosCommand `cmd:"" help:"List scenarios: what each shows, and the mistakes of the model that turn it red."`
}

type runCommand struct {
	File    string         `arg:"" name:"FILE" help:"The scenario, FILE.txtar: 'patchlab help script' says what is in it. Or a static x86-64 Linux program."`
	Args    []string       `arg:"" optional:"" name:"ARGS" help:"The program's arguments. Flags of patchlab stand before FILE, all that stands behind a program is the program's."`
	Seed    seeds          `name:"seed" placeholder:"N" help:"Take N in place of the scenario's seed; with a range like 1-200, run each seed and report those that are not as expected. A program gets all randomness and the order of its threads from it."`
	CPUs    *int           `name:"cpus" placeholder:"N" help:"Give the machine N CPUs in place of what the scenario says."`
	Model   string         `name:"model" placeholder:"NAME" help:"The consistency model in place of the scenario's: klp-6.12 or closed."`
	Break   []string       `name:"break" placeholder:"NAME" help:"Have the model make this mistake, to see what catches it; can be repeated."`
	Check   bool           `name:"check" help:"Run it twice, and fail unless both runs are the same to the bit."`
	Verbose bool           `name:"v" help:"Show all that happens as it comes, checks of single tasks and registers at a fault too."`
	Trace   string         `name:"trace" placeholder:"FILE" help:"Write what tasks, CPUs and transitions do to FILE, for a viewer such as https://ui.perfetto.dev (Chrome trace-event format)."`
	Profile string         `name:"profile" placeholder:"FILE" help:"Write where tasks spend their virtual time to FILE, for 'go tool pprof'."`
	Stats   bool           `name:"stats" help:"Show what the machine has done, counted, and how long it took on the host."`
	JSON    bool           `name:"json" help:"Print the report as JSON; docs/json.md describes it."`
	MaxTime *time.Duration `name:"max-time" placeholder:"DURATION" help:"Give up at this virtual time (5m; a program: never)."`
	programFlags
	Timeout time.Duration `name:"timeout" default:"1m" placeholder:"DURATION" help:"Give up after this time on the host (${default})."`
}

// programFlags are the flags of "patchlab run" that are for programs only.
type programFlags struct {
	Strace bool     `name:"strace" help:"A program's system calls, one a line on standard error."`
	Env    []string `name:"env" sep:"none" placeholder:"NAME=VALUE" help:"Set a variable of the program's environment, which is empty otherwise; can be repeated."`
	Stdin  string   `name:"stdin" placeholder:"FILE" help:"What the program reads as standard input, in place of patchlab's own."`
	Mount  []string `name:"mount" sep:"none" placeholder:"DIR=PATH" help:"Show the directory DIR of the host to the program as PATH, to read; with ,rw behind it to write as well. Can be repeated; nothing else of the host is seen."`
	Memory string   `name:"memory" default:"1G" placeholder:"SIZE" help:"How much memory the program can have (${default})."`
}

type syscallsCommand struct{}

// searched is what a search is given besides its scenario, and what a schedule of it needs to
// be replayed.
type searched struct {
	Interrupts int      `name:"interrupts" default:"0" placeholder:"N" help:"Let interrupts take tasks off their CPUs in the kernel, up to N times in a schedule (${default})."`
	Points     string   `name:"points" default:"protocol" placeholder:"LIST" help:"Where to switch between tasks (${default}), and nowhere else: protocol, windows, classes of these, with commas between them; addresses of instructions beside these."`
	Retries    int      `name:"retries" default:"1" placeholder:"N" help:"Let operator and worker each look again N times while nothing has changed (${default})."`
	Paranoid   bool     `name:"paranoid" help:"Check each instruction between two points: that it changes no stack in the eyes of the check, and touches no memory that tasks share. Where it does the latter it becomes a point, and the search begins anew. Check too that redirected calls leave registers and flags alone."`
	Model      string   `name:"model" placeholder:"NAME" help:"The consistency model in place of the scenario's: klp-6.12 or closed."`
	Break      []string `name:"break" placeholder:"NAME" help:"Have the model make this mistake; can be repeated."`
}

type exploreCommand struct {
	File     string `arg:"" name:"FILE.txtar" help:"The scenario; a line 'explore' in its script says where the search begins."`
	Strategy string `name:"strategy" default:"merging" placeholder:"NAME" help:"How to search (${default})."`
	Bound    int    `name:"bound" default:"-1" placeholder:"N" help:"Try schedules with at most N preemptions (delays, where that is the strategy) only; not for exhaustive and random ones."`
	Seeds    seeds  `name:"seeds" placeholder:"N-M" help:"The seeds of random and pct-1 to pct-3 (1-1000)."`
	searched
	Runs       uint64        `name:"max-schedules" default:"0" placeholder:"N" help:"Stop after N schedules (0: no end)."`
	MaxTime    time.Duration `name:"max-time" default:"1m" placeholder:"DURATION" help:"Stop after this time on the host (${default})."`
	Classes    bool          `name:"classes" help:"Count the classes of schedules too: those that differ only in the order of steps which touch nothing in common. Slower; with strategies that try schedules one by one, not merging."`
	Workers    int           `name:"workers" default:"1" placeholder:"N" help:"Search with N machines at once (${default}); merging uses one."`
	Checkpoint string        `name:"checkpoint" placeholder:"FILE" help:"Keep what is left of the search in FILE, and go on from there when FILE exists and is of the same search. FILE is removed when nothing is left. For every strategy but merging."`
	Coverage   bool          `name:"coverage" help:"Show which places, phases and patch states were visited together, and which cannot be."`
	Replay     string        `name:"replay" placeholder:"SCHEDULE" help:"Run the one schedule that this string stands for, and show its steps."`
	Check      bool          `name:"check" help:"Run every schedule twice, and stop unless both runs are the same, step by step."`
	Save       string        `name:"save" placeholder:"NEW.txtar" help:"Write the scenario with the schedule that goes wrong to a new file, for 'patchlab replay' and 'patchlab explain'."`
}

type replayCommand struct {
	File string `arg:"" name:"FILE.txtar" help:"A scenario with a schedule in it, as 'patchlab explore -save' writes it."`
}

type explainCommand struct {
	File   string `arg:"" name:"FILE.txtar" help:"A scenario with a schedule in it, as 'patchlab explore -save' writes it; any scenario with -replay."`
	Width  int    `name:"width" default:"99" placeholder:"N" help:"Keep to N columns (${default})."`
	Replay string `name:"replay" placeholder:"SCHEDULE" help:"The schedule that this string stands for, in place of the file's. The flags below say what the search was given that has found it."`
	searched
}

type breaksCommand struct {
	Table bool `name:"table" help:"Search for each with each strategy, and print a page that says after how many schedules it is found (takes minutes)."`
}

type helpCommand struct {
	Topic string `arg:"" optional:"" name:"TOPIC" help:"script, example, or a command."`
}

type versionCommand struct {
	JSON bool `name:"json" help:"Print JSON; docs/json.md describes it."`
}

// parseAndRun parses a command line and carries it out. The error is for the user to
// read; what was found out about the run is in the status alone.
func (a *app) parseAndRun(args []string) (status, error) {
	var g grammar
	helped := false
	parser, err := kong.New(&g,
		kong.Name("patchlab"),
		kong.Exit(func(int) {}),
		kong.Writers(a.out, a.out),
		kong.Help(func(_ kong.HelpOptions, ctx *kong.Context) error {
			helped = true
			return a.explain(ctx.Selected())
		}),
	)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	ctx, err := parser.Parse(longFlags(args))
	switch {
	case helped:
		return asExpected, nil
	case err != nil:
		return badInput, fmt.Errorf("%s; 'patchlab help' shows what there is", singleDashes(err.Error()))
	}
	switch ctx.Selected().Name {
	case "run":
		return a.run(&g.Run)
	case "syscalls":
		return a.syscalls()
	case "explore":
		return a.explore(&g.Explore)
	case "replay":
		return a.replay(&g.Replay)
	case "explain":
		return a.explainRun(&g.Explain)
	case "breaks":
		return a.breaks(&g.Breaks)
	case "count":
		return a.count(&g.Count)
	case "new":
		return a.start(&g.New)
	case "vet":
		return a.vet(&g.Vet)
	case "scenarios":
		return a.scenarios(&g.Scenarios)
	case "sites":
		return a.sites(&g.Sites)
	case "symbols":
		return a.symbols(&g.Symbols)
	case "disasm":
		return a.disasm(&g.Disasm)
	case "completion":
		return a.completion(parser, g.Completion.Shell)
	case "help":
		return a.help(parser, g.Help.Topic)
	default:
		return a.version(&g.Version)
	}
}

// The flags have one dash, as those of the go command; the parser wants two.
var (
	singleDash = regexp.MustCompile(`^-[A-Za-z][A-Za-z-]+(=.*)?$`)
	doubleDash = regexp.MustCompile(`--([a-z])`)
)

func longFlags(args []string) []string {
	var long []string
	args = separateProgram(args)
	for i, arg := range args {
		if arg == "--" {
			return append(long, args[i:]...)
		}
		if singleDash.MatchString(arg) || arg == "-v" {
			arg = "-" + arg
		}
		long = append(long, arg)
	}
	return long
}

// bareFlags are the flags of "patchlab run" that take no value.
var bareFlags = []string{"v", "check", "strace", "stats", "json", "h", "help"}

// separateProgram puts "--" before the program that "patchlab run" is to run, which is
// what does not look like a scenario: what stands behind it belongs to the program.
func separateProgram(args []string) []string {
	if len(args) == 0 || args[0] != "run" {
		return args
	}
	for i := 1; i < len(args); i++ {
		flag := strings.TrimLeft(args[i], "-")
		switch {
		case args[i] == "--":
			return args
		case flag != args[i] && (strings.Contains(flag, "=") || slices.Contains(bareFlags, flag)):
		case flag != args[i]:
			i++ // its value
		case isProgram(args[i]) || !strings.HasSuffix(args[i], ".txtar"):
			return slices.Insert(slices.Clone(args), i, "--")
		default:
			return args
		}
	}
	return args
}

// singleDashes writes the flags in the parser's messages as the user does.
func singleDashes(message string) string {
	return strings.TrimSpace(doubleDash.ReplaceAllString(message, "-$1"))
}
