package mem

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"patchlab/guest"
)

const page = guest.PageSize

// pages returns the range of the pages from first up to, without, end.
func pages(first, end guest.Addr) guest.Range {
	return guest.Range{Start: first * page, End: end * page}
}

// newSpace returns a space with kernel text on page 1, user data on pages 2 and 3,
// and kernel data on page 5.
func newSpace(t testing.TB) *Space {
	t.Helper()
	s := New()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range []struct {
		name string
		r    guest.Range
		p    guest.Perm
	}{
		{"data", pages(5, 6), guest.Read | guest.Write},
		{"text", pages(1, 2), guest.Read | guest.Exec},
		{"user", pages(2, 4), guest.Read | guest.Write | guest.User},
	} {
		if _, err := s.Add(m.name, m.r, m.p); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAdd(t *testing.T) {
	for _, c := range []struct {
		name string
		r    guest.Range
		want string
	}{
		{"inside", pages(2, 3), "overlaps user"},
		{"around", pages(0, 8), "overlaps text"},
		{"into the start", pages(4, 6), "overlaps data"},
		{"empty", pages(7, 7), "not a whole number of pages"},
		{"backwards", pages(8, 7), "not a whole number of pages"},
		{"half a page", guest.Range{Start: 7 * page, End: 7*page + 8}, "not a whole number of pages"},
		{"no page's start", guest.Range{Start: 7*page + 8, End: 8 * page}, "not a whole number of pages"},
		{"between", pages(4, 5), ""},
		{"behind", pages(6, 9), ""},
	} {
		s := newSpace(t)
		m, err := s.Add(c.name, c.r, guest.Read)
		if (m == nil) == (err == nil) {
			t.Errorf("%s: %v and %v", c.name, m, err)
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	s := newSpace(t)
	for _, c := range []struct {
		a    guest.Addr
		want string
	}{
		{page - 1, ""},
		{page, "text"},
		{2*page - 1, "text"},
		{2 * page, "user"},
		{4*page - 1, "user"},
		{4 * page, ""},
		{5 * page, "data"},
		{6 * page, ""},
		{^guest.Addr(0), ""},
	} {
		got := ""
		if m := s.Find(c.a); m != nil {
			got = m.Name
		}
		if got != c.want {
			t.Errorf("%s lies in %q, want %q", c.a, got, c.want)
		}
	}
	s.Remove(s.Find(2 * page))
	if m := s.Find(2 * page); m != nil {
		t.Errorf("%s is found after its removal", m.Name)
	}
}

func TestAllows(t *testing.T) {
	s := newSpace(t)
	const r, w, x, u = guest.Read, guest.Write, guest.Exec, guest.User
	for _, c := range []struct {
		a    guest.Addr
		n    uint64
		p    guest.Perm
		want bool
	}{
		{2 * page, 2 * page, r | w | u, true},
		{2*page - 1, 2, r, true},
		{2*page - 1, 2, r | u, false}, // begins in the kernel
		{2*page - 1, 1, x, true},
		{2*page - 1, 2, x, false}, // ends in data
		{4*page - 1, 1, r | u, true},
		{4*page - 1, 2, r, false}, // runs into a hole
		{4 * page, 1, 0, false},
		{4 * page, 0, r, true},
		{5 * page, page, u, false},
		{3 * page, ^uint64(0), 0, false},
		{^guest.Addr(0), 2, 0, false},
	} {
		if got := s.Allows(c.a, c.n, c.p); got != c.want {
			t.Errorf("%d bytes at %s, %s: %v", c.n, c.a, c.p, got)
		}
	}
}

// TestAccess wants an access that touches any byte without memory to fail and to
// change nothing, and one across mappings to work.
func TestAccess(t *testing.T) {
	for _, c := range []struct {
		a  guest.Addr
		n  int
		ok bool
	}{
		{5 * page, page, true},
		{2*page - 3, 8, true},
		{2*page - 3, 2*page + 3, true},
		{4*page - 4, 8, false},
		{2*page - 3, 2*page + 4, false},
		{5*page - 1, 2, false},
		{0, 1, false},
		{^guest.Addr(0) - 3, 8, false},
	} {
		s := newSpace(t)
		p := bytes.Repeat([]byte{0x5a}, c.n)
		before := s.Hash()
		err := s.WriteAt(c.a, p)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, guest.ErrUnmapped) {
			t.Errorf("write of %d bytes at %s: %v", c.n, c.a, err)
		}
		if changed := s.Hash() != before; changed != c.ok {
			t.Errorf("write of %d bytes at %s: something changed: %v", c.n, c.a, changed)
		}
		got := make([]byte, c.n)
		if err := s.ReadAt(c.a, got); (err == nil) != c.ok {
			t.Errorf("read of %d bytes at %s: %v", c.n, c.a, err)
		} else if c.ok && !bytes.Equal(got, p) {
			t.Errorf("%d bytes at %s do not come back", c.n, c.a)
		}
	}
}

// TestTextThatComesBack wants text to count only where it is not as it was loaded.
func TestTextThatComesBack(t *testing.T) {
	s := newSpace(t)
	if err := s.Load(page+16, []byte{0xe8, 1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	loaded := s.Hash()
	must := func(b ...byte) {
		t.Helper()
		if err := s.WriteAt(page+16, b); err != nil {
			t.Fatal(err)
		}
	}
	must(0x90)
	if s.Hash() == loaded {
		t.Error("a changed byte of text does not show")
	}
	must(0xe8)
	if s.Hash() != loaded {
		t.Error("text that was changed back is not as if never touched")
	}
	if err := s.Load(2*page-2, []byte{1, 2, 3}); !errors.Is(err, guest.ErrUnmapped) {
		t.Errorf("a load across mappings: %v", err)
	}
}

func TestRemoveBug(t *testing.T) {
	defer func() {
		if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "BUG: ") {
			t.Errorf("recovered %v", r)
		}
	}()
	s := newSpace(t)
	m := s.Find(page)
	s.Remove(m)
	s.Remove(m)
}

// TestAddBytesAgain wants a mapping that was removed to come back as it was at first, in
// the same memory, with older snapshots of it still good.
func TestAddBytesAgain(t *testing.T) {
	for _, perm := range []guest.Perm{guest.Read | guest.Write, guest.Read | guest.Exec} {
		s := New()
		t.Cleanup(func() { s.Close() })
		source := []byte{1, 2, 3}
		add := func() *Mapping {
			t.Helper()
			m, err := s.AddBytes("m", pages(1, 2), perm, 8, source)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Load(page+9, []byte{7}); err != nil {
				t.Fatal(err)
			}
			return m
		}
		first := add()
		loaded := s.Hash()
		var before, changed Snapshot
		s.Save(&before)
		if err := s.WriteAt(page+8, []byte{9, 9, 9, 9}); err != nil {
			t.Fatal(err)
		}
		s.Save(&changed)
		other := s.Hash()
		s.Remove(first)
		if add() != first {
			t.Errorf("%v: other memory", perm)
		}
		if s.Hash() != loaded {
			t.Errorf("%v: not as it was at first", perm)
		}
		for _, c := range []struct {
			p    *Snapshot
			want uint64
		}{{&changed, other}, {&before, loaded}} {
			if err := s.Restore(c.p, nobody{}); err != nil || s.Hash() != c.want {
				t.Errorf("%v: a snapshot from before is not what it was: %v", perm, err)
			}
		}
		s.Remove(first)
		source = []byte{1, 2, 4}
		if add() == first {
			t.Errorf("%v: the memory of other bytes", perm)
		}
	}
}
