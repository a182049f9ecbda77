package mem

import (
	"testing"

	"patchlab/guest"
)

// benchSpace returns a space with 64 KiB that can change, in eight mappings, and
// 64 KiB of text.
func benchSpace(b *testing.B) *Space {
	s := New()
	b.Cleanup(func() { s.Close() })
	for i := range guest.Addr(8) {
		if _, err := s.Add("data", pages(100+3*i, 102+3*i), guest.Read|guest.Write); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.Add("text", pages(1, 17), guest.Read|guest.Exec); err != nil {
		b.Fatal(err)
	}
	return s
}

type nobody struct{}

func (nobody) Mapped(*Mapping) error   { return nil }
func (nobody) Unmapped(*Mapping) error { return nil }
func (nobody) TextChanged(guest.Range) {}

func BenchmarkRestore(b *testing.B) {
	s := benchSpace(b)
	var p Snapshot
	s.Save(&p)
	b.ReportAllocs()
	b.SetBytes(64 << 10)
	for b.Loop() {
		s.Touched()
		if err := s.Restore(&p, nobody{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSaveUntouched saves and restores while nothing is written.
func BenchmarkSaveUntouched(b *testing.B) {
	s := benchSpace(b)
	var p [2]Snapshot
	b.ReportAllocs()
	for b.Loop() {
		s.Save(&p[0])
		s.Save(&p[1])
		if err := s.Restore(&p[0], nobody{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestoreAll is the yardstick: all bytes of all mappings are copied.
func BenchmarkRestoreAll(b *testing.B) {
	s := benchSpace(b)
	var saved [][]byte
	for _, m := range s.Mappings() {
		saved = append(saved, append([]byte(nil), m.Data...))
	}
	b.ReportAllocs()
	b.SetBytes(64 << 10)
	for b.Loop() {
		for i, m := range s.Mappings() {
			copy(m.Data, saved[i])
		}
	}
}

func BenchmarkHash(b *testing.B) {
	s := benchSpace(b)
	b.SetBytes(64 << 10)
	for b.Loop() {
		s.Hash()
	}
}
