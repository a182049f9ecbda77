package trampoline

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
)

// The addresses of the fake program.
const (
	textBase guest.Addr = 0x401000
	fentry   guest.Addr = 0x409000
	gotSlot  guest.Addr = 0x40a000
	testStub            = testBase + shimSize
)

func isFentry(a guest.Addr) bool { return a == fentry }

// fakeText is memory from textBase on, with a GOT slot that holds the address of
// __fentry__. It notes what is written.
type fakeText struct {
	bytes  []byte
	writes []string
	broken error // what WriteText answers, if not nil
}

func (f *fakeText) slice(a guest.Addr, n int) ([]byte, error) {
	if a < textBase || a+guest.Addr(n) > textBase+guest.Addr(len(f.bytes)) {
		return nil, fmt.Errorf("%s: %w", a, guest.ErrUnmapped)
	}
	return f.bytes[a-textBase:][:n], nil
}

func (f *fakeText) ReadAt(a guest.Addr, p []byte) error {
	b, err := f.slice(a, len(p))
	copy(p, b)
	return err
}

func (f *fakeText) WriteText(a guest.Addr, p []byte) error {
	b, err := f.slice(a, len(p))
	if err = errors.Join(err, f.broken); err != nil {
		return err
	}
	copy(b, p)
	f.writes = append(f.writes, fmt.Sprintf("%s: % x", a, p))
	return nil
}

// put grows the text so that code, in hexadecimal, stands at a.
func (f *fakeText) put(t testing.TB, a guest.Addr, code string) {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(code, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	end := int(a-textBase) + len(b)
	if end > len(f.bytes) {
		f.bytes = append(f.bytes, bytes.Repeat([]byte{0xcc}, end-len(f.bytes))...)
	}
	copy(f.bytes[a-textBase:], b)
}

// rig is one machine's worth of sites around a fake text.
type rig struct {
	t     *testing.T
	store *protocol.Store
	text  *fakeText
	sites *Sites
	w     *Writer
	prog  *protocol.Program
	table protocol.TableID
}

func newRig(t *testing.T) *rig {
	b := &rig{t: t, store: protocol.NewStore(), text: &fakeText{}}
	b.text.put(t, gotSlot, "00 90 40 00 00 00 00 00")
	b.sites = NewSites(b.store)
	b.w = NewWriter(b.store, b.sites, b.text, testStub)
	b.prog = protocol.NewProgram(b.store)
	b.table = b.prog.Add(b.w.OneWrite())
	return b
}

// prepare prepares functions and turns their sites off.
func (b *rig) prepare(funcs ...Func) Prepared {
	b.t.Helper()
	p, err := b.sites.Prepare(b.text, isFentry, funcs, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, w := range p.Nops {
		if err := b.text.WriteText(w.At, w.Bytes); err != nil {
			b.t.Fatal(err)
		}
	}
	b.text.writes = nil
	return p
}

func (b *rig) run(site int, install bool) Outcome {
	var on uint64
	if install {
		on = 1
	}
	var act protocol.Activation
	b.prog.Start(&act, 7, b.table, uint64(site), on)
	return Outcome(b.prog.RunWhole(&act))
}

func (b *rig) must(site int, install bool) {
	b.t.Helper()
	if err := b.w.Err(site, install, b.run(site, install)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *rig) mutex() uint64 { return b.store.Peek(b.w.mutex) }

// The functions of most tests: a plain one, one behind endbr64 that calls
// through the GOT, one built for -mnop-mcount, one without a site.
var (
	funcF = Func{"f", guest.RangeOf(0x401000, 16)}
	funcG = Func{"g", guest.RangeOf(0x401020, 16)}
	funcH = Func{"h", guest.RangeOf(0x401040, 16)}
	funcU = Func{"untraced", guest.RangeOf(0x401060, 4)}
)

func fourFunctions(t *testing.T) *rig {
	b := newRig(t)
	b.text.put(t, 0x401000, "e8 fb 7f 00 00 c3")
	b.text.put(t, 0x401020, "f3 0f 1e fa ff 15 d6 8f 00 00 c3")
	b.text.put(t, 0x401040, "66 0f 1f 44 00 00 c3")
	b.text.put(t, 0x401060, "55 5d c3 cc")
	return b
}
