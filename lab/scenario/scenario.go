package scenario

import "patchlab/guest"

// Scenario is what a scenario file says. It depends on the bytes of the file only.
type Scenario struct {
	File     string   // the file, as given to [Parse]
	Title    string   // the script's first line when that is a comment, else ""
	Comment  []string // the comment that the script begins with, by lines, the title first
	Settings Settings
	Script   []Command
	Program  []Source // kernel and user part, in the order of the file
	Patches  []Patch  // in the order of the file
	Log      Text     // expect/log
	Output   Text     // expect/output
	Schedule Schedule // one order of the steps of a search; a run passes it
}

// Settings are what a scenario fixes before it begins. A zero field was not set.
type Settings struct {
	User      bool // the program is of user style
	CPUs      int
	Seed      uint64
	Scheduler string   // "rr" or "random"
	Model     string   // "klp-6.12"
	Options   []string // of the model: "unlock-may-reschedule"
	Breaks    []string // deviations, of [BreakNames]
}

// Patch is a patch module's sources.
type Patch struct {
	Name    string
	Sources []Source
}

// Source is one source file of a program or patch.
type Source struct {
	// Name is the file's own name, without folder: "program.c", "user.S".
	Name string
	// File and Line say where the text stands: the scenario file, and the line there
	// of the text's first line, from 1. A compiler's messages count from them.
	File string
	Line int
	Text string
	// Flags are the compiler flags that the scenario adds, in order.
	Flags []string
}

// Text is a file of the archive that output is compared with.
type Text struct {
	Present bool
	Line    int // of its first line in the scenario file
	Text    string
}

// Command is one action of the script. Besides the first four, only the fields are set
// that the form of its verb names ([Forms]).
type Command struct {
	Line int
	Verb Verb
	// Fails says that the command stood behind "!": it must fail. Error, if not
	// empty, must then be part of the message.
	Fails bool
	Error string

	Patch     string     // NAME
	Params    []string   // KEY=VALUE...
	Path      Path       // PATH
	Value     string     // VALUE
	Duration  guest.Time // DURATION
	Task      string     // TASK
	Function  string     // FUNCTION
	Variable  string     // VARIABLE
	Text      string     // TEXT, or the bytes of HEX
	Point     Point      // POINT
	Side      string     // SIDE: "old" or "new"
	Op        string     // OP: "==", "!=", "<", "<=", ">", ">="
	N         uint64     // N
	Place     Place      // PLACE
	Type      string     // TYPE: "u8", "u16", "u32" or "u64"
	State     string     // STATE: "runnable", "running", "asleep", "held" or "exited"
	Invariant string     // INVARIANT, by its name
	Rule      string     // RULE: "attempt", "exit-gate", "sched-hook", "fork", "force", "idle-loop"
}

// PatchNamed returns the patch of that name, or nil.
func (s *Scenario) PatchNamed(name string) *Patch {
	for i := range s.Patches {
		if s.Patches[i].Name == name {
			return &s.Patches[i]
		}
	}
	return nil
}
