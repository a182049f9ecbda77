package mem

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
)

// The property test holds a Space against the plainest model of one: an array of bytes
// for each page, and whose it is.

const modelPages = 8

// naive is the model at one instant. Neither it nor its pages are changed once they
// were saved.
type naive [modelPages + 2]*modelPage

type modelPage struct {
	m      *Mapping
	bytes  [page]byte
	loaded [page]byte // as it was loaded
}

func (n *naive) at(a guest.Addr) *modelPage {
	if a >= guest.Addr(len(n))*page {
		return nil
	}
	return n[a/page]
}

func fixed(m *Mapping) bool { return m.Perm&guest.Write == 0 }

// content is all that a hash may tell apart, and nothing else.
func (n *naive) content() string {
	var b bytes.Buffer
	for i, p := range n {
		if p == nil || guest.Addr(i)*page != p.m.Range.Start {
			continue
		}
		var now, was []byte
		for _, q := range n[i : p.m.Range.End/page] {
			now, was = append(now, q.bytes[:]...), append(was, q.loaded[:]...)
		}
		if !fixed(p.m) || !bytes.Equal(now, was) {
			fmt.Fprintf(&b, "%s ", p.m.Range)
			b.Write(now)
		}
	}
	return b.String()
}

// pair is a space with its model.
type pair struct {
	s     *Space
	n     naive
	saved []savedPair
	// byContent and byHash hold what was seen before.
	byContent map[string]uint64
	byHash    map[uint64]string
	// diffs holds the differences from the first saved state that were seen, by
	// mappings and content, and the other way round.
	diffs, byDiff map[string]string
}

type savedPair struct {
	snap Snapshot
	n    naive
}

func (p *pair) add(t *rapid.T) {
	first := rapid.IntRange(0, modelPages-1).Draw(t, "page")
	r := pages(guest.Addr(first), guest.Addr(first+rapid.IntRange(1, 2).Draw(t, "pages")))
	perm := rapid.SampledFrom([]guest.Perm{
		guest.Read | guest.Exec, guest.Read | guest.Write, guest.Read, guest.Read | guest.Write | guest.Exec,
	}).Draw(t, "perm")
	free := true
	for a := r.Start; a < r.End; a += page {
		free = free && p.n.at(a) == nil
	}
	m, err := p.s.Add("m", r, perm)
	if (err == nil) != free {
		t.Fatalf("add %s: %v, free %v", r, err, free)
	}
	if err != nil {
		return
	}
	code := rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "loaded")
	if err := p.s.Load(r.Start, code); err != nil {
		t.Fatal(err)
	}
	for a := r.Start; a < r.End; a += page {
		q := &modelPage{m: m}
		if a == r.Start {
			copy(q.bytes[:], code)
			copy(q.loaded[:], code)
		}
		p.n[a/page] = q
	}
}

func (p *pair) remove(t *rapid.T) {
	maps := p.s.Mappings()
	if len(maps) == 0 {
		t.Skip("nothing to remove")
	}
	m := rapid.SampledFrom(maps).Draw(t, "mapping")
	p.s.Remove(m)
	for a := m.Range.Start; a < m.Range.End; a += page {
		p.n[a/page] = nil
	}
}

// place draws an access, near the border of two pages more often than not.
func place(t *rapid.T) (a guest.Addr, n int) {
	a = guest.Addr(rapid.IntRange(0, modelPages).Draw(t, "page")) * page
	a += guest.Addr(rapid.SampledFrom([]int{0, 8, page / 2, page - 9, page - 1}).Draw(t, "offset"))
	return a, rapid.SampledFrom([]int{0, 1, 7, 16, page + 20}).Draw(t, "size")
}

func (p *pair) mapped(a guest.Addr, n int) bool {
	for x := a; x < a+guest.Addr(n); x++ {
		if p.n.at(x) == nil {
			return false
		}
	}
	return true
}

func (p *pair) write(t *rapid.T) {
	a, n := place(t)
	b := bytes.Repeat(rapid.SliceOfN(rapid.ByteRange(0, 3), 1, 8).Draw(t, "bytes"), n)[:n]
	err := p.s.WriteAt(a, b)
	if p.mapped(a, n) != (err == nil) || err != nil && !errors.Is(err, guest.ErrUnmapped) {
		t.Fatalf("write %d at %s: %v", n, a, err)
	}
	if err == nil {
		p.n.write(a, b)
	}
}

// guestWrite writes as the guest does: to what it can write, and nobody is told but that it
// runs.
func (p *pair) guestWrite(t *rapid.T) {
	var writable []*Mapping
	for _, m := range p.s.Mappings() {
		if m.Perm&guest.Write != 0 {
			writable = append(writable, m)
		}
	}
	if len(writable) == 0 {
		t.Skip("nothing to write to")
	}
	m := rapid.SampledFrom(writable).Draw(t, "mapping")
	at := rapid.IntRange(0, len(m.Data)-1).Draw(t, "at")
	b := []byte{rapid.ByteRange(0, 3).Draw(t, "byte")}
	p.s.Touched()
	copy(m.Data[at:], b)
	p.n.write(m.Range.Start+guest.Addr(at), b)
}

