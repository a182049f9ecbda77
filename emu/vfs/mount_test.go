package vfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// hostTree makes a directory with a mount in it and a secret beside the mount.
func hostTree(t *testing.T) (dir, inside string) {
	t.Helper()
	dir = t.TempDir()
	inside = filepath.Join(dir, "inside")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(inside, "sub"), 0o755),
		os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o666),
		os.WriteFile(filepath.Join(inside, "b"), []byte("content of b"), 0o644),
		os.WriteFile(filepath.Join(inside, "sub", "a"), []byte("content of a"), 0o644),
		os.Symlink("../secret", filepath.Join(inside, "out")),
		os.Symlink(filepath.Join(dir, "secret"), filepath.Join(inside, "absolute")),
		os.Symlink("..", filepath.Join(inside, "sub", "up")),
		os.Symlink("sub/a", filepath.Join(inside, "link")),
		syscall.Mkfifo(filepath.Join(inside, "fifo"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir, inside
}

func TestMountIsRead(t *testing.T) {
	dir, inside := hostTree(t)
	fs, p := newRig(t, Config{Mounts: []Mount{{Guest: "/mnt/in", Host: inside}}})
	for path, want := range map[string]string{
		"/mnt/in/b": "content of b", "/mnt/in/link": "content of a", "/mnt/in/sub/up/sub/up/b": "content of b",
		"/mnt/in/../in/sub/../b": "content of b",
	} {
		if got := read(t, p, path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	for path, wanted := range map[string]Errno{
		"/mnt/in/out": ENOENT, "/mnt/in/absolute": ENOENT, "/mnt/in/fifo": EACCES, "/mnt/in/../secret": ENOENT,
		"/mnt/in/none": ENOENT, "/mnt/in/b/c": ENOTDIR, "/mnt/in/sub/up/../secret": ENOENT,
		"/mnt/in" + dir + "/secret": ENOENT,
	} {
		_, e := p.Openat(AT_FDCWD, path, O_RDONLY, 0)
		want(t, path, e, wanted)
	}
	// Not even if the host puts it there while a file is being opened.
	_, e := fs.openHandle(place{node: fs.at("/mnt/in"), host: "fifo"}, O_RDONLY, 0)
	want(t, "open of a pipe", e, EACCES)
	// Links lead where they lead in the guest's tree.
	write(t, p, "/mnt/secret", "the guest's")
	if got := read(t, p, "/mnt/in/out"); got != "the guest's" {
		t.Errorf("out: %q", got)
	}
	fd := open(t, p, "/mnt/in", O_RDONLY)
	var names []string
	p.ReadDir(fd, func(e DirEntry) bool { names = append(names, e.Name); return true })
	if got := fmt.Sprint(names); got != "[. .. absolute b fifo link out sub]" {
		t.Errorf("list: %s", got)
	}
	if err := os.WriteFile(filepath.Join(inside, "c"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p.Seek(fd, 0, SEEK_SET)
	names = nil
	p.ReadDir(fd, func(e DirEntry) bool { names = append(names, e.Name); return len(names) < 6 })
	if got := fmt.Sprint(names); got != "[. .. absolute b c fifo]" {
		t.Errorf("list again: %s", got)
	}
	p.Chdir("/mnt/in/sub/up/sub")
	if got, e := p.Getcwd(); got != "/mnt/in/sub" || e != 0 {
		t.Errorf("working directory %s, %s", got, e)
	}
	if got := read(t, p, "a"); got != "content of a" {
		t.Errorf("a: %q", got)
	}
	st, e := p.Fstatat(AT_FDCWD, "../b", 0)
	if e != 0 || st.Size != 12 || st.UID != GuestID || st.Mode != S_IFREG|0o644 || st.Dev == treeDev {
		t.Errorf("stat %+v, %s", st, e)
	}
	var snap Snapshot
	fs.Save(&snap)
	b := make([]byte, 7)
	fd = open(t, p, "a", O_RDONLY)
	p.Read(fd, b)
	var mid Snapshot
	fs.Save(&mid)
	p.Close(fd)
	for _, s := range []*Snapshot{&snap, &mid} {
		if err := fs.Restore(s); err != nil {
			t.Error(err)
		}
	}
	if n, e := p.Read(fd, b); string(b[:n]) != " of a" || e != 0 {
		t.Errorf("read of a file that was closed and came back: %q, %s", b[:n], e)
	}
}

func TestMountIsNotWritten(t *testing.T) {
	_, inside := hostTree(t)
	fs, p := newRig(t, Config{Mounts: []Mount{{Guest: "/in", Host: inside}}})
	var snap Snapshot
	fs.Save(&snap)
	_, create := p.Openat(AT_FDCWD, "/in/new", O_CREAT|O_WRONLY, 0o644)
	_, trunc := p.Openat(AT_FDCWD, "/in/b", O_TRUNC|O_RDONLY, 0)
	_, wr := p.Openat(AT_FDCWD, "/in/b", O_RDWR, 0)
	for what, e := range map[string]Errno{
		"create": create, "trunc": trunc, "open": wr,
		"mkdir": p.Mkdirat(AT_FDCWD, "/in/d", 0o755), "unlink": p.Unlinkat(AT_FDCWD, "/in/b", 0),
		"rmdir":   p.Unlinkat(AT_FDCWD, "/in/sub", AT_REMOVEDIR),
		"link":    p.Linkat(AT_FDCWD, "/in/b", AT_FDCWD, "/in/c", 0),
		"symlink": p.Symlinkat("x", AT_FDCWD, "/in/c"), "rename": p.Renameat2(AT_FDCWD, "/in/b", AT_FDCWD, "/in/c", 0),
		"chmod": p.Fchmodat(AT_FDCWD, "/in/b", 0o777, 0), "utimens": p.Utimensat(AT_FDCWD, "/in/b", nil, 0),
		"truncate": p.Truncate("/in/b", 0), "chown": p.Fchownat(AT_FDCWD, "/in/b", GuestID, GuestID, 0),
		"access": p.Faccessat(AT_FDCWD, "/in/b", W_OK, 0),
	} {
		want(t, what, e, EROFS)
	}
	want(t, "unlink the mount", p.Unlinkat(AT_FDCWD, "/in", AT_REMOVEDIR), EBUSY)
	want(t, "rename out of it", p.Renameat2(AT_FDCWD, "/in/b", AT_FDCWD, "/b", 0), EXDEV)
	if err := fs.Restore(&snap); err != nil {
		t.Error(err)
	}
}

func TestMountIsWritten(t *testing.T) {
	dir, inside := hostTree(t)
	fs, p := newRig(t, Config{Mounts: []Mount{{Guest: "/in", Host: inside, Writable: true}}})
	var snap Snapshot
	for path, flags := range map[string]int{"/in/new": O_CREAT, "/in/sub/a": O_TRUNC} {
		fs.Save(&snap)
		open(t, p, path, flags|O_WRONLY)
		if err := fs.Restore(&snap); !errors.Is(err, ErrHostWritten) {
			t.Errorf("restore after %s: %v", path, err)
		}
	}
	fs.Save(&snap)
	write(t, p, "/in/new", "new")
	fd := open(t, p, "/in/new", O_WRONLY|O_APPEND)
	p.Write(fd, []byte(" and more"))
	want(t, "rename", p.Renameat2(AT_FDCWD, "/in/new", AT_FDCWD, "/in/sub/newer", 0), 0)
	want(t, "ftruncate", p.Ftruncate(fd, 7), 0)
	want(t, "chmod", p.Fchmodat(AT_FDCWD, "/in/sub/newer", 0o4600, 0), 0)
	want(t, "times", p.Utimensat(AT_FDCWD, "/in/sub/newer", &[2]Time{{5, 0}, {6, 0}}, 0), 0)
	want(t, "link", p.Linkat(AT_FDCWD, "/in/sub/newer", AT_FDCWD, "/in/second", 0), 0)
	want(t, "mkdir", p.Mkdirat(AT_FDCWD, "/in/dir", 0o700), 0)
	want(t, "rmdir", p.Unlinkat(AT_FDCWD, "/in/dir", AT_REMOVEDIR), 0)
	want(t, "unlink", p.Unlinkat(AT_FDCWD, "/in/b", 0), 0)
	got, err := os.ReadFile(filepath.Join(inside, "second"))
	if string(got) != "new and" || err != nil {
		t.Errorf("on the host: %q, %v", got, err)
	}
	info, err := os.Stat(filepath.Join(inside, "sub", "newer"))
	if err != nil || info.Mode() != 0o600 || info.ModTime().Unix() != 6 {
		t.Errorf("on the host: %v, %v", info, err)
	}
	// The guest makes links that lead out, and gets nowhere.
	for i, target := range []string{"../secret", "../../../../../.." + dir + "/secret", dir + "/secret", ".."} {
		link := fmt.Sprint("/in/l", i)
		want(t, "symlink", p.Symlinkat(target, AT_FDCWD, link), 0)
		p.Openat(AT_FDCWD, link, O_WRONLY|O_CREAT|O_TRUNC, 0o644)
		p.Truncate(link, 0)
		p.Fchmodat(AT_FDCWD, link, 0, 0)
		p.Openat(AT_FDCWD, link+"/secret", O_WRONLY|O_TRUNC, 0)
		p.Renameat2(AT_FDCWD, "/in/second", AT_FDCWD, link+"/secret", 0)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "secret")); string(got) != "secret" || err != nil {
		t.Errorf("the secret: %q, %v", got, err)
	}
	if err := fs.Restore(&snap); !errors.Is(err, ErrHostWritten) {
		t.Errorf("restore: %v", err)
	}
}

func TestMountErrors(t *testing.T) {
	_, inside := hostTree(t)
	for _, m := range [][]Mount{
		{{Guest: "in", Host: inside}},
		{{Guest: "/", Host: inside}},
		{{Guest: "/etc", Host: inside}},
		{{Guest: "/in", Host: inside + "/none"}},
		{{Guest: "/in", Host: inside + "/b"}},
		{{Guest: "/in", Host: inside}, {Guest: "/in/sub", Host: inside}},
		{{Guest: "/dev/null", Host: inside}},
	} {
		if _, err := New(Config{Mounts: m}); err == nil {
			t.Errorf("%v: no error", m)
		} else {
			t.Log(err)
		}
	}
}
