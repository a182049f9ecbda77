package sched

import (
	"math/bits"

	"patchlab/guest"
)

// Random makes every choice by a seeded generator: CPU and task evenly, turns of 1
// to 256 instructions with short ones as likely as long ones on a logarithmic scale,
// and a preemption at one turn's end in eight.
type Random struct{ state uint64 }

// NewRandom returns the policy with that seed.
func NewRandom(seed uint64) *Random { return &Random{state: seed} }

// below returns an even number in [0, n), by splitmix64 (Steele, Lea, Flood: Fast
// splittable pseudorandom number generators, 2014).
func (p *Random) below(n uint64) uint64 {
	p.state += 0x9e3779b97f4a7c15
	z := p.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	hi, _ := bits.Mul64(z^z>>31, n)
	return hi
}

// Name implements [Policy].
func (*Random) Name() string { return "random" }

// CPU implements [Policy].
func (p *Random) CPU(ready []guest.CPUID) guest.CPUID { return ready[p.below(uint64(len(ready)))] }

// Task implements [Policy].
func (p *Random) Task(queue []guest.TaskID) int { return int(p.below(uint64(len(queue)))) }

// Turn implements [Policy].
func (p *Random) Turn(guest.CPUID) uint64 { return 1 + p.below(1<<(1+p.below(8))) }

// Preempt implements [Policy].
func (p *Random) Preempt(uint64) bool { return p.below(8) == 0 }

// Stepped implements [Policy]: every step is a point where others can move.
func (*Random) Stepped() bool { return true }

// State implements [Policy].
func (p *Random) State() State { return State{p.state} }

// SetState implements [Policy].
func (p *Random) SetState(s State) { p.state = s[0] }
