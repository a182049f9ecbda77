package sched

import (
	"fmt"
	"sort"
	"strings"

	"patchlab/guest"
)

// State is all that a policy remembers: a value that is copied with the machine.
type State [2]uint64

// Policy makes the choices of a run. It must answer from its arguments and its
// state alone. Not for concurrent use.
type Policy interface {
	// Name is the policy's name, as [ByName] takes it.
	Name() string
	// CPU chooses one of the CPUs that can move; there is at least one.
	CPU(ready []guest.CPUID) guest.CPUID
	// Task chooses one of the runnable tasks, which stand in the order in which
	// they came, for a CPU without one; it returns an index.
	Task(queue []guest.TaskID) int
	// Turn returns for how many instructions the CPU's task runs before the
	// policy is asked again: at least 1.
	Turn(cpu guest.CPUID) uint64
	// Preempt says whether a task that has run for so many instructions since it
	// came on its CPU must go, where another task waits.
	Preempt(ran uint64) bool
	// Stepped says whether protocols are taken in steps, so that other CPUs move
	// between any two, or whole.
	Stepped() bool
	// State returns what the policy remembers, and SetState puts it back.
	State() State
	SetState(State)
}

// policies makes each policy from a seed.
var policies = map[string]func(seed uint64) Policy{
	"rr":     func(uint64) Policy { return NewRoundRobin() },
	"random": func(seed uint64) Policy { return NewRandom(seed) },
}

// Names returns the names of the policies, sorted.
func Names() []string {
	var names []string
	for n := range policies {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// ByName returns a new policy; the seed matters to those that are random.
func ByName(name string, seed uint64) (Policy, error) {
	f, ok := policies[name]
	if !ok {
		return nil, fmt.Errorf("no scheduler %q: there are %s", name, strings.Join(Names(), ", "))
	}
	return f(seed), nil
}
