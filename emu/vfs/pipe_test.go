package vfs

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

func newPipe(t *testing.T, p Proc, flags int) (r, w int) {
	t.Helper()
	r, w, e := p.Pipe2(flags)
	if e != 0 {
		t.Fatal(e)
	}
	return r, w
}

// woken wants a descriptor's channel to be among those that were woken, or not.
func woken(t *testing.T, p Proc, fd int, wanted bool) {
	t.Helper()
	ch, e := p.Channel(fd)
	want(t, "channel", e, 0)
	if got := slices.Contains(p.fs.Woken(), ch); got != wanted {
		t.Errorf("woken: %v, want %v", got, wanted)
	}
}

func TestPipeWaits(t *testing.T) {
	fs, p := newRig(t, Config{})
	r, w := newPipe(t, p, 0)
	fs.Woken()
	b := make([]byte, 100000)
	_, e := p.Read(r, b)
	want(t, "read of nothing", e, WouldBlock)
	woken(t, p, r, false)

	n, e := p.Write(w, b)
	if n != PipeSize || e != WouldBlock {
		t.Errorf("a long write: %d, %s", n, e)
	}
	woken(t, p, r, true)
	if n, e := p.Write(w, b[:PipeAtomic]); n != 0 || e != WouldBlock {
		t.Errorf("a write to a full pipe: %d, %s", n, e)
	}
	p.Read(r, b[:pageSize-1])
	if n, e := p.Write(w, b[:1]); n != 0 || e != WouldBlock {
		t.Errorf("a page with a byte in it took another: %d, %s", n, e)
	}
	p.Read(r, b[:1])
	if n, e := p.Write(w, b[:PipeAtomic]); n != PipeAtomic || e != 0 {
		t.Errorf("a write of a page to a pipe with one free: %d, %s", n, e)
	}
	woken(t, p, w, true)
}

// TestPipeJoins wants short writes to share a page as long as they fit, in each of the
// futures of a snapshot.
func TestPipeJoins(t *testing.T) {
	fs, p := newRig(t, Config{})
	r, w := newPipe(t, p, O_NONBLOCK)
	b := make([]byte, 70000)
	for _, size := range []int{1000, 1024, 3000} {
		sum := 0
		for e := Errno(0); e == 0; {
			var n int
			n, e = p.Write(w, b[:size])
			sum += n
		}
		if want := 16 * (pageSize / size) * size; sum != want {
			t.Errorf("a pipe took %d bytes by the %d, want %d", sum, size, want)
		}
		p.Read(r, b)
	}

	p.Write(w, []byte("a"))
	var one, two Snapshot
	fs.Save(&one)
	p.Write(w, []byte("bc"))
	fs.Save(&two)
	fs.Restore(&one)
	p.Write(w, []byte("xyz"))
	fs.Restore(&two)
	if n, _ := p.Read(r, b); string(b[:n]) != "abc" {
		t.Errorf("read %q, want abc", b[:n])
	}
}

func TestPipeEnds(t *testing.T) {
	fs, p := newRig(t, Config{})
	r, w := newPipe(t, p, O_NONBLOCK)
	_, e := p.Read(r, make([]byte, 1))
	want(t, "read of nothing", e, EAGAIN)
	child, e := p.Fork(2)
	want(t, "fork", e, 0)
	p.Write(w, []byte("last"))
	p.Close(w)
	b := make([]byte, 10)
	if n, e := child.Read(r, b); n != 4 || e != 0 {
		t.Errorf("read %d, %s", n, e)
	}
	_, e = p.Read(r, b)
	want(t, "read while a writer is left", e, EAGAIN)
	fs.Woken()
	child.Exit()
	woken(t, p, r, true)
	if n, e := p.Read(r, b); n != 0 || e != 0 {
		t.Errorf("read at the end: %d, %s", n, e)
	}
	if got := p.Ready(r); got != POLLHUP {
		t.Errorf("ready %#x", got)
	}

	r, w = newPipe(t, p, 0)
	p.Close(r)
	_, e = p.Write(w, b)
	want(t, "write without readers", e, EPIPE)
	if got := p.Ready(w); got != POLLOUT|POLLERR {
		t.Errorf("ready %#x", got)
	}
}

func TestEventfdWaits(t *testing.T) {
	fs, p := newRig(t, Config{})
	fd, e := p.Eventfd2(2, EFD_SEMAPHORE)
	want(t, "eventfd", e, 0)
	b := make([]byte, 8)
	for range 2 {
		if n, e := p.Read(fd, b); n != 8 || e != 0 || !bytes.Equal(b, []byte{1, 0, 0, 0, 0, 0, 0, 0}) {
			t.Errorf("read %d, %s: %v", n, e, b)
		}
	}
	_, e = p.Read(fd, b)
	want(t, "read of 0", e, WouldBlock)
	if got := p.Ready(fd); got != POLLOUT {
		t.Errorf("ready %#x", got)
	}
	binary.LittleEndian.PutUint64(b, 1<<64-2)
	fs.Woken()
	_, e = p.Write(fd, b)
	want(t, "write", e, 0)
	woken(t, p, fd, true)
	_, e = p.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	want(t, "write beyond the maximum", e, WouldBlock)
	if got := p.Ready(fd); got != POLLIN {
		t.Errorf("ready %#x", got)
	}
}
