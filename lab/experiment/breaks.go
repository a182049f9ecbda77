package experiment

import (
	"fmt"
	"slices"
	"strings"

	"patchlab/livepatch"
)

// TrustInterrupted is the one break that is not the model's but the unwinder's: an
// interrupted stack is walked from the interrupted registers as if its frame were
// complete.
const TrustInterrupted = "trust-preempted-fp"

// BreakNames lists the breaks that scenarios and [Options] can name, in alphabetical
// order.
func BreakNames() []string {
	names := append(livepatch.BreakNames(), TrustInterrupted)
	slices.Sort(names)
	return names
}

// CheckBreaks returns an error that lists the breaks when one of the names is of none.
func CheckBreaks(names []string) error {
	for _, name := range names {
		if all := BreakNames(); !slices.Contains(all, name) {
			return fmt.Errorf("no break is called %q; there are %s", name, strings.Join(all, ", "))
		}
	}
	return nil
}
