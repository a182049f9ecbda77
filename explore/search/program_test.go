package search

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"patchlab/explore/count"
)

// opLock waits until its variable is 0 and makes it 1. Step programs have no such thing.
const opLock count.Op = 100

// insn is a step with where to go on; conditions have two ways.
type insn struct {
	step     count.Step
	variable int
	into     int // register, or -1
	next     [2]int
}

// code is a step program ready to run.
type code struct {
	program  *count.Program
	threads  [][]insn
	varIndex map[string]int
	regIndex []map[string]int
	initial  progState
	// judge names the rule that a state breaks, or returns "". It is asked after every
	// step.
	judge func(p *progSystem) string
	// interrupts is how often each thread may be interrupted, at any of its steps; each
	// time variable 0 is counted up.
	interrupts int
}

const (
	maxThreads = 6
	maxVars    = 6
	maxRegs    = 4
)

// progState is all of a run's state.
type progState struct {
	pc    [maxThreads]uint8
	regs  [maxThreads][maxRegs]int64
	vars  [maxVars]int64
	irqs  [maxThreads]uint8
	last  int8 // who moved last, or -1
	steps int
	trail uint64 // the last actors, as octal digits from 1

	// Hashes of events with what comes immediately before them.
	thread [maxThreads][2]uint64
	write  [maxVars][2]uint64
	reads  [maxVars][2]uint64
	class  [2]uint64
	digest uint64
}

// progSystem is a System that runs a step program.
type progSystem struct {
	*code
	progState
	broken string
	slots  []progState

	outcomes map[string]int // of runs that were done or failed, by final state; if not nil
	mu       *sync.Mutex    // protects outcomes
}

func compile(t testing.TB, p *count.Program) *code {
	t.Helper()
	c := &code{program: p, varIndex: map[string]int{}}
	for _, th := range p.Threads {
		regs := map[string]int{}
		var list []insn
		c.emit(&list, th.Steps, regs)
		c.threads = append(c.threads, append(list, insn{}))
		c.regIndex = append(c.regIndex, regs)
	}
	if len(c.threads) > maxThreads || len(c.varIndex) > maxVars {
		t.Fatalf("program too large: %d threads, %d variables", len(c.threads), len(c.varIndex))
	}
	for _, v := range p.Init {
		if i, ok := c.varIndex[v.Var]; ok {
			c.initial.vars[i] = v.Value
		}
	}
	c.initial.last = -1
	return c
}

func (c *code) emit(list *[]insn, steps []count.Step, regs map[string]int) {
	number := func(m map[string]int, name string) int {
		if _, ok := m[name]; !ok {
			m[name] = len(m)
		}
		return m[name]
	}
	for _, s := range steps {
		at := len(*list)
		in := insn{step: s, into: -1, next: [2]int{at + 1, at + 1}}
		if s.Into != "" {
			in.into = number(regs, s.Into)
		}
		if s.Op != count.If {
			in.variable = number(c.varIndex, s.Var)
			*list = append(*list, in)
			continue
		}
		*list = append(*list, in)
		c.emit(list, s.Then, regs)
		skip := len(*list)
		*list = append(*list, insn{step: count.Step{Op: count.If, Rel: count.Equal}}) // 0 == 0: a jump
		(*list)[at].next[1] = len(*list)
		c.emit(list, s.Else, regs)
		(*list)[skip].next[0] = len(*list)
	}
}

// open returns a function that makes systems, which put their outcomes into one map.
func (c *code) open(outcomes map[string]int) func() (System, error) {
	mu := &sync.Mutex{}
	return func() (System, error) { return &progSystem{code: c, outcomes: outcomes, mu: mu}, nil }
}

func (p *progSystem) Reset() (Status, error) {
	p.progState, p.broken = p.initial, ""
	for t := range p.threads {
		p.settle(t)
	}
	return p.status(), nil
}

func (p *progSystem) value(t int, o count.Operand) int64 {
	if o.Reg == "" {
		return o.Add
	}
	i, ok := p.regIndex[t][o.Reg]
	if !ok {
		return o.Add
	}
	return p.regs[t][i] + o.Add
}

