package vfs

import "testing"

func TestRangesOfTwoProcesses(t *testing.T) {
	fs, p := newRig(t, Config{})
	fd := open(t, p, "/a", O_CREAT|O_RDWR)
	q, e := p.Fork(2)
	want(t, "fork", e, 0)
	want(t, "lock", p.Setlk(fd, Range{Type: F_WRLCK, Start: 10, Len: 10}, false), 0)
	for _, c := range []struct {
		r    Range
		want Errno
	}{
		{Range{Type: F_RDLCK, Start: 0, Len: 10}, 0},
		{Range{Type: F_RDLCK, Start: 0, Len: 11}, EAGAIN},
		{Range{Type: F_WRLCK, Start: 19, Len: 1}, EAGAIN},
		{Range{Type: F_WRLCK, Start: 20}, 0},
		{Range{Type: F_RDLCK, Start: 20, Len: -1}, EAGAIN},
		{Range{Type: F_UNLCK}, 0},
		{Range{Type: F_RDLCK, Whence: SEEK_END, Start: -1}, EINVAL},
	} {
		if got := q.Setlk(fd, c.r, false); got != c.want {
			t.Errorf("%+v: %s, want %s", c.r, got, c.want)
		}
	}
	got, e := q.Getlk(fd, Range{Type: F_RDLCK})
	if want := (Range{Type: F_WRLCK, Start: 10, Len: 10, PID: 1}); got != want || e != 0 {
		t.Errorf("getlk: %+v, %s", got, e)
	}
	want(t, "wait", q.Setlk(fd, Range{Type: F_RDLCK}, true), WouldBlock)

	// A hole in the range, the rest joined again.
	want(t, "unlock the middle", p.Setlk(fd, Range{Type: F_UNLCK, Start: 14, Len: 2}, false), 0)
	want(t, "lock the middle", q.Setlk(fd, Range{Type: F_WRLCK, Start: 14, Len: 2}, false), 0)
	want(t, "unlock it", q.Setlk(fd, Range{Type: F_UNLCK}, false), 0)
	want(t, "lock again", p.Setlk(fd, Range{Type: F_WRLCK, Start: 14, Len: 2}, false), 0)
	if got, _ := q.Getlk(fd, Range{Type: F_RDLCK}); got.Start != 10 || got.Len != 10 {
		t.Errorf("joined: %+v", got)
	}

	// Any close of the file drops the locks of the process.
	fd2, _ := p.Dup(fd)
	fs.Woken()
	p.Close(fd2)
	woken(t, q, fd, true)
	want(t, "lock after a close", q.Setlk(fd, Range{Type: F_WRLCK}, false), 0)
}

func TestFlock(t *testing.T) {
	fs, p := newRig(t, Config{})
	a := open(t, p, "/a", O_CREAT|O_RDWR)
	b := open(t, p, "/a", O_RDWR)
	c, _ := p.Dup(a)
	want(t, "shared", p.Flock(a, LOCK_SH), 0)
	want(t, "shared too", p.Flock(b, LOCK_SH), 0)
	want(t, "exclusive", p.Flock(b, LOCK_EX|LOCK_NB), EAGAIN)
	want(t, "exclusive, waiting", p.Flock(b, LOCK_EX), WouldBlock)
	fs.Woken()
	p.Close(a)
	woken(t, p, b, false)
	p.Close(c)
	woken(t, p, b, true)
	want(t, "exclusive", p.Flock(b, LOCK_EX|LOCK_NB), 0)
	a = open(t, p, "/a", O_RDWR)
	want(t, "exclusive elsewhere", p.Flock(a, LOCK_EX|LOCK_NB), EAGAIN)
	want(t, "a range is another matter", p.Setlk(a, Range{Type: F_WRLCK}, false), 0)
}
