package vfs

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDevicesLikeTheHost makes the same calls on the devices here and on the host's.
func TestDevicesLikeTheHost(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("the host has no such devices")
	}
	_, p := newRig(t, Config{})
	for _, d := range devices {
		if d.minor == devRandom || d.minor == devURand {
			continue // no two reads are alike
		}
		path := "/dev/" + d.name
		fd := open(t, p, path, O_RDWR)
		host, err := unix.Open(path, unix.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(host)
		for _, n := range []int{0, 1, 5000} {
			b, c := bytes.Repeat([]byte{1}, n), bytes.Repeat([]byte{1}, n)
			got, e := p.Read(fd, b)
			want, err := unix.Read(host, c)
			if result(e, got) != outcome(err, want) || !bytes.Equal(b, c) {
				t.Errorf("%s: read of %d: %d, %s; the host: %d, %v", path, n, got, e, want, err)
			}
			got, e = p.Write(fd, b)
			want, err = unix.Write(host, c)
			if result(e, got) != outcome(err, want) {
				t.Errorf("%s: write of %d: %d, %s; the host: %d, %v", path, n, got, e, want, err)
			}
		}
		for whence := range 3 {
			got, e := p.Seek(fd, 100, whence)
			want, err := unix.Seek(host, 100, whence)
			if result(e, got) != outcome(err, want) {
				t.Errorf("%s: seek %d: %d, %s; the host: %d, %v", path, whence, got, e, want, err)
			}
		}
		var st unix.Stat_t
		if err := unix.Fstat(host, &st); err != nil {
			t.Fatal(err)
		}
		if got, _ := p.Fstat(fd); got.Rdev != st.Rdev || got.Mode != st.Mode {
			t.Errorf("%s: stat %#o %#x; the host: %#o %#x", path, got.Mode, got.Rdev, st.Mode, st.Rdev)
		}
	}
}

func TestRandomIsTheCallers(t *testing.T) {
	next := byte(0)
	_, p := newRig(t, Config{Random: func(b []byte) {
		for i := range b {
			next++
			b[i] = next
		}
	}})
	b := make([]byte, 3)
	for i, path := range []string{"/dev/urandom", "/dev/random"} {
		fd := open(t, p, path, O_RDONLY)
		if n, e := p.Read(fd, b); n != 3 || e != 0 || b[0] != byte(3*i+1) {
			t.Errorf("%s: %d, %s, %v", path, n, e, b)
		}
	}
}
