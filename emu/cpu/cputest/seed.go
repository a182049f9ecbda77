package cputest

import (
	"flag"
	"testing"
)

// fixSeed has the property tests draw the same values in every run, unless the
// command line asks for others with -rapid.seed. A seed is enough to see a failure
// again, so no file is left.
func fixSeed(t testing.TB) {
	t.Helper()
	if flag.Lookup("rapid.seed").Value.String() != "0" {
		return
	}
	for name, value := range map[string]string{"rapid.seed": "20260101", "rapid.checks": "600", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}
