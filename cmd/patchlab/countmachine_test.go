package main

import (
	"bytes"
	"context"
	"math/big"
	"strings"
	"testing"

	"patchlab/explore/count"
	"patchlab/explore/count/guestcode"
	"patchlab/explore/search"
)

// TestDifferent wants a number that the machine does not come to to be reported, with
// both numbers, and to be no success.
func TestDifferent(t *testing.T) {
	programs, err := count.Parse("two.count", "thread a\n write x 1\nthread b\n read x\n")
	if err != nil {
		t.Fatal(err)
	}
	computed, err := count.Count(programs[0], count.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := guestcode.Search(context.Background(), programs[0], search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []bool{false, true} {
		want, line := asExpected, "the machine agrees: 1 of 1 program in full\n"
		if wrong {
			computed.Classes = big.NewInt(7)
			want, line = unexpected, "DIFFERENT: two: 2 classes on the machine, 7 computed\nthe machine agrees: 0 of 1 program in full\n"
		}
		var out bytes.Buffer
		a := &app{ctx: context.Background(), out: &out}
		if s := a.concludeMachine([]counted{{programs[0], computed, m}}); s != want || !strings.HasSuffix(out.String(), line) {
			t.Errorf("status %d, want %d:\n%s", s, want, out.String())
		}
	}
}
