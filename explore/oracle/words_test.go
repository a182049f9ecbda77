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

// TestStatements wants every rule to be told in words, and found by its name.
func TestStatements(t *testing.T) {
	for _, name := range oracle.RuleNames() {
		r, ok := oracle.RuleByName(name)
		if !ok || r.String() != name || r.Statement() == "" {
			t.Errorf("%s: rule %v, %v, %q", name, r, ok, r.Statement())
		}
	}
	if r, ok := oracle.RuleByName("no-such"); ok || r.Statement() != "" || oracle.Rule(200).Statement() != "" {
		t.Errorf("rule %v, %v", r, ok)
	}
}
