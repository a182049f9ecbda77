package process

import (
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestAgain wants what was read to come again in the same pieces, and no more.
func TestAgain(t *testing.T) {
	var text [9]byte
	r := Record(iotest.DataErrReader(io.LimitReader(zeros{}, int64(len(text)))))
	var first []int
	for _, n := range []int{4, 2, 8} {
		got, _ := r.Read(text[:n])
		first = append(first, got)
	}
	again := r.Again()
	for i, n := range []int{4, 2, 8} {
		got, err := again.Read(text[:n])
		if got != first[i] || (err == io.EOF) != (i == 2) {
			t.Errorf("read %d: %d bytes, %v; the first time %d", i, got, err, first[i])
		}
	}
	if n, err := again.Read(text[:1]); n != 0 || !errors.Is(err, ErrMore) {
		t.Errorf("beyond: %d bytes, %v", n, err)
	}
	if _, err := r.Again().Read(text[:3]); !errors.Is(err, ErrMore) {
		t.Errorf("a smaller piece: %v", err)
	}
	if n, err := Record(nil).Read(text[:]); n != 0 || err != io.EOF {
		t.Errorf("nothing: %d bytes, %v", n, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
