package main

import (
	"fmt"

	"patchlab/explore/breaks"
)

// breaks carries out "patchlab breaks".
func (a *app) breaks(c *breaksCommand) (status, error) {
	if c.Table {
		return a.breaksTable()
	}
	last := ""
	for _, b := range breaks.All() {
		if b.Name != last {
			fmt.Fprintf(a.out, "%s: %s\n", b.Name, b.Does)
			last = b.Name
		}
		on := "testprogs/" + b.Scenario + ".txtar"
		if b.Interrupts > 0 {
			on = fmt.Sprintf("-interrupts %d %s", b.Interrupts, on)
		}
		fmt.Fprintf(a.out, "    found on %s by %s\n", on, b.Rule)
	}
	for _, b := range breaks.InRuns() {
		fmt.Fprintf(a.out, "%s: %s\n    found in any run of testprogs/%s.txtar by %s\n", b.Name, b.Does, b.Scenario, b.Rule)
	}
	return asExpected, nil
}

// breaksTable measures, and prints the page when all is known.
func (a *app) breaksTable() (status, error) {
	var rows []*breaks.Row
	for _, b := range breaks.All() {
		row, err := breaks.Measure(a.ctx, b)
		switch {
		case a.ctx.Err() != nil:
			return interrupted, nil
		case err != nil:
			return unexpected, err
		}
		fmt.Fprintln(a.errs, row.Times())
		rows = append(rows, row)
	}
	fmt.Fprint(a.out, breaks.Page(rows))
	return asExpected, nil
}
