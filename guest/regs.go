package guest

// Reg numbers a general-purpose register in the order of its encoding in
// instructions (Intel SDM volume 2, table 3-1).
type Reg uint8

// The general-purpose registers.
const (
	RAX Reg = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
	NumRegs
)

var regNames = [NumRegs]string{
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
}

// String returns the register's name in lower case.
func (r Reg) String() string {
	if r < NumRegs {
		return regNames[r]
	}
	return "reg?"
}

// Regs are the integer registers of one task at one instant: the state that
// stacks are walked from. Vector and x87 registers stay in the processor's own
// context (package cpu).
type Regs struct {
	GPR    [NumRegs]uint64
	RIP    Addr
	RFLAGS uint64
}

// SP returns the stack pointer.
func (r *Regs) SP() Addr { return Addr(r.GPR[RSP]) }

// BP returns the frame pointer.
func (r *Regs) BP() Addr { return Addr(r.GPR[RBP]) }
