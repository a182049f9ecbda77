package vfs

import "testing"

func TestForkAndExec(t *testing.T) {
	fs, p := newRig(t, Config{})
	kept := open(t, p, "/a", O_CREAT|O_RDWR)
	gone := open(t, p, "/a", O_RDONLY|O_CLOEXEC)
	p.Mkdirat(AT_FDCWD, "/d", 0o755)
	p.Chdir("/d")
	p.Umask(0o077)
	q, e := p.Fork(2)
	want(t, "fork", e, 0)
	_, e = p.Fork(2)
	want(t, "a pid twice", e, EEXIST)
	q = fs.Proc(q.ID())
	q.Write(kept, []byte("child"))
	if at, e := p.Seek(kept, 0, SEEK_CUR); at != 5 || e != 0 {
		t.Errorf("position %d, %s: not shared", at, e)
	}
	q.Exec("/bin/other")
	_, e = q.Fstat(gone)
	want(t, "closed by exec", e, EBADF)
	_, e = q.Fstat(kept)
	want(t, "kept by exec", e, 0)
	_, e = p.Fstat(gone)
	want(t, "the parent's", e, 0)
	if exe, _ := q.Readlinkat(AT_FDCWD, "/proc/self/exe"); exe != "/bin/other" {
		t.Errorf("exe %s", exe)
	}
	if cwd, _ := q.Getcwd(); cwd != "/d" {
		t.Errorf("working directory %s", cwd)
	}
	if mask := q.Umask(0); mask != 0o077 {
		t.Errorf("mask %#o", mask)
	}
	// Working directories that are removed stay, but have no path and take no names.
	want(t, "rmdir", p.Unlinkat(AT_FDCWD, "/d", AT_REMOVEDIR), 0)
	_, e = q.Getcwd()
	want(t, "getcwd", e, ENOENT)
	_, e = q.Openat(AT_FDCWD, "new", O_CREAT|O_WRONLY, 0o644)
	want(t, "create", e, ENOENT)
	want(t, "chdir to the parent", q.Chdir(".."), 0)
	if cwd, _ := q.Getcwd(); cwd != "/" {
		t.Errorf("working directory %s", cwd)
	}
	q.Exit()
	p.Exit()
	check(t, fs)
}

func TestAddFile(t *testing.T) {
	fs, p := newRig(t, Config{Limits: Limits{Bytes: 100 << 10}})
	for _, content := range []string{"first, and long", "second"} {
		if err := fs.AddFile("/bin/prog", []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		if got := read(t, p, "/bin/prog"); got != content {
			t.Errorf("read %q", got)
		}
	}
	want(t, "access", p.Faccessat(AT_FDCWD, "/bin/prog", X_OK, 0), 0)
	for _, path := range []string{"relative", "/bin", "/dev/null", "/bin/prog/below", "/proc/self"} {
		if err := fs.AddFile(path, nil, 0o644); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	if err := fs.AddFile("/big", make([]byte, 200<<10), 0o644); err == nil {
		t.Error("a file that does not fit: no error")
	}
	if fs.at("/big") != 0 {
		t.Error("a file that does not fit is there")
	}
	check(t, fs)
}
