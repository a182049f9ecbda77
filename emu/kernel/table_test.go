package kernel

import (
	"strings"
	"testing"
)

// TestTable: the rows are in order, each with the name that its number has, and say what
// is missing exactly where something is.
func TestTable(t *testing.T) {
	last := -1
	for _, r := range rows {
		if int(r.Number) <= last {
			t.Errorf("%s stands behind call %d", r.Name, last)
		}
		last = int(r.Number)
		if names[r.Number] != r.Name {
			t.Errorf("call %d is %s, not %s", r.Number, names[r.Number], r.Name)
		}
		if r.answer == nil || (r.Support == Full) != (r.Note == "") {
			t.Errorf("%s: %s, with the note %q", r.Name, r.Support, r.Note)
		}
		if len(r.args) > 6 || strings.Trim(r.args, "duxops") != "" {
			t.Errorf("%s: arguments %q", r.Name, r.args)
		}
		if find(r.Number).Name != r.Name {
			t.Errorf("call %d is answered as %s", r.Number, find(r.Number).Name)
		}
	}
	all := Table()
	if len(all) < 340 || all[0].Name != "read" || all[3].Name != "close" {
		t.Errorf("%d calls in all", len(all))
	}
	if find(maxNumber) != nil || find(^uint64(0)) != nil {
		t.Error("a number that no call has is answered")
	}
}
