package image

import (
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/testprogs/include"
)

const recordedSource = `
#include <livepatch.h>
u64 f(u64 x) { return x + 1; }
notrace u64 quiet(u64 x) { return x; }
u64 g(u64 x) { return f(x) * 2; }
`

const recordingFlags = "-O2 -fno-pie -ffreestanding -pg -mfentry -mrecord-mcount "

// TestRecorded reads the compiler's list from programs and objects: the entries of the
// functions that have a site.
func TestRecorded(t *testing.T) {
	for _, flags := range []string{"", "-mnop-mcount", "-fPIC", "-fcf-protection=branch", "-ffunction-sections"} {
		args := strings.Fields(recordingFlags + flags)
		prog := parse(t, compile(t, map[string]string{"a.c": recordedSource},
			append(args, "-static", "-no-pie", "-Wl,-T,"+include.LinkerScript, "a.c", include.Support)...))
		mod := link(t, compile(t, map[string]string{"a.c": recordedSource}, append(args, "-c", "a.c")...), outside)
		for _, tab := range []*Symtab{&prog.Symtab, &mod.Symtab} {
			var want []guest.Addr
			for _, name := range []string{"f", "g"} {
				at := tab.ByName(name)[0].Addr
				if strings.Contains(flags, "branch") {
					at += 4
				}
				want = append(want, at)
			}
			if !slices.Equal(tab.Recorded, want) {
				t.Errorf("%s: recorded %v, want %v", flags, tab.Recorded, want)
			}
		}
	}
}

func TestNothingRecorded(t *testing.T) {
	if m := parse(t, userProgram(t, helloText)); m.Recorded != nil {
		t.Errorf("%v", m.Recorded)
	}
	if m := link(t, object(t, moduleText), outside); m.Recorded != nil {
		t.Errorf("%v", m.Recorded)
	}
}

func TestBadRecords(t *testing.T) {
	const list = "\n.section __mcount_loc, \"a\"\n"
	m := link(t, object(t, list+".quad 0, 0x1234, 0"), outside)
	if !slices.Equal(m.Recorded, []guest.Addr{0x1234}) {
		t.Errorf("%v: words of 0 fill gaps", m.Recorded)
	}
	for _, c := range []struct{ text, want string }{
		{list + ".long 1", "section __mcount_loc: 4 bytes, not a whole number of entries of 8"},
		{"\n.section __mcount_loc\n.quad 1", "section __mcount_loc: not a section with contents that is loaded"},
		{"\n.section __mcount_loc, \"a\", @nobits\n.zero 8", "section __mcount_loc: not a section with contents that is loaded"},
	} {
		o, err := ParseObject("mod", object(t, c.text))
		if err != nil {
			t.Fatal(err)
		}
		l, err := o.Link(ModuleArea.Start, outside)
		checkRefused(t, l == nil, err, ErrDeclaration, "mod: "+c.want)
		p, err := Parse("prog", userProgram(t, helloText+c.text))
		checkRefused(t, p == nil, err, ErrDeclaration, "prog: "+c.want)
	}
}
