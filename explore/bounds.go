package explore

import (
	"patchlab/guest"
)

// Expectation is the rule that a run breaks in which an expectation of the script is not
// met.
const Expectation = "expectation"

// Bounds limit what a search tries. What a bound cuts off is counted.
type Bounds struct {
	// Retries is how often the operator and the worker may each wake to look again
	// while nothing has changed that they could be waiting for: no task of the program has
	// moved or was switched, and no command of the script has begun or ended. Default: 1.
	Retries int
	// Interrupts is how often a task may be taken off its CPU by an interrupt in the
	// kernel, in one schedule. Default: 0.
	Interrupts int
	// Points are where a search may switch from one task to another. Default: Protocol.
	Points Points
	// At are instructions that are points too, whatever their class.
	At []guest.Addr
	// Paranoid checks while it searches what a search takes for granted of code between two
	// points: that it changes no stack's class (see [RuleWindow]), and that it touches no
	// memory which another task touches (see [Memory]); and that redirected calls come to
	// their bodies as if these had been called (see [RuleTransparent]). It changes nothing
	// else.
	Paranoid bool
}

// points returns the classes of points.
func (b Bounds) points() Points {
	if b.Points == 0 {
		return Protocol
	}
	return b.Points
}

const defaultRetries = 1
