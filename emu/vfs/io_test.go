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
	before := fs.Digest()
	for range 2 {
		n, e := p.Read(0, b)
		if string(b[:n]) != "ut" || e != 0 {
			t.Errorf("read %q, %s", b[:n], e)
		}
		if n, e = p.Read(0, b); n != 0 || e != 0 {
			t.Errorf("at the end: %d, %s", n, e)
		}
		if fs.Digest() == before {
			t.Error("what was read does not count for the digest")
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

func TestFallocate(t *testing.T) {
	fs, p := newRig(t, Config{})
	fd := open(t, p, "/a", O_CREAT|O_RDWR)
	before := fs.Usage().Bytes
	want(t, "fallocate", p.Fallocate(fd, 0, 5000, 5000), 0)
	if st, _ := p.Fstat(fd); st.Size != 10000 || st.Blocks != 16 || fs.Usage().Bytes != before+2*pageSize {
		t.Errorf("size %d, %d blocks, %d bytes more", st.Size, st.Blocks, fs.Usage().Bytes-before)
	}
	want(t, "fallocate within", p.Fallocate(fd, 0, 5000, 1), 0)
	if st, _ := p.Fstat(fd); st.Size != 10000 {
		t.Errorf("size %d", st.Size)
	}
	r, w := newPipe(t, p, 0)
	dir := open(t, p, "/tmp", O_RDONLY)
	for what, c := range map[string][2]Errno{
		"no size":           {p.Fallocate(fd, 0, 0, 0), EINVAL},
		"punch a hole":      {p.Fallocate(fd, 2, 0, 1), EOPNOTSUPP},
		"pipe":              {p.Fallocate(w, 0, 0, 1), ESPIPE},
		"pipe, other end":   {p.Fallocate(r, 0, 0, 1), EBADF},
		"directory":         {p.Fallocate(dir, 0, 0, 1), EBADF},
		"too long":          {p.Fallocate(fd, 0, 1, MaxFile), EFBIG},
		"too long to count": {p.Fallocate(fd, 0, 1<<62, 1<<62), EFBIG},
	} {
		want(t, what, c[0], c[1])
	}
}
