package vfs

import (
	"maps"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// prelude makes something to begin with.
var prelude = []call{
	makeDir("a"), makeDir("b"), makeDir("a/b"), makeDir("d"),
	makeFile("c", 5000), makeFile("a/c", 10), makeFile("a/b/c", 0),
	makeLink("a", "b/a"), makeLink("../c", "b/b"), makeLink("nowhere", "b/c"),
}

func makeDir(path string) call {
	return call{
		path,
		func(p Proc) string { return result(p.Mkdirat(AT_FDCWD, path, 0o777)) },
		func() string { return outcome(unix.Mkdir(path, 0o777)) },
	}
}

func makeLink(target, path string) call {
	return call{
		path,
		func(p Proc) string { return result(p.Symlinkat(target, AT_FDCWD, path)) },
		func() string { return outcome(unix.Symlink(target, path)) },
	}
}

func makeFile(path string, size int64) call {
	return call{
		path,
		func(p Proc) string {
			fd, _ := p.Openat(AT_FDCWD, path, O_CREAT|O_WRONLY, 0o666)
			p.Ftruncate(fd, size)
			return result(p.Close(fd))
		},
		func() string {
			fd, _ := unix.Open(path, O_CREAT|O_WRONLY, 0o666)
			unix.Ftruncate(fd, size)
			return outcome(unix.Close(fd))
		},
	}
}

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
		for _, c := range prelude {
			both(t, "make", p, h, c)
		}
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			name := even(g, "call", names)
			both(t, name, p, h, calls[name](g))
		}
	})
}
