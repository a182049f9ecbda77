package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestInterruptCount wants Ctrl-C to end a count, and what is known to be reported.
func TestInterruptCount(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	s := command(ctx, []string{"count", "../../explore/count/testdata/litmus.count"}, &out, &errs)
	if s != interrupted || errs.Len() > 0 {
		t.Errorf("status %d, %q", s, errs.String())
	}
	for _, want := range []string{
		"\nMP             2      4              ?        ?  ...\n",
		"\ninconclusive: MP: interrupted; 0 classes met; the numbers shown are exact\n",
		"\ninterrupted: 12 of 13 programs were not begun\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}
