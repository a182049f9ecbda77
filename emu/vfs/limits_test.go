package vfs

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	fs, p := newRig(t, Config{Limits: Limits{Bytes: 64 << 10, Nodes: 60, Files: 12, Descriptors: 10}})
	fd := open(t, p, "/a", O_CREAT|O_RDWR)
	used := fs.Usage().Bytes
	b := make([]byte, 100000)
	n, e := p.Write(fd, b)
	if room := 64<<10 - used; int64(n) != room/pageSize*pageSize || e != 0 {
		t.Errorf("a long write: %d, %s", n, e)
	}
	_, e = p.Write(fd, b)
	want(t, "a write more", e, ENOSPC)
	_, e = p.Pwrite(fd, b[:100], 0)
	want(t, "a write to what is there", e, 0)
	want(t, "fallocate", p.Fallocate(fd, 0, 0, 100000), ENOSPC)
	want(t, "symlink", p.Symlinkat(strings.Repeat("x", 4000), AT_FDCWD, "/link"), ENOSPC)
	want(t, "a hole", p.Ftruncate(fd, MaxFile), 0)
	want(t, "a bigger hole", p.Ftruncate(fd, MaxFile+1), EFBIG)
	_, e = p.Pwrite(fd, b, MaxFile)
	want(t, "a write beyond", e, EFBIG)
	want(t, "make it empty", p.Ftruncate(fd, 0), 0)
	if got := fs.Usage().Bytes; got != used {
		t.Errorf("%d bytes used, want %d", got, used)
	}

	want(t, "many directories", until(func(i int) Errno {
		return p.Mkdirat(AT_FDCWD, fmt.Sprint("/d", i), 0o755)
	}), ENOSPC)
	want(t, "many links", until(func(i int) Errno {
		return p.Linkat(AT_FDCWD, "/a", AT_FDCWD, fmt.Sprint("/l", i), 0)
	}), ENOSPC)
	want(t, "many descriptors", until(func(int) Errno { _, e := p.Dup(fd); return e }), EMFILE)
	_, e = p.Fork(2)
	want(t, "fork without room for /proc/2", e, ENOSPC)
	if fs.at("/proc/2") != 0 {
		t.Error("a part of /proc/2 is there")
	}
}

// until repeats an operation until it fails, and returns the error.
func until(do func(i int) Errno) Errno {
	for i := range 1000 {
		if e := do(i); e != 0 {
			return e
		}
	}
	return 0
}

func TestManyFilesOfAll(t *testing.T) {
	_, p := newRig(t, Config{Limits: Limits{Files: 5}})
	open(t, p, "/dev/null", O_RDONLY)
	open(t, p, "/dev/null", O_RDONLY)
	_, e := p.Openat(AT_FDCWD, "/dev/null", O_RDONLY, 0)
	want(t, "open", e, ENFILE)
	_, _, e = p.Pipe2(0)
	want(t, "pipe", e, ENFILE)
	p.Close(4)
	_, _, e = p.Pipe2(0)
	want(t, "pipe with room for one end", e, ENFILE)
	fd := open(t, p, "/dev/null", O_RDONLY)
	if fd != 4 {
		t.Errorf("descriptor %d", fd)
	}
}

func TestLongPaths(t *testing.T) {
	_, p := newRig(t, Config{})
	for i := range MaxLinks + 1 {
		p.Symlinkat(fmt.Sprint("l", i+1), AT_FDCWD, fmt.Sprint("/l", i))
	}
	write(t, p, fmt.Sprint("/l", MaxLinks+1), "end")
	if got := read(t, p, "/l1"); got != "end" {
		t.Errorf("through %d links: %q", MaxLinks, got)
	}
	_, e := p.Openat(AT_FDCWD, "/l0", O_RDONLY, 0)
	want(t, "one link more", e, ELOOP)

	for _, c := range []struct {
		path string
		want Errno
	}{
		{strings.Repeat("/", PathMax-1), 0},
		{strings.Repeat("/", PathMax), ENAMETOOLONG},
		{"/" + strings.Repeat("x", NameMax), ENOENT},
		{"/" + strings.Repeat("x", NameMax+1), ENAMETOOLONG},
		{"/missing/" + strings.Repeat("x", NameMax+1), ENOENT},
	} {
		_, e := p.Fstatat(AT_FDCWD, c.path, 0)
		want(t, fmt.Sprintf("%.20s..., %d bytes", c.path, len(c.path)), e, c.want)
	}
	name := strings.Repeat("d", NameMax)
	for range 20 {
		want(t, "mkdir", p.Mkdirat(AT_FDCWD, name, 0o755), 0)
		want(t, "chdir", p.Chdir(name), 0)
	}
	_, e = p.Getcwd()
	want(t, "getcwd", e, ENAMETOOLONG)
}
