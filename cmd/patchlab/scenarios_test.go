package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/lab/scenario"
	"patchlab/testprogs"
)

// TestRedCommands carries out every command that 'patchlab scenarios' prints: each must be
// red. That the scenarios are green without is for the tests of testprogs and explore.
func TestRedCommands(t *testing.T) {
	for _, name := range slices.Concat(testprogs.Names(), testprogs.SeedNames()) {
		file, data, err := testprogs.File(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := scenario.Parse(filepath.Join("../..", ownScenarios, file), data)
		if err != nil {
			t.Fatal(err)
		}
		red := s.Red()
		if len(red) == 0 || s.Title == "" {
			t.Errorf("%s says of nothing that it turns it red, or has no title", name)
			continue
		}
		for _, r := range red {
			t.Run(name+"/"+r.Break, func(t *testing.T) {
				t.Parallel()
				words := redCommand(s, r)[1:]
				var out, errs bytes.Buffer
				if end := command(t.Context(), words, &out, &errs); end != unexpected && end != notConverged {
					t.Errorf("%s: status %d, %s\n%s", strings.Join(words, " "), end, errs.String(), out.String())
				}
			})
		}
	}
}
