package vfs

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLikeTheHost makes the same operations here and by system calls of the host, and wants
// the same results and errors.
func TestLikeTheHost(t *testing.T) {
	base := t.TempDir()
	names := slices.Sorted(maps.Keys(calls))
	rapid.Check(t, func(t *rapid.T) {
		_, p := newRig(t, Config{})
		for fd := range 3 {
			p.Close(fd)
		}
		h := newHostSide(t, tempDir(t, base))
		defer h.close()
		g := gen{t, h.confine}
		// Something to begin with.
		for _, name := range []string{"mkdirat", "mkdirat", "openat", "openat", "symlinkat"} {
			both(t, name, p, h, calls[name](g))
		}
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			name := even(g, "call", names)
			both(t, name, p, h, calls[name](g))
		}
	})
}
