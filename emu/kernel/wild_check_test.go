package kernel

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"patchlab/emu/mem"
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// digest is a hash of all that the calls have done.
func (w *wild) digest() string {
	h := uint64(14695981039346656037)
	for i := range w.host.tasks {
		t := &w.host.tasks[i]
		for _, v := range append(t.regs.GPR[:], uint64(t.regs.RIP), uint64(t.fs), uint64(t.gs)) {
			h = (h ^ v) * 1099511628211
		}
	}
	return fmt.Sprintf("%016x %016x %016x %016x", w.sum, w.k.Digest(), w.host.space.Hash(), h)
}

// sane checks what holds whatever was called.
func (w *wild) sane(t *testing.T) {
	t.Helper()
	if n := w.k.canWrite(); n > w.k.config.Memory {
		t.Fatalf("%d bytes can be written to: there may be %d", n, w.k.config.Memory)
	}
	for _, m := range w.host.space.Mappings() {
		if m.Perm&(guest.Write|guest.Exec) == guest.Write|guest.Exec || !Area.Covers(m.Range) || m.Range.Overlaps(reservedForModules) {
			t.Fatalf("%s at %s: %s", m.Name, m.Range, m.Perm)
		}
	}
}

// wildSnapshot is a snapshot of all of it.
type wildSnapshot struct {
	kernel Snapshot
	memory mem.Snapshot
	host   wildState
	sum    uint64
}

// detour goes another way for a while, and comes back.
func (w *wild) detour(t *testing.T, s *wildSnapshot) {
	t.Helper()
	w.k.Save(&s.kernel)
	w.host.space.Save(&s.memory)
	s.host, s.sum = w.host.wildState, w.sum
	random := w.Rand
	w.Rand = rand.New(rand.NewPCG(s.sum, 2))
	for range 100 {
		w.step()
	}
	w.Rand, w.host.wildState, w.sum = random, s.host, s.sum
	if err := w.host.space.Restore(&s.memory, w.host); err != nil {
		t.Fatal(err)
	}
	if err := w.k.Restore(&s.kernel); err != nil {
		t.Fatal(err)
	}
}

// wildRun makes n calls, with detours or not, and returns the digest.
func wildRun(t *testing.T, seed uint64, n int, mounts []vfs.Mount, detours bool) string {
	t.Helper()
	w := newWild(t, seed, mounts)
	var s wildSnapshot
	for i := range n {
		if i%250 == 0 {
			w.sane(t)
			if detours {
				w.detour(t, &s)
			}
		}
		w.step()
	}
	w.sane(t)
	return w.digest()
}

// checkWild makes the calls of a seed three times, which must come to the same; and once
// with a directory that can be written to. Of the host, nothing else may change.
func checkWild(t *testing.T, seed uint64, n int) {
	t.Helper()
	host := t.TempDir()
	for _, name := range []string{"ro", "rw", "rw/a"} {
		if err := os.Mkdir(filepath.Join(host, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"secret", "ro/a", "ro/b", "rw/b"} {
		if err := os.WriteFile(filepath.Join(host, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../../secret", filepath.Join(host, "rw", "link")); err != nil {
		t.Fatal(err)
	}
	before := outsideOf(t, host)
	ro := vfs.Mount{Host: filepath.Join(host, "ro"), Guest: "/ro"}
	want := wildRun(t, seed, n, []vfs.Mount{ro}, false)
	for _, detours := range []bool{false, true} {
		if got := wildRun(t, seed, n, []vfs.Mount{ro}, detours); got != want {
			t.Fatalf("seed %d, snapshots %v: %s, before it was %s", seed, detours, got, want)
		}
	}
	wildRun(t, seed, n, []vfs.Mount{ro, {Host: filepath.Join(host, "rw"), Guest: "/in", Writable: true}}, false)
	if after := outsideOf(t, host); after != before {
		t.Fatalf("seed %d: the host has\n%sand had\n%s", seed, after, before)
	}
}

// outsideOf shows what a directory holds outside of rw.
func outsideOf(t *testing.T, dir string) (s string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == "rw":
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var b []byte
		if info.Mode().IsRegular() {
			b, err = os.ReadFile(path)
		}
		s += fmt.Sprintf("%s %s %q\n", path, info.Mode(), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