// write changes mapped bytes, in pages of their own.
func (n *naive) write(a guest.Addr, b []byte) {
	var own *modelPage
	for i, x := range b {
		at := a + guest.Addr(i)
		if own == nil || at%page == 0 {
			own = new(modelPage)
			*own = *n.at(at)
			n[at/page] = own
		}
		own.bytes[at%page] = x
	}
}

func (p *pair) save(t *rapid.T) {
	i := rapid.IntRange(0, len(p.saved)).Draw(t, "slot")
	if i == len(p.saved) {
		p.saved = append(p.saved, savedPair{})
	}
	p.s.Save(&p.saved[i].snap)
	p.saved[i].n = p.n
	if i == 0 {
		p.diffs, p.byDiff = map[string]string{}, map[string]string{}
	}
}

// checkDiff wants the difference from the first saved state to tell apart what has
// different content, and nothing else, where the mappings are the same.
func (p *pair) checkDiff(t *rapid.T) {
	if len(p.saved) == 0 {
		return
	}
	maps := ""
	for _, m := range p.s.Mappings() {
		maps += fmt.Sprintf("%p ", m)
	}
	diff := maps + string(p.s.AppendDiff(nil, &p.saved[0].snap))
	content := maps + p.n.content()
	if d, seen := p.diffs[content]; seen && d != diff {
		t.Fatal("the same content has another difference")
	}
	if c, seen := p.byDiff[diff]; seen && c != content {
		t.Fatal("other content has the same difference")
	}
	p.diffs[content], p.byDiff[diff] = diff, content
}

// told is what a restore says.
type told struct {
	mapped, unmapped map[*Mapping]bool
	text             []guest.Range
}

func (w *told) Mapped(m *Mapping) error   { w.mapped[m] = true; return nil }
func (w *told) Unmapped(m *Mapping) error { w.unmapped[m] = true; return nil }
func (w *told) TextChanged(r guest.Range) { w.text = append(w.text, r) }

func (p *pair) restore(t *rapid.T) {
	if len(p.saved) == 0 {
		t.Skip("nothing saved")
	}
	from := &p.saved[rapid.IntRange(0, len(p.saved)-1).Draw(t, "slot")]
	w := &told{mapped: map[*Mapping]bool{}, unmapped: map[*Mapping]bool{}}
	if err := p.s.Restore(&from.snap, w); err != nil {
		t.Fatal(err)
	}
	old := p.n
	p.n = from.n
	p.checkTold(t, old, w)
}

// checkTold wants a restore to have told exactly what it changed.
func (p *pair) checkTold(t *rapid.T, old naive, w *told) {
	for i := range p.n {
		a, was, is := guest.Addr(i)*page, old[i], p.n[i]
		same := was != nil && is != nil && was.m == is.m || was == is
		if is != nil && w.mapped[is.m] == same || was != nil && w.unmapped[was.m] == same {
			t.Fatalf("page %s: the same mapping as before: %v; told %v, %v", a, same, w.mapped, w.unmapped)
		}
		if !same || is == nil || is.m.Perm&(guest.Write|guest.Exec) == guest.Write {
			continue
		}
		for x := 0; x < page; x += 8 {
			changed, reported := !bytes.Equal(was.bytes[x:x+8], is.bytes[x:x+8]), false
			for _, r := range w.text {
				reported = reported || r.Contains(a+guest.Addr(x))
			}
			if changed != reported {
				t.Fatalf("text at %s changed: %v, told: %v", a+guest.Addr(x), changed, reported)
			}
		}
	}
}

// check compares space and model.
func (p *pair) check(t *rapid.T) {
	for i, q := range p.n {
		a := guest.Addr(i) * page
		if q == nil {
			if m := p.s.Find(a); m != nil {
				t.Fatalf("page %s is %v, want none", a, m)
			}
			continue
		}
		var got [page]byte
		if err := p.s.ReadAt(a, got[:]); err != nil || p.s.Find(a) != q.m || p.s.Find(a+page-1) != q.m {
			t.Fatalf("page %s is %v, want %v; %v", a, p.s.Find(a), q.m, err)
		}
		if got != q.bytes {
			t.Fatalf("page %s differs", a)
		}
	}
	content, hash := p.n.content(), p.s.Hash()
	if h, seen := p.byContent[content]; seen && h != hash {
		t.Fatal("the same content has another hash")
	}
	if c, seen := p.byHash[hash]; seen && c != content {
		t.Fatal("other content has the same hash")
	}
	p.byContent[content], p.byHash[hash] = hash, content
	p.checkDiff(t)
}

func TestSpaceIsAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pair{s: New(), byContent: map[string]uint64{}, byHash: map[uint64]string{}}
		defer p.s.Close()
		t.Repeat(map[string]func(*rapid.T){
			"add": p.add, "remove": p.remove, "write": p.write, "guest": p.guestWrite,
			"save": p.save, "restore": p.restore, "": p.check,
		})
	})
}
