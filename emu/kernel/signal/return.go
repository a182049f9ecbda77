package signal

import (
	"encoding/binary"
	"fmt"

	"patchlab/guest"
)

// userFlags are the flags that a handler can change by what it leaves in its frame.
const userFlags = 0x50dd5 // AC, RF, OF, DF, TF, SF, ZF, AF, PF, CF

// endOfUser is where the addresses of user mode end.
const endOfUser guest.Addr = 1<<47 - guest.PageSize

// BaseOf returns where the frame lies that rt_sigreturn is called for with this stack
// pointer: the handler's return has taken the return address off.
func BaseOf(sp guest.Addr) guest.Addr { return sp - contextAt }

// Decode reads the frame of a handler that has ended: ContextSize bytes from
// Frame.Base on. Of the flags, those that are the user's are from the frame and the
// others from rflags. The error, for which [Process.ForceSegv] stands, is about what no
// thread can go on from.
func Decode(b []byte, rflags uint64) (Context, error) {
	if len(b) < ContextSize {
		return Context{}, fmt.Errorf("signal frame: %d bytes, want %d", len(b), ContextSize)
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	c := Context{
		Stack: AltStack{guest.Addr(word(stackAt)), uint32(word(stackAt + 8)), word(stackAt + 16)},
		Err:   word(errAt),
		Trap:  word(errAt + 8),
		Addr:  guest.Addr(word(errAt + 24)),
		FP:    guest.Addr(word(fpAt)),
		Mask:  Set(word(maskAt)) &^ unblockable,
	}
	for j, r := range contextRegs {
		c.Regs.GPR[r] = word(regsAt + 8*j)
	}
	c.Regs.RIP = guest.Addr(word(regsAt + 16*8))
	c.Regs.RFLAGS = word(regsAt+17*8)&userFlags | rflags&^userFlags
	switch s := word(segmentsAt); {
	case c.Regs.RIP >= endOfUser:
		return Context{}, fmt.Errorf("signal frame: it returns to %s, which is no address of user mode", c.Regs.RIP)
	case (s|3)&0xffff != userSegments&0xffff, (s>>48)|3 != userSegments>>48:
		return Context{}, fmt.Errorf("signal frame: it returns to segments cs %#x, ss %#x", s&0xffff, s>>48)
	}
	return c, nil
}

// mxcsrAt is where MXCSR lies in an FXSAVE image, and mxcsrBits are those that it has.
const (
	mxcsrAt   = 24
	mxcsrBits = 0xffff
)

// LoadableFX reports whether a processor loads an FXSAVE image: no bit of MXCSR is set
// that it does not have.
func LoadableFX(fx *[FXSize]byte) bool {
	return binary.LittleEndian.Uint32(fx[mxcsrAt:])&^mxcsrBits == 0
}
