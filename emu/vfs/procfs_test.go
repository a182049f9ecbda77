package vfs

import (
	"fmt"
	"testing"
)

func TestProc(t *testing.T) {
	calls := 0
	_, p := newRig(t, Config{Proc: []ProcFile{
		{"self/maps", func(pid int) string { calls++; return fmt.Sprintf("maps of %d, %d", pid, calls) }},
		{"sys/kernel/osrelease", func(int) string { return "6.12\n" }},
	}})
	q, e := p.Fork(7)
	want(t, "fork", e, 0)
	for _, c := range []struct{ path, want string }{
		{"/proc/self/maps", "maps of 7, 1"},
		{"/proc/1/maps", "maps of 1, 2"},
		{"/proc/sys/kernel/osrelease", "6.12\n"},
		{"/proc/sys/vm/overcommit_memory", "0\n"},
		{"/proc/self/cwd/etc/group", "root:x:0:\nguest:x:1000:\n"},
	} {
		if got := read(t, q, c.path); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
	q.Chdir("/etc")
	fd := open(t, q, "passwd", O_RDONLY)
	for _, c := range []struct{ path, want string }{
		{"/proc/self", "7"},
		{"/proc/self/exe", "/prog"},
		{"/proc/self/cwd", "/etc"},
		{"/proc/1/cwd", "/"},
		{fmt.Sprint("/proc/7/fd/", fd), "/etc/passwd"},
		{"/dev/stdin", "/proc/self/fd/0"},
	} {
		if got, e := q.Readlinkat(AT_FDCWD, c.path); got != c.want || e != 0 {
			t.Errorf("%s: %q, %s, want %q", c.path, got, e, c.want)
		}
	}
	_, e = q.Openat(AT_FDCWD, "/proc/self/maps", O_WRONLY, 0)
	want(t, "open to write", e, EACCES)
	_, e = q.Openat(AT_FDCWD, "/proc/new", O_CREAT|O_WRONLY, 0o644)
	want(t, "create", e, EACCES)
	dir := open(t, p, "/proc/7", O_PATH)
	q.Exit()
	_, e = p.Fstatat(AT_FDCWD, "/proc/7", 0)
	want(t, "stat of one that has exited", e, ENOENT)
	_, e = p.Fstatat(dir, "fd", 0)
	want(t, "by a descriptor", e, ENOENT)
}

func TestProcFd(t *testing.T) {
	_, p := newRig(t, Config{})
	fd := open(t, p, "/a", O_CREAT|O_RDWR)
	p.Write(fd, []byte("content"))
	p.Unlinkat(AT_FDCWD, "/a", 0)
	link := fmt.Sprint("/proc/self/fd/", fd)
	if got, _ := p.Readlinkat(AT_FDCWD, link); got != "/a (deleted)" {
		t.Errorf("link %q", got)
	}
	if got := read(t, p, link); got != "content" {
		t.Errorf("opened anew: %q", got)
	}
	var names []string
	dir := open(t, p, "/dev/fd", O_RDONLY|O_DIRECTORY)
	p.ReadDir(dir, func(e DirEntry) bool { names = append(names, e.Name); return true })
	if got := fmt.Sprint(names); got != "[. .. 0 1 2 3 4]" {
		t.Errorf("list %s", got)
	}
	// A file without a name gets one.
	tmp := open(t, p, "/tmp", O_TMPFILE|O_RDWR)
	p.Write(tmp, []byte("named"))
	want(t, "link", p.Linkat(AT_FDCWD, fmt.Sprint("/proc/self/fd/", tmp), AT_FDCWD, "/named", AT_SYMLINK_FOLLOW), 0)
	if got := read(t, p, "/named"); got != "named" {
		t.Errorf("read %q", got)
	}
	// What leads to a descriptor that is not open any more leads nowhere.
	path := open(t, p, link, O_PATH|O_NOFOLLOW)
	p.Close(fd)
	_, e := p.Readlinkat(path, "")
	want(t, "readlink", e, ENOENT)
	_, e = p.Openat(AT_FDCWD, link, O_RDONLY, 0)
	want(t, "open", e, ENOENT)
}
