package search

import "fmt"

// Choice is one thing that can happen next: an actor moves on from where it stands, or
// something is done to it. It is a value that means something to its system only, the
// same thing in every run.
type Choice struct {
	Actor int32
	// Kind is Move, or what is done to the actor; the system names the other kinds.
	Kind uint8
	// Point is where the actor stands. Small numbers are cheaper than large ones.
	Point uint32
}

// Move is the Kind of a choice by which an actor goes on by itself.
const Move uint8 = 0

// Status says how a run stands.
type Status uint8

// A run is Going until nothing more can be chosen. The others are its ends.
const (
	Going     Status = iota
	Done             // it came to its end, and nothing was wrong
	Failed           // something was wrong: System.Failure says what
	Blocked          // nobody can move, or whoever can does so in vain
	Truncated        // the system gave up on it, at a bound of its own
)

// String returns the status in lower case.
func (s Status) String() string {
	names := [...]string{"going", "done", "failed", "blocked", "truncated"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Failure says what was wrong in a run.
type Failure struct {
	Rule string // which rule was broken: failures of one rule are the same failure
	Text string // the failure told, in one line
}

// System is what can be searched: something that starts in one state, offers choices,
// and answers to the same choices in the same way each time.
//
// Preconditions: Reset comes before everything else. Choices, Do, Preempts and Describe
// are called while the run is going; Preempts, Do and Describe for choices that the
// system offers in its present state. A system is for one goroutine.
type System interface {
	// Reset puts the system into its initial state.
	Reset() (Status, error)
	// Choices appends what can be chosen, at least one, and returns dst. The order is
	// fixed by the run so far. The first is what happens when nobody interferes: the
	// actor that moved last goes on if it can. Of the choices of one state no two have
	// the same actor and kind. The system must not keep dst.
	Choices(dst []Choice) []Choice
	// Preempts tells whether c takes the CPU from an actor that could go on. The first
	// choice never does. Apart from the state it may depend on the actor of the last
	// Move, and on actor and kind of the last choice.
	Preempts(c Choice) bool
	// Do does what was chosen, up to the next point where there is something to choose.
	// It returns an error that is ErrInfeasible when that is not offered. Any other
	// error ends the search.
	Do(c Choice) (Status, error)
	// Save keeps the state under a number, in place of what that number stood for.
	// The numbers begin at 0 and stay small. What is saved survives Reset.
	Save(slot int)
	// Restore puts a saved state back, any number of times.
	Restore(slot int) error
	// State appends the state to dst, so that states with the same bytes have the same
	// future, and returns it. What only tells of the past should be left out. It can be
	// asked for at the end of a run too.
	State(dst []byte) []byte
	// Describe names a choice: the actor, the kind ("" for Move) and the point. Different
	// choices of a state have different names. Names are not empty, have no blanks in
	// them and do not begin with "=" or "#".
	Describe(c Choice) (actor, kind, point string)
	// Failure says what was wrong, after Do or Reset has returned Failed.
	Failure() Failure
}

// Classifier is a System that knows which runs differ only in the order of steps that
// do not depend on each other.
type Classifier interface {
	// Class is a hash of the run's events, each with those that come immediately before
	// it by program order or by conflicting access: equal exactly for runs of one class.
	Class() [2]uint64
}

// ClassTeller is a Classifier that can also tell a class in full. A sample of classes is
// then compared by text, so that a hash that merges two of them is noticed.
type ClassTeller interface {
	ClassText() string
}

// Witness is a System that can tell more about a run than where it ends.
type Witness interface {
	// Digest is a hash of everything that has happened in the run; never 0.
	Digest() uint64
	// Where says how far the run has come in words, such as instructions executed, and how
	// far an actor has, if there is one of that name.
	Where(actor string) string
}
