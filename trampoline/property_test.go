package trampoline

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
	"patchlab/trampoline/prologue"
)

// entryForms are all forms of entries; %s stands for the displacement to
// __fentry__ or its slot.
var entryForms = []struct {
	name     string
	code     []byte
	target   guest.Addr // 0 if there is no displacement
	siteSize int
}{
	{"call", []byte{0xe8}, fentry, 5},
	{"addr32 call", []byte{0x67, 0xe8}, fentry, 6},
	{"call slot", []byte{0xff, 0x15}, gotSlot, 6},
	{"nop5", []byte{0x0f, 0x1f, 0x44, 0, 0}, 0, 5},
	{"nop6", []byte{0x66, 0x0f, 0x1f, 0x44, 0, 0}, 0, 6},
}

// drawProgram puts random functions, back to back or with gaps, into the text.
func drawProgram(rt *rapid.T, b *rig) []Func {
	var funcs []Func
	at := textBase
	for i := range rapid.IntRange(1, 12).Draw(rt, "functions") {
		form := rapid.SampledFrom(entryForms).Draw(rt, "form")
		var code []byte
		if rapid.Bool().Draw(rt, "endbr64") {
			code = append(code, 0xf3, 0x0f, 0x1e, 0xfa)
		}
		code = append(code, form.code...)
		if form.target != 0 {
			code = binary.LittleEndian.AppendUint32(code, uint32(form.target-at)-uint32(len(code)+4))
		}
		code = append(code, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "body")...)
		copy(b.text.bytes[at-textBase:], code)
		funcs = append(funcs, Func{fmt.Sprintf("f%d", i), guest.RangeOf(at, uint64(len(code)))})
		at += guest.Addr(len(code) + rapid.IntRange(0, 8).Draw(rt, "gap"))
	}
	return funcs
}

// TestInstallUninstallProperty installs and uninstalls random sites of random
// programs. After every write exactly the sites that are installed differ from
// the prepared text, each in its own bytes only; after all is uninstalled
// nothing does.
func TestInstallUninstallProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newRig(t)
		funcs := drawProgram(rt, b)
		compiled := bytes.Clone(b.text.bytes)
		b.prepare(funcs...)
		if b.sites.Len() != len(funcs) {
			rt.Fatalf("%d functions, %d sites", len(funcs), b.sites.Len())
		}
		prepared := bytes.Clone(b.text.bytes)
		on := make([]bool, len(funcs))
		for range rapid.IntRange(0, 30).Draw(rt, "writes") {
			i := rapid.IntRange(0, len(funcs)-1).Draw(rt, "site")
			on[i] = !on[i]
			if err := b.w.Err(i, on[i], b.run(i, on[i])); err != nil {
				rt.Fatal(err)
			}
			checkText(rt, b, prepared, on)
		}
		for i, is := range on {
			if is {
				b.run(i, false)
			}
		}
		if !bytes.Equal(b.text.bytes, prepared) {
			rt.Fatal("uninstalled, but the text is not as it was prepared")
		}
		for i := range funcs {
			s := b.sites.Site(i)
			from := int(s.At - textBase)
			copy(prepared[from:from+s.Size], compiled[from:])
		}
		if !bytes.Equal(prepared, compiled) {
			rt.Fatal("preparing has changed more than the sites")
		}
	})
}

// checkText holds the text against the prepared one and the sites that are on.
func checkText(rt *rapid.T, b *rig, prepared []byte, on []bool) {
	want := bytes.Clone(prepared)
	for i, is := range on {
		s := b.sites.Site(i)
		if (b.sites.State(i) == On) != is {
			rt.Fatalf("site %s: state %d, want on %v", s, b.sites.State(i), is)
		}
		if !is {
			continue
		}
		code := b.text.bytes[s.At-textBase:][:s.Size]
		if got, want := prologue.Text(code, s.At), "call "+testStub.String()+"`"; !bytes.Contains([]byte(got), []byte(want)) {
			rt.Fatalf("site %s holds %s", s, got)
		}
		copy(want[s.At-textBase:], code)
	}
	if !bytes.Equal(b.text.bytes, want) {
		rt.Fatal("bytes outside of the sites have changed")
	}
}
