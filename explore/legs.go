package explore

import (
	"fmt"
	"strings"

	"patchlab/explore/search"
)

// Legs writes a schedule with one line for each run of steps of one actor.
func Legs(s search.Schedule) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j+1 < len(s) && s[j+1].Actor == s[i].Actor && s[j+1].Kind == "" {
			j++
		}
		line := fmt.Sprintf("  %-10s %s", s[i].Actor, s[i].Point)
		if s[i].Kind != "" {
			line += " (" + s[i].Kind + ")"
		}
		if j > i {
			line += fmt.Sprintf(" ... %s (%d steps)", s[j].Point, j-i+1)
		}
		b.WriteString(line + "\n")
		i = j + 1
	}
	return b.String()
}
