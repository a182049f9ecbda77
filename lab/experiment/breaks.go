package experiment

import (
	"fmt"
	"slices"

	"patchlab/lab/scenario"
)

// TrustInterrupted is the break of the unwinder.
const TrustInterrupted = scenario.TrustInterrupted

// BreakNames lists the breaks that scenarios and [Options] can name, in alphabetical
// order.
func BreakNames() []string { return scenario.BreakNames() }

// ModelClosed is the model with the holes of the faithful one closed.
const ModelClosed = scenario.ModelClosed

// Models are the names of the consistency models. The first is the default.
var Models = scenario.Models

// CheckBreaks returns an error that names the nearest break, or all, when one of the names
// is of none.
func CheckBreaks(names []string) error {
	for _, name := range names {
		if all := BreakNames(); !slices.Contains(all, name) {
			return fmt.Errorf("no break is called %q: %s", name, scenario.Suggest(name, all))
		}
	}
	return nil
}

// CheckModel likewise wants a name to be a model's, or empty.
func CheckModel(name string) error {
	if name != "" && !slices.Contains(Models, name) {
		return fmt.Errorf("no model is called %q: %s", name, scenario.Suggest(name, Models))
	}
	return nil
}
