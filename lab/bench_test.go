package lab_test

import (
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/experiment"
)

// midway is a story in the middle of its transition, under load.
func midway(b *testing.B) *story {
	b.Helper()
	s := newStory(b, "random", 11)
	for s.at < 2 || len(s.Model.Pending()) == 0 {
		if _, err := s.step(); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// mapped returns the ranges of guest memory that belong to a laboratory, text included.
func mapped(s *story) []guest.Range {
	ranges := []guest.Range{guest.RangeOf(emu.ArenaBase, 2*guest.PageSize), guest.RangeOf(emu.ModuleBase, 4*guest.PageSize)}
	for a := guest.Addr(0x400000); a < 0x50000000; a += guest.PageSize {
		if a == 0x500000 {
			a = 0x8000000
		}
		if a == 0x8100000 {
			a = 0x30000000
		}
		if a == 0x30100000 {
			a = 0x40000000
		}
		if a == 0x40100000 {
			break
		}
		var p [1]byte
		if s.Machine.ReadAt(a, p[:]) == nil {
			ranges = append(ranges, guest.RangeOf(a, guest.PageSize))
		}
	}
	return ranges
}

// BenchmarkRestore puts a whole laboratory back: six tasks, four of them with stacks for
// user mode, store, model, truth and digest. It goes to and fro between two moments, so that
// all memory is copied each time.
func BenchmarkRestore(b *testing.B) {
	s := midway(b)
	var p [2]savedStory
	s.save(&p[0])
	for range 40 {
		if _, err := s.step(); err != nil {
			b.Fatal(err)
		}
	}
	s.save(&p[1])
	b.ReportAllocs()
	for i := 0; b.Loop(); i ^= 1 {
		s.restore(b, &p[i])
	}
}

// BenchmarkRestoreUntouched puts it back when nothing was written since it was saved.
func BenchmarkRestoreUntouched(b *testing.B) {
	s := midway(b)
	var p savedStory
	s.save(&p)
	b.ReportAllocs()
	for b.Loop() {
		s.restore(b, &p)
	}
}

// BenchmarkRestoreAfterStep is a restore as a search makes it, with a step in between.
func BenchmarkRestoreAfterStep(b *testing.B) {
	s := midway(b)
	var p savedStory
	s.save(&p)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.step(); err != nil {
			b.Fatal(err)
		}
		s.restore(b, &p)
	}
}

// BenchmarkCopyAll is the yardstick: a copy of all memory of that laboratory, text
// included, and of nothing else.
func BenchmarkCopyAll(b *testing.B) {
	s := midway(b)
	ranges := mapped(s)
	buf := make([]byte, guest.PageSize*4)
	total := uint64(0)
	for _, r := range ranges {
		total += r.Size()
	}
	b.SetBytes(int64(total))
	for b.Loop() {
		for _, r := range ranges {
			_ = s.Machine.ReadAt(r.Start, buf[:r.Size()])
		}
	}
}

// BenchmarkStep is what a step of a laboratory costs, schedules chosen at random.
func BenchmarkStep(b *testing.B) {
	s := midway(b)
	var p savedStory
	s.save(&p)
	for b.Loop() {
		more, err := s.step()
		if err != nil {
			b.Fatal(err)
		}
		if !more {
			s.restore(b, &p)
		}
	}
}

// BenchmarkSmallestScenario runs the smallest scenario, from nothing but its compiled
// sources to the verdict.
func BenchmarkSmallestScenario(b *testing.B) {
	built := buildScenario(b, "not-on-stack")
	for b.Loop() {
		r, err := built.Run(experiment.Options{})
		if err != nil || len(r.Failures) > 0 {
			b.Fatal(err, r.Failures)
		}
		r.Lab.Close()
	}
}

// BenchmarkNew makes a laboratory and frees it.
func BenchmarkNew(b *testing.B) {
	img := buildProgram(b, gameProgram)
	for b.Loop() {
		l, err := lab.New(lab.Config{Program: img})
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}
