package emu

import (
	"patchlab/emu/sched"
	"patchlab/guest"
)

// stepped is round robin with protocols in steps.
type stepped struct{ sched.RoundRobin }

func (*stepped) Stepped() bool { return true }

// once is a policy that preempts one time: after so many instructions of the first
// CPU's tasks, each turn up to there being as long as possible.
type once struct {
	sched.RoundRobin
	at   uint64
	done bool
	seen uint64
}

func newOnce(at uint64) *once { return &once{at: at} }

func (p *once) Turn(guest.CPUID) uint64 { return 1 }

func (p *once) Preempt(uint64) bool {
	p.seen++
	if p.done || p.seen < p.at {
		return false
	}
	p.done = true
	return true
}

func (p *once) State() sched.State {
	s := sched.State{p.seen, 0}
	if p.done {
		s[1] = 1
	}
	return s
}

func (p *once) SetState(s sched.State) { p.seen, p.done = s[0], s[1] != 0 }

// testPolicies returns makers of round robin, whole and stepped, and of so many random
// policies.
func testPolicies(random int) []func() sched.Policy {
	makers := []func() sched.Policy{
		func() sched.Policy { return sched.NewRoundRobin() },
		func() sched.Policy { return &stepped{} },
	}
	for seed := range uint64(random) {
		makers = append(makers, func() sched.Policy { return sched.NewRandom(seed) })
	}
	return makers
}

// picky is round robin with protocols in steps that preempts when it is told to.
type picky struct {
	stepped
	preempt func() bool
}

func (p *picky) Preempt(uint64) bool { return p.preempt() }
