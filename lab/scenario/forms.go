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
	RunUntil
	Release
	Explore
	Always
	NeverOutput
	NeverRuns
	ExpectLog
	ExpectLogHas
	ExpectOutput
	ExpectOutputHas
	ExpectPath
	ExpectState
	ExpectIn
	ExpectPending
	ExpectRunning
	ExpectUnreliable
	ExpectOnStack
	ExpectSwitched
	ExpectCalls
	ExpectMixed
	ExpectVariable
	ExpectMemory
	ExpectBytes
	ExpectText
	ExpectViolation

	setStyle
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
