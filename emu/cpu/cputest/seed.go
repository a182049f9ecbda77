package cputest

import (
	"flag"
	"testing"
)

// fixSeed has the property tests draw the same values in every run, unless the
// command line asks for others with -rapid.seed.
func fixSeed(t testing.TB) {
	f := flag.Lookup("rapid.seed")
	if f != nil && f.Value.String() == "0" {
		if err := flag.Set("rapid.seed", "20260101"); err != nil {
			t.Fatal(err)
		}
	}
}
