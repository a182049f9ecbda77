package vfs

import (
	"strings"
	"testing"
)

// FuzzWildCalls is TestWildCalls with fresh seeds.
func FuzzWildCalls(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { runWild(t, seed, 500) })
}

// FuzzPath takes any path through a tree with links of all kinds. Whatever it leads to, it
// must lead to the same place however it is asked for.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		"/", "a", "d/../a", "up/d/a", "loop", "d/abs/a", "/proc/self/cwd/d", "//d//./a/", "dangling", "dangling/", "d/a/..",
		"/dev/stdin", "/proc/self/fd/0/x", "d/" + strings.Repeat("x", 300), strings.Repeat("d/../", 900),
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if strings.Contains(path, "\x00") {
			return // the end of the path, where it comes from
		}
		_, p := newRig(t, Config{})
		write(t, p, "/a", "content")
		for _, e := range []Errno{
			p.Mkdirat(AT_FDCWD, "/d", 0o755), p.Linkat(AT_FDCWD, "/a", AT_FDCWD, "/d/a", 0),
			p.Symlinkat("..", AT_FDCWD, "/d/up"), p.Symlinkat("d/up", AT_FDCWD, "/up"), p.Symlinkat("loop", AT_FDCWD, "/loop"),
			p.Symlinkat("/d", AT_FDCWD, "/d/abs"), p.Symlinkat("d/new", AT_FDCWD, "/dangling"),
		} {
			want(t, "make the tree", e, 0)
		}
		checkPath(t, p, path)
	})
}

func checkPath(t *testing.T, p Proc, path string) {
	st, e := p.Fstatat(AT_FDCWD, path, 0)
	if e != 0 && st != (Stat{}) {
		t.Errorf("%q: both %+v and %s", path, st, e)
	}
	fd, e2 := p.Openat(AT_FDCWD, path, O_PATH, 0)
	if e != e2 {
		t.Errorf("%q: stat says %s, open %s", path, e, e2)
	}
	if e == 0 {
		if again, e := p.Fstat(fd); again != st || e != 0 {
			t.Errorf("%q: opened %+v, %s, want %+v", path, again, e, st)
		}
		p.Close(fd)
	}
	isDir := e == 0 && st.Mode&S_IFMT == S_IFDIR
	if below, e := p.Fstatat(AT_FDCWD, path+"/.", 0); len(path) < PathMax-2 && path != "" && (e == 0) != isDir {
		t.Errorf("%q/.: %+v, %s; it is a directory: %v", path, below, e, isDir)
	}
	if e := p.Chdir(path); (e == 0) != isDir {
		t.Errorf("%q: chdir says %s; it is a directory: %v", path, e, isDir)
	}
	if isDir {
		cwd, e := p.Getcwd()
		if again, e2 := p.Fstatat(AT_FDCWD, cwd, 0); again.Ino != st.Ino || e != 0 || e2 != 0 {
			t.Errorf("%q is %q, which is another place: %s, %s", path, cwd, e, e2)
		}
		p.Chdir("/")
	}
	fd, e2 = p.Openat(AT_FDCWD, path, O_CREAT|O_EXCL|O_WRONLY, 0o644)
	if e == 0 && e2 == 0 {
		t.Errorf("%q was there, and was made", path)
	}
	if e2 == 0 {
		if _, e := p.Fstatat(AT_FDCWD, path, 0); e != 0 {
			t.Errorf("%q was made, and is not there: %s", path, e)
		}
		want(t, "unlink "+path, p.Unlinkat(AT_FDCWD, path, 0), 0)
		p.Close(fd)
	}
}
