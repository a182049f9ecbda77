package vfs

// tester is a test, or one case of a property test.
type tester interface {
	Helper()
	Cleanup(func())
	Fatal(args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// newRig returns a file system with one process.
func newRig(t tester, c Config) (*FS, Proc) {
	t.Helper()
	fs, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fs.Close(); err != nil {
			t.Error(err)
		}
	})
	p, e := fs.NewProc(1, "/prog")
	if e != 0 {
		t.Fatal(e)
	}
	return fs, p
}

// want fails the test if an operation ended other than it should.
func want(t tester, what string, got, want Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// open opens a file, which must work.
func open(t tester, p Proc, path string, flags int) int {
	t.Helper()
	fd, e := p.Openat(AT_FDCWD, path, flags, 0o644)
	if e != 0 {
		t.Fatalf("open %s: %s", path, e)
	}
	return fd
}

// write writes a string to a file that is made for it.
func write(t tester, p Proc, path, s string) {
	t.Helper()
	fd := open(t, p, path, O_CREAT|O_WRONLY|O_TRUNC)
	if n, e := p.Write(fd, []byte(s)); n != len(s) || e != 0 {
		t.Fatalf("write %s: %d, %s", path, n, e)
	}
	want(t, "close", p.Close(fd), 0)
}

// read returns the content of a file.
func read(t tester, p Proc, path string) string {
	t.Helper()
	fd := open(t, p, path, O_RDONLY)
	defer p.Close(fd)
	var all []byte
	buf := make([]byte, 100)
	for {
		n, e := p.Read(fd, buf)
		if e != 0 {
			t.Fatalf("read %s: %s", path, e)
		}
		if n == 0 {
			return string(all)
		}
		all = append(all, buf[:n]...)
	}
}
