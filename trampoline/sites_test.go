package trampoline

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/trampoline/prologue"
)

func TestPrepare(t *testing.T) {
	b := fourFunctions(t)
	alias := Func{"f_alias", funcF.Range}
	behindMark := Func{"g_body", guest.RangeOf(0x401024, 12)}
	p, err := b.sites.Prepare(b.text, isFentry, []Func{funcU, funcH, behindMark, alias, funcG, funcF}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Sites, []int{0, 1, 2}) || b.sites.Len() != 3 {
		t.Errorf("sites %v of %d", p.Sites, b.sites.Len())
	}
	var nops []string
	for _, w := range p.Nops {
		nops = append(nops, fmt.Sprintf("%s: % x", w.At, w.Bytes))
	}
	if want := []string{"0x401000: 0f 1f 44 00 00", "0x401024: 66 0f 1f 44 00 00"}; !slices.Equal(nops, want) {
		t.Errorf("nops %q, want %q", nops, want)
	}
	if len(b.text.writes) != 0 {
		t.Errorf("Prepare wrote %q", b.text.writes)
	}
	for i, c := range []struct {
		text string
		ret  guest.ReturnAddr
	}{{"f+0 at 0x401000", 0x401005}, {"g+4 at 0x401024", 0x40102a}, {"h+0 at 0x401040", 0x401046}} {
		s := b.sites.Site(i)
		if s.String() != c.text || s.Index != i || s.Return() != c.ret || b.sites.State(i) != Off {
			t.Errorf("site %d is %s, return %#x, state %d; want %s, %#x", i, s, s.Return(), b.sites.State(i), c.text, c.ret)
		}
		if got, ok := b.sites.ByReturn(c.ret); !ok || got != i {
			t.Errorf("return address %#x: site %d, %v", c.ret, got, ok)
		}
	}
}

func TestFind(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF, funcG, funcH, funcU)
	for _, c := range []struct {
		at   guest.Addr
		want int
		err  string
	}{
		{at: 0x401000, want: 0},
		{at: 0x401020, want: 1},
		{at: 0x401024, want: 1}, // the site itself
		{at: 0x401040, want: 2},
		{at: 0x401060, err: "function untraced: no patch site at 0x401060: found `push rbp` (55)"},
		{at: 0x401005, err: "no function at 0x401005: no patch site"},
	} {
		got, err := b.sites.Find(c.at)
		if c.err == "" && (err != nil || got != c.want) {
			t.Errorf("%s: site %d, %v, want %d", c.at, got, err, c.want)
		}
		if c.err != "" {
			if e := new(NoSiteError); err == nil || err.Error() != c.err || !errors.Is(err, prologue.ErrNoSite) || !errors.As(err, &e) {
				t.Errorf("%s: site %d, %v, want %q", c.at, got, err, c.err)
			}
		}
	}
	for _, r := range []guest.ReturnAddr{0x401000, 0x401004, 0x401006, 0x401025, 0} {
		if i, ok := b.sites.ByReturn(r); ok {
			t.Errorf("return address %#x: site %d", r, i)
		}
	}
}

func TestFindOtherCall(t *testing.T) {
	b := fourFunctions(t)
	b.text.put(t, 0x401060, "e8 9b ff ff ff")
	b.prepare(Func{"calls_f", guest.RangeOf(0x401060, 5)})
	_, err := b.sites.Find(0x401060)
	want := "function calls_f: not a call to __fentry__ at 0x401060: found `call 0x401000` (e8 9b ff ff ff)"
	if !errors.Is(err, prologue.ErrNotFentry) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPrepareRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Func
		want string
	}{
		{"again", funcF, "function f at 0x401000 is prepared already"},
		{"untraced again", funcU, "function untraced at 0x401060 is prepared already"},
		{"unmapped", Func{"lost", guest.RangeOf(0x500000, 16)}, "function lost at 0x500000: 0x500000: address not mapped"},
		{"off the end", Func{"cut", guest.RangeOf(0x40a004, 16)}, "function cut at 0x40a004: 0x40a004: address not mapped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := fourFunctions(t)
			b.prepare(funcF, funcU)
			vars := b.store.Len()
			p, err := b.sites.Prepare(b.text, isFentry, []Func{funcG, c.f}, nil)
			if err == nil || err.Error() != c.want || p.Sites != nil || p.Nops != nil {
				t.Errorf("got %+v, %v, want %s", p, err, c.want)
			}
			if b.sites.Len() != 1 || b.store.Len() != vars {
				t.Error("a refused Prepare has added something")
			}
			if _, err := b.sites.Find(funcG.Range.Start); err == nil {
				t.Error("a refused Prepare has added g")
			}
		})
	}
}

// TestShortFunctions has sites that would not lie within their function.
func TestShortFunctions(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(Func{"f", guest.RangeOf(0x401000, 4)}, Func{"g", guest.RangeOf(0x401020, 9)}, Func{"h", guest.RangeOf(0x401040, 0)})
	if b.sites.Len() != 0 {
		t.Errorf("found %s", b.sites.Site(0))
	}
	if _, err := b.sites.Find(0x401040); !errors.Is(err, prologue.ErrNoSite) {
		t.Errorf("function of no size: %v", err)
	}
}

func TestRemove(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF)
	var before, between SitesSnapshot
	b.sites.Save(&before)
	b.prepare(funcG, funcU)
	b.sites.Save(&between)
	b.sites.Remove(guest.Range{Start: 0x401020, End: 0x401100})
	if _, ok := b.sites.ByReturn(0x40102a); ok || !b.sites.Site(1).Removed || b.sites.Site(0).Removed {
		t.Error("g is still there, or f is gone")
	}
	for _, at := range []guest.Addr{0x401020, 0x401024, 0x401060} {
		if i, err := b.sites.Find(at); err == nil || err.Error() != fmt.Sprintf("no function at %s: no patch site", at) {
			t.Errorf("%s: site %d, %v", at, i, err)
		}
	}
	if p := b.prepare(funcG); !slices.Equal(p.Sites, []int{2}) {
		t.Errorf("loaded again as %v", p.Sites)
	}
	b.sites.Restore(&between)
	if i, err := b.sites.Find(0x401020); err != nil || i != 1 || b.sites.Site(1).Removed || b.sites.Len() != 2 {
		t.Errorf("restored: site %d, %v", i, err)
	}
	b.sites.Restore(&before)
	if _, err := b.sites.Find(0x401020); err == nil || b.sites.Len() != 1 {
		t.Error("restored to before g: g is there")
	}
}

func TestByReturnDoesNotAllocate(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF, funcG)
	if n := testing.AllocsPerRun(100, func() { b.sites.ByReturn(0x401005); b.sites.ByReturn(1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNames(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF, funcG)
	var names []string
	for v := range protocol.Var(b.store.Len()) {
		names = append(names, b.store.Name(v))
	}
	if want := []string{"text_mutex", "site f", "site g"}; !slices.Equal(names, want) {
		t.Errorf("variables %q, want %q", names, want)
	}
}
