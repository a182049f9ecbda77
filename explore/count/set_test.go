package count

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestSet holds a set against a map, through growth and reset.
func TestSet(t *testing.T) {
	g := rand.New(rand.NewPCG(7, 7))
	s := newSet(3)
	for range 3 {
		numbers := map[string]int{}
		for range 60_000 {
			var row [4]byte
			binary.LittleEndian.PutUint32(row[:], uint32(g.IntN(40_000)))
			want, known := numbers[string(row[:3])]
			if !known {
				want = len(numbers)
				numbers[string(row[:3])] = want
			}
			if got, isNew := s.add(row[:3]); got != want || isNew == known {
				t.Fatalf("row %v: number %d, new %t; want %d, %t", row, got, isNew, want, !known)
			}
		}
		for row, n := range numbers {
			if string(s.row(n)) != row {
				t.Fatalf("row %d is %v, want %v", n, s.row(n), []byte(row))
			}
		}
		if s.n != len(numbers) {
			t.Fatalf("%d rows, want %d", s.n, len(numbers))
		}
		s.reset()
	}
}
