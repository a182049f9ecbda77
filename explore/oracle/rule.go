package oracle

import (
	"fmt"

	"patchlab/guest"
)

// Rule is a rule that a run must keep.
type Rule uint8

// The rules. A body is of a side of a patch when it is what a function of the patch runs
// on that side and not what it runs on the other; the activations of a task are those of
// its stay in the kernel.
const (
	// NoMixing: while a body of one side is live in a task, the task begins none of the
	// other side. A caller that has left by a tail call is not live.
	//
	// Broken by switch-in-handler, skip-stack-check and wrong-range.
	NoMixing Rule = iota + 1
	// CleanSwitch: when a task changes its side, no body of the side that it leaves is
	// live in it or decided on for it; and while a transition runs, a task begins only
	// bodies of the side that it is on.
	//
	// Broken by skip-stack-check, wrong-range, trust-preempted-fp and, where handlers are
	// taken in steps, switch-in-handler.
	CleanSwitch
	// DoneMeansDone: when a transition begins to complete, no body of the side that is
	// left is live in any task or decided on, and none begins from then on until the next
	// transition of that patch.
	//
	// Broken by what breaks CleanSwitch.
	DoneMeansDone
	// NothingDangles: when a module is unloaded, no task is in it, returns into it, stands
	// in it or has a body of it decided on, and nothing of it runs later.
	//
	// Broken by skip-stack-check, for a patch that is unloaded behind it.
	NothingDangles
	// ReliableMeansComplete: a stack that the model is given as complete holds, in their
	// order, the body of every live activation of the task, and for one that has not
	// begun yet the function that was called.
	//
	// Broken by trust-preempted-fp.
	ReliableMeansComplete
	// Quiet: no WARN is printed, and when a transition is complete every task has the
	// state -1 and no flag.
	//
	// Broken by skip-sync-complete.
	Quiet
	// RefusalHasReason: a task whose stack was refused because of a function on it is in a
	// call of one of the patch's functions, or on its way into one.
	//
	// Broken by wide-range.
	RefusalHasReason
	// RightFunction: where a patch is enabled, each of its replacements takes the place of a
	// function of the name that the patch gives: of the only one, or of that at the position
	// which it gives. Functions of modules that come later are not judged.
	//
	// Broken by first-symbol.
	RightFunction
	// Progress: a run under fair scheduling that comes to its end, or to a bound on its
	// time, is in no transition. The violation states why, for each task that is waited
	// for. And a task that comes to user mode, where nothing is in the way, is not flagged
	// and on the side that is left.
	//
	// Broken by skip-exit-switch.
	Progress
)

var ruleNames = [...]string{
	NoMixing: "no-mixing", CleanSwitch: "clean-switch", DoneMeansDone: "done-means-done",
	NothingDangles: "nothing-dangles", ReliableMeansComplete: "reliable-means-complete",
	Quiet: "quiet", RefusalHasReason: "refusal-has-reason",
	RightFunction: "right-function", Progress: "progress",
}

// RuleNames returns the names of the rules, in the order of their constants.
func RuleNames() []string { return append([]string(nil), ruleNames[1:]...) }

// String returns the rule's name, as scenarios write it.
func (r Rule) String() string {
	if r == 0 || int(r) >= len(ruleNames) {
		return fmt.Sprintf("rule %d", uint8(r))
	}
	return ruleNames[r]
}

// Attribution says whose fault a violation is, as far as it can be told.
type Attribution uint8

// The attributions.
const (
	// Model: of the machinery: the handler, the check, the transition or the unwinder
	// do not do what livepatch's do.
	Model Attribution = iota
	// KnownLimit: of livepatch's rules themselves: a body that was decided on and that
	// no stack shows yet, code of a function outside of its range, a task that stays in
	// a function for ever.
	KnownLimit
	// Author: of who wrote the patch: it calls a replacement past the function's site.
	Author
)

// String returns the attribution in words.
func (a Attribution) String() string {
	switch a {
	case KnownLimit:
		return "known limit of klp"
	case Author:
		return "patch author"
	}
	return "model"
}

// Call names a call of a function: by which name, and what ran for it or was to run.
type Call struct{ Function, Body string }

// Violation says how a rule was broken. It is a comparable value.
type Violation struct {
	Rule        Rule
	Attribution Attribution
	Time        guest.Time   // to the turn in which it happened
	Task        guest.TaskID // 0: of no single task
	Text        string       // one line, without rule and time
	// Call is what is in the wrong place, and Outer what it was called from, for
	// NoMixing; both may be zero.
	Call, Outer Call
}

// String writes rule and text.
func (v Violation) String() string { return v.Rule.String() + ": " + v.Text }

// maxViolations bounds how many violations are kept; a task that goes on with what is
// wrong can make any number.
const maxViolations = 1000
