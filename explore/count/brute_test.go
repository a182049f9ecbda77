package count

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// What follows counts by trying every interleaving, and tells classes apart by the letter
// of their definition. It shares nothing with the package but the type Program.

// bruteEvent is one step of an interleaving.
type bruteEvent struct {
	thread, index int
	op            Op
	variable      string
	met, left     int64 // the variable's value before and after
}

// bruteState is a program in the middle of an interleaving.
type bruteState struct {
	left      [][]Step // by thread: what is to be done, a step first
	variables map[string]int64
	registers []map[string]int64
	done      []bruteEvent
	preempted int
}

// brute collects what it finds.
type brute struct {
	interleavings int
	classes       map[string]int // the fewest preemptions
	lengths       map[int]bool   // of interleavings
}

func bruteForce(p *Program) *brute {
	s := bruteState{variables: map[string]int64{}}
	for _, v := range p.Init {
		s.variables[v.Var] = v.Value
	}
	for i, t := range p.Threads {
		s.registers = append(s.registers, map[string]int64{})
		s.left = append(s.left, s.settle(i, t.Steps))
	}
	b := &brute{classes: map[string]int{}, lengths: map[int]bool{}}
	b.explore(s)
	return b
}

// settle carries out the conditions in front.
func (s bruteState) settle(thread int, steps []Step) []Step {
	for len(steps) > 0 && steps[0].Op == If {
		l, r := s.value(thread, steps[0].Left), s.value(thread, steps[0].Value)
		holds := map[Rel]bool{"==": l == r, "!=": l != r, "<": l < r, ">": l > r}[steps[0].Rel]
		branch := steps[0].Else
		if holds {
			branch = steps[0].Then
		}
		steps = slices.Concat(branch, steps[1:])
	}
	return steps
}

func (s bruteState) value(thread int, o Operand) int64 { return s.registers[thread][o.Reg] + o.Add }

func (s bruteState) clone() bruteState {
	s.left, s.done, s.variables = slices.Clone(s.left), slices.Clone(s.done), maps.Clone(s.variables)
	s.registers = slices.Clone(s.registers)
	for i := range s.registers {
		s.registers[i] = maps.Clone(s.registers[i])
	}
	return s
}

// step carries out the next step of a thread.
func (s *bruteState) step(thread int) {
	if n := len(s.done); n > 0 && s.done[n-1].thread != thread && len(s.left[s.done[n-1].thread]) > 0 {
		s.preempted++
	}
	step := s.left[thread][0]
	met := s.variables[step.Var]
	left := map[Op]int64{
		Read: met, Write: s.value(thread, step.Value),
		Add: met + s.value(thread, step.Value), Exchange: s.value(thread, step.Value),
	}[step.Op]
	s.variables[step.Var] = left
	if step.Into != "" {
		s.registers[thread][step.Into] = met
	}
	index := 0
	for _, e := range s.done {
		if e.thread == thread {
			index++
		}
	}
	s.done = append(s.done, bruteEvent{thread, index, step.Op, step.Var, met, left})
	s.left[thread] = s.settle(thread, s.left[thread][1:])
}

func (b *brute) explore(s bruteState) {
	ended := true
	for thread := range s.left {
		if len(s.left[thread]) > 0 {
			ended = false
			next := s.clone()
			next.step(thread)
			b.explore(next)
		}
	}
	if !ended {
		return
	}
	b.interleavings++
	b.lengths[len(s.done)] = true
	class := bruteClass(s.done)
	if n, ok := b.classes[class]; !ok || s.preempted < n {
		b.classes[class] = s.preempted
	}
}

// bruteClass returns the events of an interleaving, each with its immediate
// predecessors in happens-before, sorted.
func bruteClass(events []bruteEvent) string {
	n := len(events)
	before := make([][]bool, n) // before[j][i]: i happens before j
	for j := range n {
		before[j] = make([]bool, n)
		for i := range j {
			a, b := events[i], events[j]
			conflict := a.variable == b.variable && (a.op != Read || b.op != Read)
			if a.thread != b.thread && !conflict {
				continue
			}
			before[j][i] = true
			for k := range i {
				before[j][k] = before[j][k] || before[i][k]
			}
		}
	}
	var lines []string
	for j, e := range events {
		var immediate []string
		for i := range j {
			between := func(k int) bool { return before[j][k] && before[k][i] }
			if before[j][i] && !slices.ContainsFunc(indices(n), between) {
				immediate = append(immediate, fmt.Sprintf("%d.%d", events[i].thread, events[i].index))
			}
		}
		slices.Sort(immediate)
		lines = append(lines, fmt.Sprintf("%d.%d: %d %s %d>%d after %s",
			e.thread, e.index, e.op, e.variable, e.met, e.left, strings.Join(immediate, " ")))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// numbers writes what was found as expected does.
func (b *brute) numbers() string {
	var byBound []int
	for _, n := range b.classes {
		for len(byBound) <= n {
			byBound = append(byBound, 0)
		}
		byBound[n]++
	}
	for i := 1; i < len(byBound); i++ {
		byBound[i] += byBound[i-1]
	}
	return fmt.Sprint(big.NewInt(int64(b.interleavings)), len(b.classes), byBound)
}
