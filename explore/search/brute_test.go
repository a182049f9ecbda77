package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"patchlab/explore/count"
)

// brute is what a plain enumeration knows about a program. It shares nothing with the
// searches or the system that they search.
type brute struct {
	runs     int
	outcomes map[string]int // final state, by how many runs end there
	classes  map[string]int // by class, the least preemptions of a run in it
}

type bruteThread struct {
	rest []count.Step
	regs map[string]int64
}

type bruteEvent struct {
	thread int
	op     count.Op
	v      string
}

func enumerate(p *count.Program) *brute {
	b := &brute{outcomes: map[string]int{}, classes: map[string]int{}}
	vars := map[string]int64{}
	for _, v := range p.Init {
		vars[v.Var] = v.Value
	}
	var threads []bruteThread
	for _, t := range p.Threads {
		threads = append(threads, bruteThread{t.Steps, map[string]int64{}}.settled())
	}
	b.visit(threads, vars, nil, -1, 0)
	return b
}

func (t bruteThread) value(o count.Operand) int64 { return t.regs[o.Reg] + o.Add }

func (t bruteThread) settled() bruteThread {
	for len(t.rest) > 0 && t.rest[0].Op == count.If {
		s := t.rest[0]
		l, r := t.value(s.Left), t.value(s.Value)
		holds := map[count.Rel]bool{count.Equal: l == r, count.NotEqual: l != r, count.Less: l < r, count.Greater: l > r}[s.Rel]
		way := s.Else
		if holds {
			way = s.Then
		}
		t.rest = slices.Concat(way, t.rest[1:])
	}
	return t
}

func (b *brute) visit(threads []bruteThread, vars map[string]int64, events []bruteEvent, last, preemptions int) {
	over := true
	for i, t := range threads {
		if len(t.rest) == 0 {
			continue
		}
		over = false
		s := t.rest[0]
		nv, nt := cloneMap(vars), bruteThread{t.rest[1:], cloneMap(t.regs)}
		switch s.Op {
		case count.Write, count.Exchange:
			nv[s.Var] = t.value(s.Value)
		case count.Add:
			nv[s.Var] += t.value(s.Value)
		}
		if s.Into != "" {
			nt.regs[s.Into] = vars[s.Var]
		}
		all := slices.Clone(threads)
		all[i] = nt.settled()
		n := preemptions
		if last >= 0 && last != i && len(threads[last].rest) > 0 {
			n++
		}
		b.visit(all, nv, append(slices.Clip(events), bruteEvent{i, s.Op, s.Var}), i, n)
	}
	if !over {
		return
	}
	b.runs++
	b.outcomes[bruteState(threads, vars)]++
	class := bruteClass(events)
	if n, ok := b.classes[class]; !ok || preemptions < n {
		b.classes[class] = preemptions
	}
}

func cloneMap(m map[string]int64) map[string]int64 {
	n := map[string]int64{}
	for k, v := range m {
		n[k] = v
	}
	return n
}

// bruteState tells a state: fmt sorts the keys of maps.
func bruteState(threads []bruteThread, vars map[string]int64) string {
	var s strings.Builder
	for _, t := range threads {
		fmt.Fprint(&s, len(t.rest), t.rest, t.regs, ";")
	}
	fmt.Fprint(&s, vars)
	return s.String()
}

// bruteClass tells which conflicting pairs of events come in which order.
func bruteClass(events []bruteEvent) string {
	index := map[int]int{}
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = fmt.Sprintf("%d.%d%s%d", e.thread, index[e.thread], e.v, e.op)
		index[e.thread]++
	}
	pairs := slices.Clone(names)
	for i, a := range events {
		for j, b := range events[:i] {
			if a.thread != b.thread && a.v == b.v && (a.op != count.Read || b.op != count.Read) {
				pairs = append(pairs, names[j]+"<"+names[i])
			}
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, " ")
}

// within returns how many classes have a run with at most so many preemptions.
func (b *brute) within(bound int) int {
	n := 0
	for _, least := range b.classes {
		if least <= bound {
			n++
		}
	}
	return n
}

// randomProgram makes a program from a seed, with conditions and at most about 2000
// interleavings.
func randomProgram(seed uint64) *count.Program {
	r := rand.New(rand.NewPCG(seed, 77))
	for {
		p := randomOf(r, fmt.Sprintf("seed-%d", seed))
		most, total := 1, 0
		for _, t := range p.Threads {
			for k := range longest(t.Steps) {
				total++
				most = most * total / (k + 1)
			}
		}
		if most <= 2000 {
			return p
		}
	}
}

// longest returns how many steps there are on the longest way.
func longest(steps []count.Step) int {
	n := 0
	for _, s := range steps {
		if s.Op == count.If {
			n += max(longest(s.Then), longest(s.Else))
		} else {
			n++
		}
	}
	return n
}

func randomOf(r *rand.Rand, name string) *count.Program {
	operand := func() count.Operand {
		o := count.Operand{Add: int64(r.IntN(3))}
		if r.IntN(2) == 0 {
			o.Reg = "r"
		}
		return o
	}
	var steps func(n int) []count.Step
	steps = func(n int) []count.Step {
		var list []count.Step
		for len(list) < n {
			s := count.Step{Op: count.Op(1 + r.IntN(4)), Var: []string{"x", "y", "z"}[r.IntN(3)]}
			if s.Op != count.Read {
				s.Value = operand()
			}
			if s.Op != count.Write {
				s.Into = []string{"r", "s"}[r.IntN(2)]
			}
			list = append(list, s)
			if n > 1 && r.IntN(3) == 0 {
				rel := []count.Rel{count.Equal, count.NotEqual, count.Less, count.Greater}[r.IntN(4)]
				list = append(list, count.Step{
					Op: count.If, Left: count.Operand{Reg: "r"}, Rel: rel, Value: operand(),
					Then: steps(1), Else: steps(r.IntN(2)),
				})
			}
		}
		return list
	}
	p := &count.Program{Name: name, Init: []count.Init{{Var: "x", Value: int64(r.IntN(2))}}}
	n := 2 + r.IntN(3)
	for i := range n {
		p.Threads = append(p.Threads, count.Thread{Name: fmt.Sprintf("t%d", i), Steps: steps(1 + r.IntN(6-n))})
	}
	return p
}
