package lab_test

import (
	"fmt"
	"strings"

	"patchlab/emu/trace"
	"patchlab/guest"
	"patchlab/lab"
)

// ending is all that a run leaves behind.
type ending struct {
	digest       trace.Digest
	steps        uint64
	now          guest.Time
	output, rest string
}

func (s *story) ending() ending { return endingOf(s.Lab) }

func endingOf(l *lab.Lab) ending {
	var out strings.Builder
	for _, o := range l.Machine.Output() {
		fmt.Fprintf(&out, "%d:%s", o.Task, o.Text)
	}
	c := l.Counts()
	rest := fmt.Sprintf("log %v, nested %d and %d, %d mixed", l.Machine.LogLines(), c.Nested(0), c.Nested(1), len(c.Mixes()))
	for _, id := range l.Machine.Tasks() {
		last, _ := l.Model.LastSwitch(id)
		rest += fmt.Sprintf(", %+v", last)
	}
	return ending{l.Machine.Digest(), l.Machine.Steps(), l.Now(), out.String(), rest}
}

// differs says where e is not as want: the first place of each part.
func (e ending) differs(want ending) string {
	if e == want {
		return ""
	}
	s := fmt.Sprintf("digest %s, want %s; %d steps, want %d; %d ns, want %d", e.digest, want.digest, e.steps, want.steps, e.now, want.now)
	for _, p := range [][2]string{{e.output, want.output}, {e.rest, want.rest}} {
		i := 0
		for i < min(len(p[0]), len(p[1])) && p[0][i] == p[1][i] {
			i++
		}
		if p[0] != p[1] {
			s += fmt.Sprintf("; %q, want %q", part(p[0], i), part(p[1], i))
		}
	}
	return s
}

// part returns what stands around the i-th byte.
func part(s string, i int) string { return s[max(i-60, 0):min(i+100, len(s))] }
