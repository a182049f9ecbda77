package sched

import "patchlab/guest"

// The round-robin policy's quanta, in instructions: CPUs alternate after a turn,
// and tasks on one CPU after a slice.
const (
	rrTurn  = 100
	rrSlice = 1000
)

// RoundRobin lets CPUs take turns of equal length and gives each task a slice of
// its CPU.
type RoundRobin struct{ last guest.CPUID }

// NewRoundRobin returns the policy.
func NewRoundRobin() *RoundRobin { return &RoundRobin{last: guest.NoCPU} }

// Name implements [Policy].
func (*RoundRobin) Name() string { return "rr" }

// CPU implements [Policy]: the next one after the last.
func (p *RoundRobin) CPU(ready []guest.CPUID) guest.CPUID {
	p.last = next(ready, p.last)
	return p.last
}

// next returns the first CPU after last, in a circle; ready is in rising order.
func next(ready []guest.CPUID, last guest.CPUID) guest.CPUID {
	for _, c := range ready {
		if c > last {
			return c
		}
	}
	return ready[0]
}

// Task implements [Policy]: who has waited longest.
func (*RoundRobin) Task([]guest.TaskID) int { return 0 }

// Turn implements [Policy].
func (*RoundRobin) Turn(guest.CPUID) uint64 { return rrTurn }

// Preempt implements [Policy].
func (*RoundRobin) Preempt(ran uint64) bool { return ran >= rrSlice }

// Stepped implements [Policy]: protocols are taken whole.
func (*RoundRobin) Stepped() bool { return false }

// State implements [Policy].
func (p *RoundRobin) State() State { return State{uint64(int64(p.last))} }

// SetState implements [Policy].
func (p *RoundRobin) SetState(s State) { p.last = guest.CPUID(int64(s[0])) }
