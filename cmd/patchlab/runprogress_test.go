package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// shared is a buffer for several goroutines.
type shared struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// TestRunProgress wants a line of a run that lasts, and none left behind, even where nothing moves on; and
// no line where nobody looks or everything is shown already.
func TestRunProgress(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		flag     string
		want     bool
	}{{true, "-cpus=1", true}, {false, "-cpus=1", false}, {true, "-v", false}} {
		t.Run(c.flag, func(t *testing.T) {
			t.Parallel()
			var out, errs shared
			ctx, cancel := context.WithCancel(context.Background())
			a := &app{ctx: ctx, out: &out, errs: &errs, terminal: c.terminal, now: time.Now}
			time.AfterFunc(patience*3/2, cancel)
			s, err := a.parseAndRun([]string{"run", c.flag, "testdata/scenarios/loops.txtar"})
			if s != interrupted || err != nil {
				t.Errorf("status %d, %v", s, err)
			}
			text := errs.String()
			if got := strings.Contains(text, "s of virtual time, "); got != c.want || !c.want && text != "" {
				t.Errorf("shown: %q", text)
			}
			if c.want && !strings.HasSuffix(text, " \r") {
				t.Errorf("a line is left: %q", text)
			}
		})
	}
}
