package trace

import (
	"fmt"
	"slices"
	"testing"
)

func digestOf(words ...uint64) Digest {
	var d Digest
	for _, w := range words {
		d.Add(w)
	}
	return d
}

// TestDigestOrder wants every order, every number and every repetition of words to
// give a digest of its own.
func TestDigestOrder(t *testing.T) {
	seen := map[Digest]string{}
	for _, words := range [][]uint64{
		{},
		{0},
		{0, 0},
		{0, 0, 0},
		{1},
		{2},
		{1, 2},
		{2, 1},
		{1, 2, 3},
		{1, 3, 2},
		{3, 2, 1},
		{1, 0},
		{0, 1},
		{1, 1},
		{1, 1, 1},
		{^uint64(0)},
		{1 << 63},
		{1 << 63, 1 << 63},
	} {
		d := digestOf(words...)
		if other, ok := seen[d]; ok {
			t.Errorf("%v has the digest of %s", words, other)
		}
		seen[d] = fmt.Sprint(words)
	}
}

// TestEveryBitCounts changes each bit of each of many words, near the start of a run
// and far from its end.
func TestEveryBitCounts(t *testing.T) {
	words := make([]uint64, 40)
	for i := range words {
		words[i] = uint64(i) * 0x0123456789abcdef
	}
	seen := map[Digest]bool{digestOf(words...): true}
	for i := range words {
		for bit := range 64 {
			changed := slices.Clone(words)
			changed[i] ^= 1 << bit
			d := digestOf(changed...)
			if seen[d] {
				t.Errorf("bit %d of word %d does not count", bit, i)
			}
			seen[d] = true
		}
	}
}

func TestDigestOfStrings(t *testing.T) {
	seen := map[Digest]string{}
	for _, s := range [][]string{
		{""},
		{"", ""},
		{"a"},
		{"b"},
		{"ab"},
		{"ba"},
		{"a", "b"},
		{"\x00"},
		{"\x00\x00"},
		{"abcdefgh"},
		{"abcdefg", "h"},
		{"abcdefghi"},
		{"abcdefgh\x00"},
		{"abcdefghijklmnop"},
		{"abcdefghijklmnoq"},
	} {
		var d Digest
		for _, x := range s {
			d.AddString(x)
		}
		if other, ok := seen[d]; ok {
			t.Errorf("%q has the digest of %s", s, other)
		}
		seen[d] = fmt.Sprintf("%q", s)
	}
}

// TestDigestIsAValue wants a digest to be the same on every machine, and a copy to go
// on by itself.
func TestDigestIsAValue(t *testing.T) {
	d := digestOf(1, 2)
	c := d
	c.Add(3)
	if d == c || d != digestOf(1, 2) || c != digestOf(1, 2, 3) {
		t.Error("a copy shares its state")
	}
	const want = "51375cdf67093fe9937f09e50e85a54c"
	if got := d.String(); got != want {
		t.Errorf("the digest of 1, 2 is %s, want %s", got, want)
	}
}

// TestJournalBranches takes a journal back to several marks, and lets every branch grow
// in turn with the others.
func TestJournalBranches(t *testing.T) {
	var j Journal[string]
	add := func(s ...string) {
		for _, x := range s {
			j.Add(x)
		}
	}
	want := func(s ...string) {
		t.Helper()
		if !slices.Equal(j.Entries(), s) || j.Len() != len(s) {
			t.Errorf("%q, %d entries, want %q", j.Entries(), j.Len(), s)
		}
	}
	empty := j.Mark()
	add("a", "b", "c")
	abc := j.Mark()
	add("d")
	abcd := j.Mark()
	j.Restore(abc)
	want("a", "b", "c")
	add("e", "f")
	abcef := j.Mark()
	want("a", "b", "c", "e", "f")
	j.Restore(abcd)
	want("a", "b", "c", "d")
	add("g")
	want("a", "b", "c", "d", "g")
	j.Restore(abcef)
	want("a", "b", "c", "e", "f")
	j.Restore(empty)
	want()
	add("z")
	j.Restore(abcd)
	want("a", "b", "c", "d")
}

// TestMarkIsNoCopy wants marking and restoring to cost nothing, however long the
// journal is.
func TestMarkIsNoCopy(t *testing.T) {
	var j Journal[int]
	for i := range 1000 {
		j.Add(i)
	}
	m := j.Mark()
	if n := testing.AllocsPerRun(10, func() { j.Restore(m); m = j.Mark() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
