package guest

import "encoding/binary"

// RegFrame is a register frame as it lies on a kernel stack: what an entry from
// user mode or an interrupt pushes. Its layout is the Linux kernel's struct
// pt_regs (arch/x86/include/asm/ptrace.h), 21 words from low to high addresses:
//
//	r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi
//	orig_rax rip cs rflags rsp ss
type RegFrame struct {
	Regs
	OrigRAX uint64
	// Mode is the mode that was left; it is the low bits of cs.
	Mode Mode
}

// RegFrameSize is the size of a register frame in bytes.
const RegFrameSize = 21 * 8

// The segment selectors of 64-bit Linux.
const (
	kernelCS, kernelSS = 0x10, 0x18
	userCS, userSS     = 0x33, 0x2b
)

var regFrameOrder = [...]Reg{R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI}

// Encode returns the bytes of f.
func (f *RegFrame) Encode() [RegFrameSize]byte {
	words := make([]uint64, 0, 21)
	for _, r := range regFrameOrder {
		words = append(words, f.GPR[r])
	}
	cs, ss := uint64(kernelCS), uint64(kernelSS)
	if f.Mode == UserMode {
		cs, ss = userCS, userSS
	}
	words = append(words, f.OrigRAX, uint64(f.RIP), cs, f.RFLAGS, f.GPR[RSP], ss)
	var b [RegFrameSize]byte
	for i, w := range words {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
	return b
}

// ReadRegFrame returns the register frame at a.
func ReadRegFrame(m Memory, a Addr) (RegFrame, error) {
	var b [RegFrameSize]byte
	if err := m.ReadAt(a, b[:]); err != nil {
		return RegFrame{}, err
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	var f RegFrame
	for i, r := range regFrameOrder {
		f.GPR[r] = word(i)
	}
	f.OrigRAX, f.RIP, f.RFLAGS, f.GPR[RSP] = word(15), Addr(word(16)), word(18), word(19)
	if word(17)&3 != 0 {
		f.Mode = UserMode
	}
	return f, nil
}

// EncodedFramePointer returns the value that an interrupt leaves in rbp for a
// register frame at a: the address with its lowest bit set, which no true frame
// pointer has (ENCODE_FRAME_POINTER in arch/x86/include/asm/frame.h).
func EncodedFramePointer(a Addr) uint64 { return uint64(a) | 1 }

// DecodeFramePointer tells whether rbp holds the address of a register frame
// and which.
func DecodeFramePointer(rbp uint64) (a Addr, isRegs bool) { return Addr(rbp &^ 1), rbp&1 != 0 }
