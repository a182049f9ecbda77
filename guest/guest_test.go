package guest

import (
	"errors"
	"testing"
)

func TestRange(t *testing.T) {
	r := RangeOf(0x1000, 0x10)
	for _, c := range []struct {
		a    Addr
		want bool
	}{{0xfff, false}, {0x1000, true}, {0x100f, true}, {0x1010, false}} {
		if got := r.Contains(c.a); got != c.want {
			t.Errorf("%s contains %s: %v", r, c.a, got)
		}
	}
	for _, c := range []struct {
		o                Range
		covers, overlaps bool
	}{
		{Range{0x1000, 0x1010}, true, true},
		{Range{0x1004, 0x1008}, true, true},
		{Range{0xff0, 0x1000}, false, false},
		{Range{0xff0, 0x1001}, false, true},
		{Range{0x1010, 0x1020}, false, false},
		{Range{0x100f, 0x1011}, false, true},
	} {
		if got := r.Covers(c.o); got != c.covers {
			t.Errorf("%s covers %s: %v", r, c.o, got)
		}
		if got := r.Overlaps(c.o); got != c.overlaps {
			t.Errorf("%s overlaps %s: %v", r, c.o, got)
		}
	}
	if r.Size() != 0x10 || PageUp(1) != PageSize || PageDown(PageSize+1) != PageSize || PageUp(PageSize) != PageSize {
		t.Error("sizes and pages")
	}
	if ReturnAddr(0x1010).CallSite() != 0x100f {
		t.Error("a return address belongs to the call before it")
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Addr(0x401000).String(), "0x401000"},
		{Range{1, 16}.String(), "[0x1, 0x10)"},
		{(Read | Exec).String(), "r-xk"},
		{(Read | Write | User).String(), "rw-u"},
		{UserMode.String(), "user"},
		{KernelMode.String(), "kernel"},
		{R15.String(), "r15"},
		{RSP.String(), "rsp"},
		{NumRegs.String(), "reg?"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// flatMemory is a page of memory at base.
type flatMemory struct {
	base  Addr
	bytes []byte
}

func (m *flatMemory) at(a Addr, n int) ([]byte, error) {
	if !RangeOf(m.base, uint64(len(m.bytes))).Covers(RangeOf(a, uint64(n))) {
		return nil, ErrUnmapped
	}
	return m.bytes[a-m.base:][:n], nil
}

func (m *flatMemory) ReadAt(a Addr, p []byte) error {
	b, err := m.at(a, len(p))
	copy(p, b)
	return err
}

func (m *flatMemory) WriteAt(a Addr, p []byte) error {
	b, err := m.at(a, len(p))
	copy(b, p)
	return err
}

func TestMemoryHelpers(t *testing.T) {
	m := &flatMemory{base: 0x1000, bytes: make([]byte, 2*maxString)}
	if err := WriteU64(m, 0x1008, 0x1122334455667788); err != nil {
		t.Fatal(err)
	}
	if v, err := ReadU64(m, 0x1008); err != nil || v != 0x1122334455667788 {
		t.Errorf("ReadU64 = %#x, %v", v, err)
	}
	if m.bytes[8] != 0x88 {
		t.Error("words are little-endian")
	}
	if _, err := ReadU64(m, 0xffc); !errors.Is(err, ErrUnmapped) {
		t.Errorf("read across the start: %v", err)
	}
	copy(m.bytes, "hello\x00")
	if s, err := ReadString(m, 0x1000); err != nil || s != "hello" {
		t.Errorf("ReadString = %q, %v", s, err)
	}
	for i := range m.bytes {
		m.bytes[i] = 'x'
	}
	if s, err := ReadString(m, 0x1000); err == nil {
		t.Errorf("a string without end was read: %d bytes", len(s))
	}
	if _, err := ReadString(m, 0x1000+Addr(len(m.bytes))-4); !errors.Is(err, ErrUnmapped) {
		t.Errorf("a string that runs off its memory: %v", err)
	}
}
