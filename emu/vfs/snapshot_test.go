package vfs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// dump shows the whole state, without the hashes that are kept of parts of it.
func dump(fs *FS) string {
	var b strings.Builder
	fs.st.nodes.all(func(id int32, n *node) {
		fmt.Fprintf(&b, "node %d %x %v\n", id, n.encode(nil), n.dir.order)
		for nr := int64(0); nr*pageSize < n.size && nr < 300; nr++ {
			if p := n.page(nr); p != nil {
				fmt.Fprintf(&b, "%d: %s ", nr, brief(p.b[:]))
			}
		}
	})
	fs.st.files.all(func(id int32, f *file) { fmt.Fprintf(&b, "file %d %x\n", id, f.encode(nil)) })
	fs.st.procs.all(func(id int32, p *proc) { fmt.Fprintf(&b, "proc %d %x\n", id, p.encode(nil)) })
	fmt.Fprintln(&b, fs.st.bytes, fs.st.entries, fs.st.stdin.read)
	return b.String()
}

// saved is a snapshot with what the state was.
type saved struct {
	snap   Snapshot
	dump   string
	digest uint64
}

// TestRestore makes random calls, and saves and restores in between. What is restored must
// be what was saved, in all detail, and the same calls must end in the same way again.
func TestRestore(t *testing.T) {
	names := slices.Sorted(maps.Keys(calls))
	rapid.Check(t, func(t *rapid.T) {
		now := int64(0)
		fs, p := newRig(t, Config{Clock: func() int64 { return now }})
		g := gen{t, true}
		byDump, byDigest := map[string]uint64{}, map[uint64]string{}
		var all []*saved
		for range rapid.IntRange(1, 8).Draw(t, "rounds") {
			s := &saved{dump: dump(fs), digest: fs.Digest()}
			fs.Save(&s.snap)
			all = append(all, s)
			var list []call
			for range rapid.IntRange(0, 30).Draw(t, "calls") {
				list = append(list, calls[even(g, "call", names)](g))
			}
			began := now
			run := func() string {
				now = began
				var results []string
				for _, c := range list {
					now += 1e9
					results = append(results, c.guest(p))
					fs.Digest() // so that there are hashes to keep, or to drop
				}
				return strings.Join(results, "\n") + dump(fs)
			}
			first := run()
			back := even(g, "back", all)
			restore(t, fs, back)
			restore(t, fs, s)
			if again := run(); again != first {
				t.Fatalf("the same calls end differently after a restore:\n%s\n%s", first, again)
			}
			d, sum := dump(fs), fs.Digest()
			if forget(fs); fs.Digest() != sum {
				t.Fatalf("a hash that was kept is not right any more")
			}
			if known, ok := byDump[d]; ok && known != sum {
				t.Fatalf("one state, two digests")
			}
			if known, ok := byDigest[sum]; ok && known != d {
				t.Fatalf("two states, one digest")
			}
			byDump[d], byDigest[sum] = sum, d
		}
		for _, s := range all {
			restore(t, fs, s)
		}
	})
}

// forget drops all hashes that are kept.
func forget(fs *FS) {
	forgetTable(&fs.st.nodes)
	forgetTable(&fs.st.files)
	forgetTable(&fs.st.procs)
	fs.st.nodes.all(func(_ int32, n *node) {
		for _, r := range n.runs {
			for _, p := range r.pages.p {
				if p != nil {
					p.sum = 0
				}
			}
		}
	})
}

func forgetTable[T any, P object[T]](t *table[T, P]) {
	for _, c := range t.chunks {
		c.sum = 0
		for _, x := range c.cells {
			if x != nil {
				x.sum = 0
			}
		}
	}
}

func restore(t *rapid.T, fs *FS, s *saved) {
	if err := fs.Restore(&s.snap); err != nil {
		t.Fatal(err)
	}
	if dump(fs) != s.dump || fs.Digest() != s.digest {
		t.Fatalf("restored %x:\n%s\nsaved %x:\n%s", fs.Digest(), dump(fs), s.digest, s.dump)
	}
}

// TestDigestIsOfTheState wants a state that came about by other ways to have the same digest.
func TestDigestIsOfTheState(t *testing.T) {
	var sums []uint64
	for _, detour := range []bool{false, true} {
		fs, p := newRig(t, Config{})
		if detour {
			for i := range 200 {
				fd := open(t, p, fmt.Sprint("/tmp/x", i), O_CREAT|O_WRONLY)
				p.Write(fd, []byte("x"))
			}
			for i := range 200 {
				p.Close(3 + i)
				want(t, "unlink", p.Unlinkat(AT_FDCWD, fmt.Sprint("/tmp/x", i), 0), 0)
			}
			fs.edit(fs.at("/tmp")).dir.last = 0 // a guest could see this one
		}
		write(t, p, "/a", "hello")
		if detour {
			fd := open(t, p, "/a", O_WRONLY)
			p.Write(fd, []byte("hullo"))
			fs.Digest()
			p.Pwrite(fd, []byte("hello"), 0)
			p.Close(fd)
		}
		sums = append(sums, fs.Digest())
	}
	if sums[0] != sums[1] {
		t.Errorf("digests %x", sums)
	}
}

// TestSaveIsCheap wants the cost of a snapshot and of a small change behind it not to
// depend on how much there is.
func TestSaveIsCheap(t *testing.T) {
	fs, p := newRig(t, Config{})
	for i := range 1000 {
		write(t, p, fmt.Sprint("/f", i), "content")
	}
	fd := open(t, p, "/big", O_CREAT|O_RDWR)
	big := make([]byte, 1<<20)
	for range 50 {
		p.Write(fd, big)
	}
	var snap Snapshot
	got := testing.AllocsPerRun(100, func() {
		fs.Save(&snap)
		p.Pwrite(fd, []byte("x"), 20<<20)
		fs.Digest()
	})
	if got > 100 { // the race detector adds a few
		t.Errorf("%v allocations for a snapshot and one byte", got)
	}
}
