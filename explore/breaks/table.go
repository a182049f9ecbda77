package breaks

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Page writes rows as a page in Markdown.
func Page(rows []*Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# How soon each break is found

Made by `+"`make breaks`"+`; do not edit. A break is a named mistake of the model (`+"`-break NAME`"+`). For
each, a scenario on which the unbroken model was searched completely, and nothing found; the rule
that finds the break there; and after how many schedules each strategy does.

| break | scenario | unbroken | rule | %s |
| --- | --- | --- | --- |%s
`, strings.Join(headings(), " | "), strings.Repeat(" --- |", len(strategies)))
	for _, r := range rows {
		fmt.Fprintf(&b, "%s\n", r)
	}
	fmt.Fprintf(&b, `
Of the strategies that sample, the number is the median over %d ranges of seeds; "-" stands where
that is more than %d schedules. Merging goes on from each state once: it counts the schedules that
it followed to their end. A patch is enabled, and disabled where the scenario's name says so.

%s
To see one: `+"`patchlab explore -break NAME testprogs/SCENARIO.txtar`"+`, with `+"`-interrupts 1`"+` where that is
part of the scenario's column, and `+"`-bound 2`"+` where preemptions are bounded.
`, seeds, maxRuns, unseen)
	return b.String()
}

func headings() (names []string) {
	for _, s := range strategies {
		names = append(names, s.name)
	}
	return names
}

// String is the row in the table.
func (r *Row) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s | %s |", r.start(), r.Unbroken, r.Rule)
	for _, c := range r.Cells {
		fmt.Fprintf(&b, " %s |", number(c))
	}
	return b.String()
}

// start is the cells that say what the row is of.
func (r *Row) start() string {
	scenario := r.Scenario
	if r.Interrupts > 0 {
		scenario += fmt.Sprintf(", -interrupts %d", r.Interrupts)
	}
	return fmt.Sprintf("| %s | %s |", r.Name, scenario)
}

func number(c Cell) string {
	if !c.Found {
		return "-"
	}
	return strconv.FormatUint(c.Runs, 10)
}

// Times is a line that says how long each strategy took on this host, for those that found
// the break.
func (r *Row) Times() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s:", r.Name, r.Scenario)
	for _, c := range r.Cells {
		if c.Found {
			fmt.Fprintf(&b, " %s %v", c.Strategy, c.Time.Round(time.Millisecond))
		}
	}
	return b.String()
}
