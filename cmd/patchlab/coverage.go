package main

import (
	"fmt"

	"patchlab/explore/coverage"
)

// reportCoverage prints what a search that ended with st has visited, if that is wanted or
// the search is inconclusive. It returns false when all was well, and yet the search was
// where nobody can be: then the model or the reason is wrong. With a violation that is no
// news.
func (a *app) reportCoverage(c *exploreCommand, r *coverage.Report, st status) bool {
	wrong := len(r.Wrong) > 0 && st != unexpected
	if wrong || c.Coverage {
		for _, w := range r.Wrong {
			fmt.Fprintf(a.out, "\nVISITED, and cannot be: %s", w)
		}
		fmt.Fprintln(a.out)
	}
	if c.Coverage || st == inconclusive {
		fmt.Fprintf(a.out, "\n%s\n", r.Summary())
		if never := r.NeverVisited(); never != "" {
			fmt.Fprintf(a.out, "\nnever visited:\n%s", never)
		}
		if c.Coverage {
			fmt.Fprintf(a.out, "\ncannot be visited, as\n%s", r.CannotBeVisited())
		} else {
			fmt.Fprintf(a.out, "\ncannot be visited (-coverage names them), as\n%s", r.WhyNot())
		}
	}
	return !wrong
}
