package vfs

import (
	"bytes"
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	_, p := newRig(t, Config{})
	write(t, p, "/a", "hello, world")
	if got := read(t, p, "a"); got != "hello, world" {
		t.Errorf("read %q", got)
	}
	fd := open(t, p, "/a", O_RDWR)
	if at, e := p.Seek(fd, -5, SEEK_END); at != 7 || e != 0 {
		t.Errorf("seek: %d, %s", at, e)
	}
	p.Write(fd, []byte("there"))
	if got := read(t, p, "/a"); got != "hello, there" {
		t.Errorf("read %q", got)
	}
	st, e := p.Fstatat(AT_FDCWD, "/a", 0)
	if e != 0 || st.Size != 12 || st.Mode != S_IFREG|0o644 || st.UID != GuestID || st.Nlink != 1 {
		t.Errorf("stat: %+v, %s", st, e)
	}
	want(t, "close", p.Close(fd), 0)
	want(t, "close again", p.Close(fd), EBADF)
}

func TestStandardStreams(t *testing.T) {
	var out, errs bytes.Buffer
	fs, p := newRig(t, Config{Stdin: strings.NewReader("input"), Stdout: &out, Stderr: &errs})
	p.Write(1, []byte("to out"))
	p.Write(2, []byte("to err"))
	if out.String() != "to out" || errs.String() != "to err" {
		t.Errorf("%q, %q", &out, &errs)
	}
	b := make([]byte, 3)
	p.Read(0, b)
	var snap Snapshot
	fs.Save(&snap)
	for range 2 {
		n, e := p.Read(0, b)
		if string(b[:n]) != "ut" || e != 0 {
			t.Errorf("read %q, %s", b[:n], e)
		}
		if n, e = p.Read(0, b); n != 0 || e != 0 {
			t.Errorf("at the end: %d, %s", n, e)
		}
		if err := fs.Restore(&snap); err != nil {
			t.Fatal(err)
		}
	}
	_, e := p.Seek(0, 0, SEEK_SET)
	want(t, "seek", e, ESPIPE)
	_, e = p.Write(0, b)
	want(t, "write to 0", e, EBADF)
	_, e = p.Read(1, b)
	want(t, "read from 1", e, EBADF)
}
