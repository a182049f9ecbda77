package search

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPairSet compares with a map, with hashes that fall on each other.
func TestPairSet(t *testing.T) {
	for _, spread := range []uint64{3, 50, 1 << 60} {
		r := rand.New(rand.NewPCG(spread, 0))
		var s, copied pairSet
		want := map[[2]uint64]bool{}
		for range 5000 {
			p := [2]uint64{r.Uint64N(spread), r.Uint64N(spread)}
			if s.has(p) != want[p] || s.add(p) == want[p] {
				t.Fatalf("spread %d: %d was there: %v", spread, p, want[p])
			}
			want[p] = true
		}
		text, err := s.MarshalText()
		if err != nil || copied.UnmarshalText(text) != nil || !slices.Equal(copied.pairs(), s.pairs()) || s.len() != len(want) {
			t.Errorf("spread %d: %d of %d pairs, %d after reading", spread, s.len(), len(want), copied.len())
		}
		copied.addAll(&s)
		if copied.len() != s.len() {
			t.Errorf("spread %d: added to itself it has %d, not %d", spread, copied.len(), s.len())
		}
		s.clear()
		if s.len() != 0 || s.has([2]uint64{}) || len(s.pairs()) != 0 {
			t.Errorf("spread %d: not empty when cleared", spread)
		}
	}
}

func TestPointSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	var s, all pointSet
	want := map[uint32]bool{}
	for _, bits := range []int{4, 16, 17, 32} {
		for range 200 {
			p := r.Uint32() >> (32 - bits)
			if s.has(p) != want[p] {
				t.Fatalf("%d is there: %v, want %v", p, s.has(p), want[p])
			}
			s.add(p)
			want[p] = true
		}
	}
	all.add(1 << 31)
	all.addAll(&s)
	if !all.has(1<<31) || s.len() != len(want) || len(s.points()) != len(want) || !slices.IsSorted(s.points()) {
		t.Errorf("%d points, want %d: %d", s.len(), len(want), s.points())
	}
	s.clear()
	if s.len() != 0 {
		t.Errorf("%d points when cleared", s.len())
	}
}

func TestStateSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	var s stateSet
	want := map[string]int32{}
	for range 50000 {
		b := make([]byte, r.IntN(6*leafSize))
		if len(b) < 40 {
			for i := range b {
				b[i] = byte(r.IntN(2))
			}
		} else if r.IntN(2) == 0 { // as long ones mostly are: like others but for a byte
			b[r.IntN(len(b))] = 1
		}
		number, known := s.add(b)
		was, ok := want[string(b)]
		if known != ok || ok && was != number || !ok && int(number) != len(want) {
			t.Fatalf("%x: number %d, known %v; want %d, %v", b, number, known, was, ok)
		}
		want[string(b)] = number
	}
	if s.len() != len(want) {
		t.Errorf("%d states, want %d", s.len(), len(want))
	}
	if n, known := s.add(make([]byte, 3<<20)); known || int(n) != len(want) {
		t.Errorf("a large state: number %d, known %v", n, known)
	}
}

// TestMillionStates wants a million states with room to spare.
func TestMillionStates(t *testing.T) {
	var s stateSet
	b := make([]byte, 100)
	for i := range uint64(1_000_000) {
		binary.LittleEndian.PutUint64(b, i)
		if _, known := s.add(b); known {
			t.Fatalf("state %d is known", i)
		}
	}
	if m := s.memory(); m > 200<<20 {
		t.Errorf("%d MiB", m>>20)
	}
}
