package scenario

import (
	"slices"

	"patchlab/livepatch"
)

// TrustInterrupted is the one break that is not the model's but the unwinder's: an
// interrupted stack is walked from the interrupted registers as if its frame were
// complete.
const TrustInterrupted = "trust-preempted-fp"

// BreakNames lists the breaks that a scenario can name, in alphabetical order.
func BreakNames() []string {
	names := append(livepatch.BreakNames(), TrustInterrupted)
	slices.Sort(names)
	return names
}

// ModelClosed is the model with the holes of the faithful one closed by stated rules: the
// check of a stack counts a body that a handler has decided on, and that no word of the
// stack shows yet, as if it were there; and it finds all of a function, as
// [livepatch.Options] has it: parts of it elsewhere, and a call as its last instruction.
const ModelClosed = "closed"

// Models are the names of the consistency models. The first is the default.
var Models = []string{"klp-6.12", ModelClosed}

// MaxCPUs is how many CPUs a machine has at most.
const MaxCPUs = 64
