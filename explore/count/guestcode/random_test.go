package guestcode_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"patchlab/explore/count"
	"patchlab/explore/count/guestcode"
)

// generator makes random programs; equal seeds make equal programs.
type generator struct {
	*rand.Rand
	registers []string // of the thread, those with a value
}

// program makes a program of 2 or 3 threads that has no more than most interleavings.
func (g *generator) program(most int64) *count.Program {
	for {
		p := &count.Program{Name: "random"}
		for _, v := range []string{"x", "unused"} {
			if g.IntN(3) == 0 {
				p.Init = append(p.Init, count.Init{Var: v, Value: g.number()})
			}
		}
		steps, ways := 0, big.NewInt(1) // more than there are where conditions leave steps out
		for t := range 2 + g.IntN(2) {
			g.registers = nil
			p.Threads = append(p.Threads, count.Thread{Name: fmt.Sprintf("t%d", t), Steps: g.block(1+g.IntN(4), 0)})
			size := p.Size() - steps
			steps += size
			ways.Mul(ways, new(big.Int).Binomial(int64(steps), int64(size)))
		}
		if ways.Cmp(big.NewInt(most)) <= 0 {
			return p
		}
	}
}

// number returns small numbers most of the time, and those that need all of a word.
func (g *generator) number() int64 {
	if g.IntN(4) == 0 {
		return []int64{math.MaxInt64, math.MinInt64, -1 << 31, 1 << 32, -1}[g.IntN(5)]
	}
	return int64(g.IntN(4) - 1)
}

func (g *generator) operand() count.Operand {
	o := count.Operand{Add: g.number()}
	if len(g.registers) > 0 && g.IntN(2) == 0 {
		o.Reg = g.registers[g.IntN(len(g.registers))]
	}
	return o
}

func (g *generator) block(n, depth int) []count.Step {
	var steps []count.Step
	for range n {
		if depth < 2 && len(g.registers) > 0 && g.IntN(3) == 0 {
			rels := []count.Rel{count.Equal, count.NotEqual, count.Less, count.Greater}
			steps = append(steps, count.Step{
				Op: count.If, Left: g.operand(), Rel: rels[g.IntN(4)], Value: g.operand(),
				Then: g.block(g.IntN(3), depth+1), Else: g.block(g.IntN(3), depth+1),
			})
			continue
		}
		s := count.Step{Op: count.Op(1 + g.IntN(4)), Var: []string{"x", "y", "z[1]"}[g.IntN(3)]}
		if s.Op != count.Read {
			s.Value = g.operand()
		}
		if s.Op != count.Write && g.IntN(4) > 0 {
			s.Into = []string{"r", "s"}[g.IntN(2)]
			g.registers = append(g.registers, s.Into)
		}
		steps = append(steps, s)
	}
	return steps
}

// compareRandom compares the random program of a seed.
func compareRandom(t *testing.T, seed uint64) *count.Program {
	t.Helper()
	p := (&generator{rand.New(rand.NewPCG(seed, 2)), nil}).program(300)
	compare(t, p, compute(t, p))
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
	return p
}

func TestRandom(t *testing.T) {
	branching := 0
	for seed := range uint64(60) {
		p := compareRandom(t, seed)
		for _, thread := range p.Threads {
			for _, s := range thread.Steps {
				if s.Op == count.If {
					branching++
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	if branching < 30 {
		t.Errorf("the random programs have only %d conditions", branching)
	}
}

// FuzzGuestCode compares programs of any seed: go test -fuzz FuzzGuestCode.
func FuzzGuestCode(f *testing.F) {
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) { compareRandom(t, seed) })
}

// TestRefused wants programs that cannot run on the machine to be refused, and said why.
func TestRefused(t *testing.T) {
	one := []count.Step{{Op: count.Read, Var: "x"}}
	for _, c := range []struct {
		threads []count.Thread
		want    string
	}{
		{nil, "program p has 0 threads: want 1 to 64"},
		{make([]count.Thread, 63), "program p: 65 CPUs: a machine has 1 to 64"},
		{[]count.Thread{{Name: "t", Steps: []count.Step{{Op: count.If, Rel: "?"}}}}, `program p: thread t has a condition with comparison "?"`},
	} {
		s, err := guestcode.NewSystem(&count.Program{Name: "p", Threads: c.threads})
		if err == nil || s != nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	s, err := guestcode.NewSystem(&count.Program{Name: "p", Threads: append(make([]count.Thread, 61), count.Thread{Name: "t", Steps: one})})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
