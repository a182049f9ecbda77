package oracle_test

import (
	"slices"
	"testing"

	"patchlab/explore/oracle"
	"patchlab/lab/scenario"
)

// TestWords wants scenarios to know all rules that the end of a script can know of.
// Progress is violated when a script does not come to its end.
func TestWords(t *testing.T) {
	want := slices.DeleteFunc(oracle.RuleNames(), func(n string) bool { return n == oracle.Progress.String() })
	for _, k := range scenario.Kinds() {
		if k.Name == "INVARIANT" {
			if !slices.Equal(k.Words, want) {
				t.Errorf("scenarios know %q, the oracle %q", k.Words, want)
			}
			return
		}
	}
	t.Error("there is no kind INVARIANT")
}
