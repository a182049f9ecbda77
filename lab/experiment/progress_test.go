package experiment_test

import (
	"testing"

	"patchlab/lab/experiment"
)

// TestProgress wants a run to tell how far it is, up to its end.
func TestProgress(t *testing.T) {
	var p experiment.Progress
	r, err := build(t, small("wait 2s\nwait exit", plainWork)).Run(experiment.Options{Progress: &p})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	if p.Steps() != r.Steps || p.Time() != r.Time || r.Steps == 0 {
		t.Errorf("%d steps at %d ns, the run has %d at %d", p.Steps(), p.Time(), r.Steps, r.Time)
	}
}
