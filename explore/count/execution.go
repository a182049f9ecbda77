package count

import (
	"fmt"
	"slices"
)

// Execution is a program that is being carried out, one step after the other, in an order
// that the caller chooses. It is what runs of the same program elsewhere are compared
// with. It is not for concurrent use.
type Execution struct {
	code      *code
	at        []int // by thread: its next instruction, a step, or the end of its code
	variables []int64
	registers []int64 // of all threads
}

// Start begins to carry out a program. The error is as of [Count].
func Start(p *Program) (*Execution, error) {
	c, err := compile(p)
	if err != nil {
		return nil, err
	}
	e := &Execution{
		code: c, at: make([]int, len(c.threads)),
		variables: slices.Clone(c.init), registers: make([]int64, c.registers),
	}
	for t := range c.threads {
		e.advance(t)
	}
	return e, nil
}

// CopyFrom makes e equal to o, an execution of the same program.
func (e *Execution) CopyFrom(o *Execution) {
	e.code = o.code
	e.at = append(e.at[:0], o.at...)
	e.variables = append(e.variables[:0], o.variables...)
	e.registers = append(e.registers[:0], o.registers...)
}

// Next returns the step that a thread takes next, as its number among all steps of the
// program in the order in which they are written, conditions not counted; ok is false
// when the thread has ended. Threads are numbered from 0.
func (e *Execution) Next(thread int) (step int, ok bool) {
	code := e.code.threads[thread].code
	if e.at[thread] == len(code) {
		return 0, false
	}
	return code[e.at[thread]].slot, true
}

// Step carries out the next step of a thread that has one, and the conditions behind it.
func (e *Execution) Step(thread int) {
	i := &e.code.threads[thread].code[e.at[thread]]
	v := &e.variables[i.variable]
	old, value := *v, e.operand(thread, i.value)
	switch i.op {
	case Write, Exchange:
		*v = value
	case Add:
		*v += value
	}
	if i.into >= 0 {
		e.registers[e.code.threads[thread].first+i.into] = old
	}
	e.at[thread]++
	e.advance(thread)
}

// advance carries out the conditions that a thread has come to.
func (e *Execution) advance(thread int) {
	code := e.code.threads[thread].code
	for at := &e.at[thread]; *at < len(code); {
		i := &code[*at]
		switch {
		case i.op == If && i.rel.holds(e.operand(thread, i.left), e.operand(thread, i.value)):
			*at++
		case i.op == If || i.op == jump:
			*at = i.to
		default:
			return
		}
	}
}

func (e *Execution) operand(thread int, o operand) int64 {
	if o.register < 0 {
		return o.add
	}
	return e.registers[e.code.threads[thread].first+o.register] + o.add
}

// Variable returns the value of a variable of the program.
func (e *Execution) Variable(name string) int64 {
	i := slices.Index(e.code.variables, name)
	if i < 0 {
		panic(fmt.Sprintf("BUG: count: no variable %s", name))
	}
	return e.variables[i]
}

// Register returns the value of a register of a thread.
func (e *Execution) Register(thread int, name string) int64 {
	t := &e.code.threads[thread]
	i := slices.Index(t.names, name)
	if i < 0 {
		panic(fmt.Sprintf("BUG: count: thread %d has no register %s", thread, name))
	}
	return e.registers[t.first+i]
}
