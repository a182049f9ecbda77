package mem

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"patchlab/guest"
)

// mirror is who is told of mappings: it keeps what it was told.
type mirror map[guest.Range]guest.Perm

func (w mirror) Mapped(m *Mapping) error {
	for r := range w {
		if r.Overlaps(m.Range) {
			return fmt.Errorf("%s is mapped over %s", m.Range, r)
		}
	}
	w[m.Range] = m.Perm
	return nil
}

func (w mirror) Unmapped(m *Mapping) error {
	if _, ok := w[m.Range]; !ok {
		return fmt.Errorf("%s was not mapped", m.Range)
	}
	delete(w, m.Range)
	return nil
}

func (mirror) TextChanged(guest.Range) {}

func reserving(t *testing.T) *Space {
	t.Helper()
	s := New()
	t.Cleanup(func() { s.Close() })
	if err := s.Reserve(pages(16, 16+64)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReserveByPages makes random calls and compares with an array of pages.
func TestReserveByPages(t *testing.T) {
	s, w := reserving(t), mirror{}
	random := rand.New(rand.NewPCG(1, 2))
	type page struct {
		perm guest.Perm // 0: not mapped
		b    byte
	}
	var want [64]page
	type saved struct {
		snap Snapshot
		want [64]page
	}
	var kept []*saved
	perms := []guest.Perm{guest.User, guest.User | guest.Read, guest.User | guest.Read | guest.Write}
	for step := range 3000 {
		from := random.IntN(64)
		to := min(64, from+1+random.IntN(12))
		r, p := pages(guest.Addr(16+from), guest.Addr(16+to)), perms[random.IntN(3)]
		var err error
		switch op := random.IntN(8); {
		case op < 2:
			err = s.Map("m", r, p, w)
			for i := from; i < to; i++ {
				want[i] = page{perm: p}
			}
		case op < 4:
			err = s.Unmap(r, w)
			for i := from; i < to; i++ {
				want[i] = page{}
			}
		case op < 6:
			err = s.Protect(r, p, w)
			for i := from; i < to; i++ {
				if want[i].perm != 0 {
					want[i].perm = p
				}
			}
		case op == 6 && want[from].perm != 0:
			b := byte(random.Uint32())
			s.Touched()
			s.Find(r.Start).Data[r.Start-s.Find(r.Start).Range.Start+7] = b
			want[from].b = b
		case random.IntN(2) == 0 || len(kept) == 0:
			k := &saved{want: want}
			s.Save(&k.snap)
			kept = append(kept, k)
		default:
			k := kept[random.IntN(len(kept))]
			err = s.Restore(&k.snap, w)
			want = k.want
		}
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		for i, p := range want {
			a := guest.Addr(16+i)*guest.PageSize + 7
			m := s.Find(a)
			switch {
			case m == nil && p.perm == 0:
			case m == nil || m.Perm != p.perm || w[m.Range] != p.perm:
				t.Fatalf("step %d: page %d: %+v, want %+v; told %v", step, i, m, p, w)
			case m.Data[a-m.Range.Start] != p.b:
				t.Fatalf("step %d: page %d holds %d, want %d", step, i, m.Data[a-m.Range.Start], p.b)
			}
		}
	}
}

// TestNeighboursAreJoined: mapping page by page makes one mapping, and so does giving a
// page back the permissions of those around.
func TestNeighboursAreJoined(t *testing.T) {
	s, w := reserving(t), mirror{}
	rw := guest.User | guest.Read | guest.Write
	for i := range guest.Addr(10) {
		if err := s.Map("heap", pages(20+i, 21+i), rw, w); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []guest.Perm{guest.User, rw} {
		if err := s.Protect(pages(24, 25), p, w); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Mappings()); n != 1 || len(w) != 1 {
		t.Errorf("%d mappings, %d told", n, len(w))
	}
	if err := s.Protect(pages(24, 25), guest.User, w); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Mappings()); n != 3 {
		t.Errorf("%d mappings around a page of its own", n)
	}
}

// TestHashOfReserve: zeros that were written are as what was never used, and everything
// else counts: content, place and where memory is.
func TestHashOfReserve(t *testing.T) {
	rw := guest.User | guest.Read | guest.Write
	seen := map[uint64]string{}
	for _, c := range []struct {
		name string
		same string
		do   func(s *Space)
	}{
		{name: "fresh", do: func(*Space) {}},
		{name: "zeros", same: "fresh", do: func(s *Space) { s.Find(0x14000).Data[5000] = 1; s.Find(0x14000).Data[5000] = 0 }},
		{name: "a byte", do: func(s *Space) { s.Find(0x14000).Data[5000] = 1 }},
		{name: "another place", do: func(s *Space) { s.Find(0x14000).Data[5001] = 1 }},
		{name: "another page", do: func(s *Space) { s.Find(0x14000).Data[5000+4096] = 1 }},
		{name: "more memory", do: func(s *Space) {
			if err := s.Map("n", pages(40, 41), rw, mirror{}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		s := reserving(t)
		if err := s.Map("m", pages(20, 30), rw, mirror{}); err != nil {
			t.Fatal(err)
		}
		c.do(s)
		h := s.Hash()
		if other, ok := seen[h]; ok != (c.same != "") || !strings.HasPrefix(other, c.same) {
			t.Errorf("%s has the hash of %q", c.name, other)
		}
		seen[h] = c.name
	}
}
