package prove

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Report is what a proof came to. It depends on the scenarios, the compiler and the
// number of replays only.
type Report struct {
	// Compiler is what has compiled the scenarios: other compilers emit other code.
	Compiler string
	Rows     []*Row
}

func (r *Report) replayed() (n int) {
	for _, row := range r.Rows {
		n += row.Replays
	}
	return n
}

// Different returns how many replays differ from what was recorded.
func (r *Report) Different() (n int) {
	for _, row := range r.Rows {
		n += row.Different
	}
	return n
}

// Digest is a hash of the digests of all rows.
func (r *Report) Digest() string {
	h := sha256.New()
	for _, row := range r.Rows {
		fmt.Fprintln(h, row.Subject, row.Digest)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// String is the report as a page in Markdown.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Replay in another process gives the same digest

Made by `+"`make prove`"+`; do not edit. One process draws schedules and runs them; another one, which
knows nothing of it but the schedule as text, replays each. The two must agree on how the run ends
and on its digest: a hash of every step, with the registers, every decision and everything written.

Half of the schedules enumerate the ways to begin, the other half are drawn from seeds. Runs are cut
after %d steps. A process replays up to %d schedules.

**%d replays, %d differences.** Digest of all digests: %s

| scenario | replays | schedules | steps | differences | first %d | digest |
| --- | --- | --- | --- | --- | --- | --- |
`, maxSteps, perProcess, r.replayed(), r.Different(), "`"+r.Digest()+"`", sampled)
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "%s\n", row)
	}
	for _, row := range r.Rows {
		if row.First != "" {
			fmt.Fprintf(&b, "\nThe first difference of %s: %s\n", row.Subject, row.First)
		}
	}
	fmt.Fprintf(&b, `
The scenarios that hold a task at a point are not among them: a search has an order of its own.
"Schedules" counts the different ones; "first %d" is a digest of so many answers, which a test
compares. Compiled by %s:
the digests of code that another compiler emits are others.
`, sampled, r.Compiler)
	return b.String()
}

// String is the row in the report's table.
func (r *Row) String() string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %s | %s |",
		r.Subject, r.Replays, r.Schedules, r.Steps, r.Different, "`"+r.Sample+"`", "`"+r.Digest+"`")
}
