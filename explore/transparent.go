package explore

import (
	"fmt"

	"patchlab/explore/search"
	"patchlab/guest"
)

// RuleTransparent is the rule that a search breaks in itself when a redirected call does not
// come to the body that was chosen as if that had been called: with all registers, vectors
// and flags included, and the return address, as they were at the function's site. What
// lies below the stack pointer is nobody's.
const RuleTransparent = "transparent"

// passage is what a task has come to a site with.
type passage struct {
	site    guest.Addr // 0: the task has not come to one, or is through
	regs    guest.Regs
	vectors uint64
	returns uint64 // the word at the stack pointer: the site is the function's first instruction
}

// passage returns what a task has with it where it stands.
func (p *paranoid) passage(id guest.TaskID) passage {
	m := p.lab.Machine
	now := passage{site: m.PC(id), regs: m.Registers(id), vectors: m.Vectors(id)}
	// Where it cannot be read the call faults.
	now.returns, _ = guest.ReadU64(m.Memory(), now.regs.SP())
	return now
}

// ofTask returns the passage of a task, to change.
func (p *paranoid) ofTask(id guest.TaskID) *passage {
	for int(id) > len(p.passages) {
		p.passages = append(p.passages, passage{})
	}
	return &p.passages[id-1]
}

// comes notes with what a task comes to a site, before the instruction there.
func (p *paranoid) comes(id guest.TaskID) {
	if !p.lab.Machine.InStub(id) {
		*p.ofTask(id) = p.passage(id)
	}
}

// passed judges [RuleTransparent] behind a site, where it is off, and behind the stub.
func (p *paranoid) passed(id guest.TaskID) {
	was, m := p.ofTask(id), p.lab.Machine
	if m.InStub(id) || was.site == 0 {
		return
	}
	now := p.passage(id)
	if what := was.differs(&now); what != "" && !p.failed() {
		p.failure = search.Failure{Rule: RuleTransparent, Text: fmt.Sprintf("%s came from the site at %s to %s, and %s",
			m.TaskName(id), m.Symbol(was.site), m.Symbol(now.site), what)}
	}
	*was = passage{}
}

// differs says what is not as it was, "" when all is. The address is what the stub is for.
func (was *passage) differs(now *passage) string {
	for r := range guest.NumRegs {
		if a, b := was.regs.GPR[r], now.regs.GPR[r]; a != b {
			return fmt.Sprintf("%s is %#x there, and was %#x", r, b, a)
		}
	}
	switch {
	case was.regs.RFLAGS != now.regs.RFLAGS:
		return fmt.Sprintf("the flags are %#x there, and were %#x", now.regs.RFLAGS, was.regs.RFLAGS)
	case was.vectors != now.vectors:
		return "a vector register or one of the x87 is another there"
	case was.returns != now.returns:
		return fmt.Sprintf("the return address is %#x there, and was %#x", now.returns, was.returns)
	}
	return ""
}
