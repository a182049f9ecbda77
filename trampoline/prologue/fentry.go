package prologue

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"patchlab/guest"
	"patchlab/insn"
)

// Fentry is the style of gcc and clang with -pg -mfentry: a call to __fentry__
// before anything else, or behind the endbr64 of -fcf-protection=branch. The
// stack is still as at the function's entry. Depending on compiler and linker
// the call is
//
//	e8 rel32       call __fentry__              without -fPIE
//	ff 15 disp32   call *__fentry__@GOT(%rip)   with -fPIE, as compiled
//	67 e8 rel32    addr32 call __fentry__       the same after the linker has relaxed it
//
// and its nop is the recommended one of the same length (Intel SDM volume 2,
// NOP), which is also what the Linux kernel puts there.
type Fentry struct{}

var (
	endbr64    = []byte{0xf3, 0x0f, 0x1e, 0xfa}
	nop5       = []byte{0x0f, 0x1f, 0x44, 0x00, 0x00}
	nop6       = []byte{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}
	call       = []byte{0xe8}
	addr32Call = []byte{0x67, 0xe8}
	slotCall   = []byte{0xff, 0x15}
)

// Name returns "fentry".
func (Fentry) Name() string { return "fentry" }

// Match implements [Style].
func (f Fentry) Match(code []byte, at guest.Addr, p Program) (Site, error) {
	if bytes.HasPrefix(code, endbr64) {
		code, at = code[len(endbr64):], at+guest.Addr(len(endbr64))
	}
	refuse := func(err error) (Site, error) {
		return Site{}, &NoMatchError{At: at, Found: Text(code, at), Err: err}
	}
	inst, err := insn.Decode(code, at)
	if err != nil {
		return refuse(ErrNoSite)
	}
	site := Site{Style: f, At: at, Size: inst.Len}
	if is := code[:inst.Len]; bytes.Equal(is, nop5) || bytes.Equal(is, nop6) {
		site.Prepared = true
		return site, nil
	}
	target, err := callTarget(inst, code, p)
	if err != nil {
		return refuse(err)
	}
	if !p.IsFentry(target) {
		return refuse(ErrNotFentry)
	}
	return site, nil
}

// callTarget returns where inst goes, the first of code. A call with other
// prefixes than those that linkers write is no site.
func callTarget(inst insn.Inst, code []byte, p Program) (guest.Addr, error) {
	if target, ok := inst.DirectTarget(); ok && (bytes.HasPrefix(code, call) || bytes.HasPrefix(code, addr32Call)) {
		return target, nil
	}
	slot, ok := inst.MemTarget()
	if !ok || !bytes.HasPrefix(code, slotCall) {
		return 0, ErrNoSite
	}
	var word [8]byte
	if err := p.ReadAt(slot, word[:]); err != nil {
		return 0, fmt.Errorf("slot %s of the GOT: %w", slot, err)
	}
	return guest.Addr(binary.LittleEndian.Uint64(word[:])), nil
}

// Nop implements [Style].
func (Fentry) Nop(s Site) []byte {
	if s.Size == len(nop5) {
		return bytes.Clone(nop5)
	}
	return bytes.Clone(nop6)
}

// Call implements [Style]. It needs no slot, so that a site of six bytes becomes
// an addr32 call whatever it was before; the prefix does nothing there.
func (Fentry) Call(s Site, target guest.Addr) ([]byte, error) {
	rel := int64(target - guest.Addr(s.Return()))
	if rel < math.MinInt32 || rel > math.MaxInt32 {
		return nil, &ReachError{At: s.At, Target: target}
	}
	op := call
	if s.Size == len(nop6) {
		op = addr32Call
	}
	return binary.LittleEndian.AppendUint32(bytes.Clone(op), uint32(rel)), nil
}
