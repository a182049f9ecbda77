package fp

import (
	"fmt"
	"slices"
	"sort"

	"patchlab/guest"
	"patchlab/unwind"
)

// Text is one function as it is loaded: what [Analyse] reads.
type Text struct {
	Name  string
	Range guest.Range
	// Code is the bytes of Range. Padding behind the function may be among them.
	Code []byte
	// Site is the patch site, if the function has one. Its bytes change: they are
	// not looked at, and the call that they may be needs no frame.
	Site guest.Range
	// Part says that this is not a function but a part of one that lies
	// elsewhere, such as gcc's f.cold: control comes to it only by jumps of the
	// function that it belongs to, and with that one's frame.
	Part bool
}

// place names an address of t for a reader.
func (t *Text) place(a guest.Addr) string {
	return fmt.Sprintf("%s+%#x", t.Name, uint64(a-t.Range.Start))
}

// Analyse finds out which functions of a program or module keep frames. It
// follows every path through each of them with the state of rsp and rbp, from the
// entry to the returns and tail calls, and refuses what it cannot follow: jumps
// through tables, unreadable bytes, code that no path comes to, writes to rbp and
// to the frame that leave a call without one. A syscall counts as a call, since a
// task that asks a service of the machine stands there; it is also the one place
// where a task can stop by itself.
//
// A jump out of the function is a tail call, for which the frame must be gone. A
// call at the end of a function is taken for one that does not return.
//
// The texts may come in any order; they must be all of the functions and parts
// that jump into each other. The result has one function for each, by address.
// The error names a text whose fields contradict each other, or two that overlap.
func Analyse(texts []Text) ([]unwind.Func, error) {
	texts = slices.Clone(texts)
	slices.SortFunc(texts, func(a, b Text) int {
		if a.Range.Start < b.Range.Start {
			return -1
		}
		return 1
	})
	for i := range texts {
		if err := valid(texts, i); err != nil {
			return nil, err
		}
	}
	funcs := make([]unwind.Func, len(texts))
	var f flow
	for i := range texts {
		t := &texts[i]
		funcs[i].Name, funcs[i].Range = t.Name, t.Range
		if t.Part {
			continue
		}
		why := f.follow(texts, t)
		followed := why == ""
		if followed {
			why = f.judge()
		}
		for k := range f.regions {
			at := index(texts, f.regions[k].text.Range.Start)
			funcs[at].Stops = f.stops(k)
			if followed {
				funcs[at].Windows = f.windows(k)
			} else {
				funcs[at].Windows = anyWindow(f.regions[k].text)
			}
			if funcs[at].Why == "" {
				funcs[at].Why = why
			}
			funcs[at].Frames = funcs[at].Why == ""
		}
	}
	for i := range funcs {
		if !funcs[i].Frames && funcs[i].Why == "" {
			funcs[i].Why = "no function of the module jumps to it"
		}
	}
	return funcs, nil
}

// valid refuses a text that cannot be what it says.
func valid(texts []Text, i int) error {
	t := &texts[i]
	switch {
	case t.Range.Start >= t.Range.End || uint64(len(t.Code)) != t.Range.Size():
		return fmt.Errorf("analyse %s: %d bytes of code for %s", t.Name, len(t.Code), t.Range)
	case t.Site.Size() != 0 && !t.Range.Covers(t.Site):
		return fmt.Errorf("analyse %s: site %s is not in %s", t.Name, t.Site, t.Range)
	case i > 0 && texts[i-1].Range.Overlaps(t.Range):
		return fmt.Errorf("analyse %s: %s overlaps %s at %s", t.Name, t.Range, texts[i-1].Name, texts[i-1].Range)
	}
	return nil
}

// index returns the place of the first text that ends behind a.
func index(texts []Text, a guest.Addr) int {
	return sort.Search(len(texts), func(i int) bool { return texts[i].Range.End > a })
}

// find returns the text that a lies in, or nil.
func find(texts []Text, a guest.Addr) *Text {
	if i := index(texts, a); i < len(texts) && texts[i].Range.Contains(a) {
		return &texts[i]
	}
	return nil
}
