package scenario

import (
	"fmt"
	"strings"
)

// maxListed is how many valid words a message lists: the commands are among them.
const maxListed = 21

// Suggest returns the valid word that is nearest to a wrong one, as a question; when
// none is near, it lists all, unless there are many. It is how messages about a wrong
// word end.
func Suggest(wrong string, valid []string) string {
	best, distance := "", max(3, len(wrong)/3+1)
	for _, w := range valid {
		d := editDistance(wrong, w)
		if wrong != "" && strings.HasPrefix(w, wrong) {
			d = 1 // the beginning of a word
		} else if d >= max(len(wrong), len(w)) {
			continue // nothing of it stays
		}
		if d < distance {
			best, distance = w, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	switch {
	case len(valid) == 0:
		return "there are none"
	case len(valid) > maxListed:
		return "none is called anything like it"
	}
	return "there are " + strings.Join(valid, ", ")
}

// editDistance returns how many bytes must be put in, left out or changed to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
