package experiment

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
)

// TestFollow reads transitions off the lines of the log.
func TestFollow(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"complete", `
			notice livepatch: enabling patch 'p'
			debug livepatch: 'p': initializing patching transition
			notice livepatch: 'p': starting patching transition
			debug livepatch: 'p': completing patching transition
			notice livepatch: 'p': patching complete`, "p patching 2-5 complete"},
		{"runs still", `
			debug livepatch: 'p': initializing patching transition
			notice livepatch: 'p': starting patching transition`, "p patching 1-0 "},
		{"there and back", `
			debug livepatch: 'p': initializing patching transition
			notice livepatch: 'p': patching complete
			debug livepatch: 'p': initializing unpatching transition
			notice livepatch: 'p': unpatching complete`, "p patching 1-2 complete, p unpatching 3-4 complete"},
		{"canceled", `
			debug livepatch: 'p': initializing patching transition
			warn livepatch: failed to enable patch 'p'
			debug livepatch: 'p': canceling patching transition, going to unpatch
			debug livepatch: 'p': completing unpatching transition
			notice livepatch: 'p': unpatching complete`, "p patching 1-5 canceled"},
		{"reversed", `
			debug livepatch: 'p': initializing patching transition
			notice livepatch: 'p': starting patching transition
			debug livepatch: 'p': reversing transition from patching to unpatching
			notice livepatch: 'p': starting unpatching transition
			notice livepatch: 'p': unpatching complete`, "p patching 1-3 reversed, p unpatching 3-5 complete"},
		{"reversed twice", `
			debug livepatch: 'p': initializing unpatching transition
			debug livepatch: 'p': reversing transition from unpatching to patching
			debug livepatch: 'p': reversing transition from patching to unpatching
			notice livepatch: 'p': unpatching complete`, "p unpatching 1-2 reversed, p patching 2-3 reversed, p unpatching 3-4 complete"},
		{"what the program says does not count", `
			info livepatch: 'p': initializing patching transition
			info livepatch: klp_try_switch_task: worker:1 is running`, ""},
		{"nothing to complete", `
			notice livepatch: 'p': patching complete
			debug livepatch: 'p': reversing transition from patching to unpatching`, ""},
	} {
		r := newRecorder(&Report{})
		for i, line := range strings.Split(strings.TrimSpace(c.lines), "\n") {
			level, text, _ := strings.Cut(strings.TrimSpace(line), " ")
			if r.follow(emu.LogLine{Time: guest.Time(i + 1), Level: level, Text: text}) {
				t.Errorf("%s: line %d was taken for one about a task", c.name, i+1)
			}
		}
		var got []string
		for _, tr := range r.Transitions {
			got = append(got, fmt.Sprintf("%s %s %d-%d %s", tr.Patch, tr.Direction, tr.Start, tr.End, tr.Outcome))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}