// settle carries out the conditions that a thread has come to.
func (p *progSystem) settle(t int) {
	for {
		in := &p.threads[t][p.pc[t]]
		if in.step.Op != count.If {
			return
		}
		l, r, way := p.value(t, in.step.Left), p.value(t, in.step.Value), 1
		switch in.step.Rel {
		case count.Equal:
			way = b2i(l != r)
		case count.NotEqual:
			way = b2i(l == r)
		case count.Less:
			way = b2i(l >= r)
		case count.Greater:
			way = b2i(l <= r)
		}
		p.pc[t] = uint8(in.next[way])
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *progSystem) ended(t int) bool { return p.threads[t][p.pc[t]].step.Op == 0 }

func (p *progSystem) enabled(t int) bool {
	in := &p.threads[t][p.pc[t]]
	return in.step.Op != 0 && (in.step.Op != opLock || p.vars[in.variable] == 0)
}

func (p *progSystem) choice(t int, kind uint8) Choice {
	return Choice{Actor: int32(t), Kind: kind, Point: uint32(t)<<8 | uint32(p.pc[t])}
}

func (p *progSystem) Choices(dst []Choice) []Choice {
	if p.last >= 0 && p.enabled(int(p.last)) {
		dst = append(dst, p.choice(int(p.last), Move))
	}
	for t := range p.threads {
		if int8(t) != p.last && p.enabled(t) {
			dst = append(dst, p.choice(t, Move))
		}
	}
	for t := range p.threads {
		if int(p.irqs[t]) < p.interrupts && !p.ended(t) {
			dst = append(dst, p.choice(t, 1))
		}
	}
	return dst
}

func (p *progSystem) Preempts(c Choice) bool {
	return c.Kind != Move || p.last >= 0 && c.Actor != int32(p.last) && p.enabled(int(p.last))
}

func (p *progSystem) Do(c Choice) (Status, error) {
	t := int(c.Actor)
	if t >= len(p.threads) || c != p.choice(t, c.Kind) || c.Kind == Move && !p.enabled(t) {
		return 0, fmt.Errorf("%w: thread %d", ErrInfeasible, t)
	}
	p.steps++
	p.trail = p.trail<<3 | uint64(t+1)
	if c.Kind != Move {
		p.irqs[t]++
		p.event(t, 0, true, p.vars[0])
		p.vars[0]++
		return p.status(), nil
	}
	p.last = int8(t)
	in := &p.threads[t][p.pc[t]]
	s, v := &in.step, in.variable
	old := p.vars[v]
	switch s.Op {
	case count.Write, count.Exchange:
		p.vars[v] = p.value(t, s.Value)
	case count.Add:
		p.vars[v] += p.value(t, s.Value)
	case opLock:
		p.vars[v] = 1
	}
	p.event(t, v, s.Op != count.Read, int64(p.pc[t]))
	if in.into >= 0 {
		p.regs[t][in.into] = old
	}
	p.pc[t] = uint8(in.next[0])
	p.settle(t)
	return p.status(), nil
}

// event adds an access to the class.
func (p *progSystem) event(t, v int, writes bool, what int64) {
	for k := range 2 {
		h := mix(uint64(t)<<32 ^ uint64(v)<<16 ^ uint64(what)<<1 ^ uint64(b2i(writes)) ^ uint64(k)<<60)
		h = mix(h ^ p.thread[t][k]*3)
		h = mix(h ^ p.write[v][k]*5)
		if writes {
			h = mix(h ^ p.reads[v][k]*7)
			p.write[v][k], p.reads[v][k] = h, 0
		} else {
			p.reads[v][k] += h
		}
		p.thread[t][k] = h
		p.class[k] += mix(h)
	}
	p.digest = mix(p.digest ^ p.thread[t][0])
}

func (p *progSystem) status() Status {
	if p.judge != nil {
		if p.broken = p.judge(p); p.broken != "" {
			return p.note(Failed)
		}
	}
	all := true
	for t := range p.threads {
		if p.enabled(t) {
			return Going
		}
		all = all && p.ended(t)
	}
	if !all {
		return Blocked
	}
	return p.note(Done)
}

func (p *progSystem) note(s Status) Status {
	if p.outcomes != nil {
		p.mu.Lock()
		p.outcomes[p.outcome()]++
		p.mu.Unlock()
	}
	return s
}

func (p *progSystem) outcome() string {
	return fmt.Sprint(p.vars[:len(p.varIndex)], p.regs[:len(p.threads)], p.broken)
}

func (p *progSystem) Save(slot int) {
	for len(p.slots) <= slot {
		p.slots = append(p.slots, progState{})
	}
	p.slots[slot] = p.progState
}

func (p *progSystem) Restore(slot int) error {
	p.progState, p.broken = p.slots[slot], ""
	return nil
}

func (p *progSystem) State(dst []byte) []byte {
	for t := range p.threads {
		dst = append(dst, p.pc[t], p.irqs[t])
		for _, r := range p.regs[t] {
			dst = binary.AppendVarint(dst, r)
		}
	}
	for _, v := range p.vars {
		dst = binary.AppendVarint(dst, v)
	}
	return dst
}

func (p *progSystem) Class() [2]uint64    { return p.class }
func (p *progSystem) Digest() uint64      { return p.digest | 1 }
func (p *progSystem) Where(string) string { return fmt.Sprintf("after %d steps", p.steps) }
func (p *progSystem) Failure() Failure    { return Failure{p.broken, "state " + p.outcome()} }

func (p *progSystem) Describe(c Choice) (actor, kind, point string) {
	t := c.Actor
	if c.Kind != Move {
		kind = "interrupt"
	}
	return p.program.Threads[t].Name, kind, fmt.Sprintf("%s+%d", p.program.Threads[t].Name, c.Point&0xff)
}

// parse returns the one program in a text.
func parse(t testing.TB, text string) *count.Program {
	t.Helper()
	list, err := count.Parse("test.count", text)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d programs, %v", len(list), err)
	}
	return list[0]
}

// search does a search that must not return an error.
func search(t testing.TB, c *code, o Options) *Result {
	t.Helper()
	r, err := Search(context.Background(), c.open(nil), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
