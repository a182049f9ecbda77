package explore

import (
	"fmt"

	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/insn"
	"patchlab/lab"
	"patchlab/unwind"
)

// RuleWindow is the rule that a search breaks in itself when an instruction that is no
// window changes the verdict that a check of the task's stack would have.
const RuleWindow = "undeclared-window"

// paranoid checks after each instruction of guest code that it is a window if it changes
// what the check of the task's stack finds, and of each redirected call that nobody notices
// it (see [RuleTransparent]). A nil one checks nothing.
type paranoid struct {
	lab *lab.Lab
	// window returns the kind of the window at an address; 0: there is none.
	window  func(guest.Addr) unwind.WindowKind
	before  lab.StackClass
	failure search.Failure // the first one since forget
	memory  *memory        // of all systems of the subject
	// read holds what was read of code that does not change.
	read     map[guest.Addr]insn.Inst
	accesses []insn.Access // scratch
	passages []passage     // by task id - 1
}

func newParanoid(l *lab.Lab, m *memory) *paranoid {
	p := &paranoid{lab: l, window: l.Window, memory: m, read: map[guest.Addr]insn.Inst{}}
	l.Machine.Inspect(p)
	return p
}

// Before implements [emu.Inspector].
func (p *paranoid) Before(id guest.TaskID, pc guest.Addr) {
	p.noteAccesses(id, pc)
	switch p.window(pc) {
	case 0:
		p.before = p.lab.StackClass(id)
	case unwind.Stub:
		p.comes(id)
	}
}

// After implements [emu.Inspector].
func (p *paranoid) After(id guest.TaskID, pc guest.Addr) {
	kind := p.window(pc)
	if kind == unwind.Stub {
		p.passed(id)
	}
	if kind != 0 || p.failed() {
		return
	}
	now := p.lab.StackClass(id)
	if now == p.before {
		return
	}
	p.failure = search.Failure{Rule: RuleWindow, Text: fmt.Sprintf(
		"the stack of %s was %s, and is %s behind %s, which is not known to change it",
		p.lab.Machine.TaskName(id), p.lab.ClassText(p.before), p.lab.ClassText(now), p.instruction(pc))}
}

// noteAccesses notes which memory the instruction at pc is about to access.
func (p *paranoid) noteAccesses(id guest.TaskID, pc guest.Addr) {
	in, ok := p.read[pc]
	if !ok {
		var err error
		if in, err = p.decode(pc); err != nil {
			return // it will fault
		}
		if p.window(pc) != unwind.Stub { // a site changes
			p.read[pc] = in
		}
	}
	regs := p.lab.Machine.Registers(id)
	p.accesses = in.Accesses(p.accesses[:0], &regs)
	for _, a := range p.accesses {
		p.memory.add(id, pc, a)
	}
}

func (p *paranoid) decode(pc guest.Addr) (insn.Inst, error) {
	var code [insn.MaxLen]byte
	n := len(code)
	for n > 0 && p.lab.Machine.ReadAt(pc, code[:n]) != nil {
		n-- // the mapping ends
	}
	return insn.Decode(code[:n], pc)
}

// instruction writes the instruction at pc, with its place.
func (p *paranoid) instruction(pc guest.Addr) string {
	text := "an unreadable instruction"
	if in, err := p.decode(pc); err == nil {
		text = "'" + in.String() + "'"
	}
	return fmt.Sprintf("%s at %s (%s)", text, pc, p.lab.Machine.Symbol(pc))
}

// failed reports whether something was found since forget.
func (p *paranoid) failed() bool { return p != nil && p.failure.Rule != "" }

// save appends to dst, in its memory, what belongs to the state of the run.
func (p *paranoid) save(dst []passage) []passage {
	if p == nil {
		return nil
	}
	return append(dst[:0], p.passages...)
}

// restore begins anew in another state of the run.
func (p *paranoid) restore(saved []passage) {
	if p != nil {
		p.failure = search.Failure{}
		p.passages = append(p.passages[:0], saved...)
	}
}
