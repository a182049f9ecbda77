package count

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
)

// maxBrute is how many interleavings the brute force is asked for at most.
const maxBrute = 2600

// randomProgram makes a program of 2 to 4 threads with 1 to 5 steps each, most of them
// with conditions; the same seed gives the same program.
func randomProgram(seed uint64) *Program {
	g := generator{rand.New(rand.NewPCG(seed, 1)), nil}
	for {
		p := &Program{Name: fmt.Sprintf("seed-%d", seed)}
		if g.IntN(3) == 0 {
			p.Init = []Init{{"x", int64(g.IntN(3))}}
		}
		total, most := 0, big.NewInt(1) // more interleavings than with all steps there are not
		for i := range 2 + g.IntN(3) {
			g.registers = nil
			steps, n := g.steps(1+g.IntN(5), 0)
			p.Threads = append(p.Threads, Thread{fmt.Sprintf("t%d", i), steps})
			total += n
			most.Mul(most, new(big.Int).Binomial(int64(total), int64(n)))
		}
		if most.Cmp(big.NewInt(maxBrute)) <= 0 {
			return p
		}
	}
}

type generator struct {
	*rand.Rand
	registers []string // those with a value
}

// steps returns steps, n besides conditions.
func (g *generator) steps(n, depth int) ([]Step, int) {
	var steps []Step
	made := 0
	for made < n {
		if depth == 2 || len(g.registers) == 0 || g.IntN(5) > 2 {
			steps = append(steps, g.step())
			made++
			continue
		}
		s := Step{Op: If, Left: Operand{Reg: g.registers[g.IntN(len(g.registers))]}, Rel: Rel(rels[g.IntN(len(rels))]), Value: g.operand()}
		var inThen, inElse int
		if s.Then, inThen = g.steps(g.IntN(n-made+1), depth+1); g.IntN(2) == 0 {
			s.Else, inElse = g.steps(g.IntN(n-made-inThen+1), depth+1)
		}
		made += max(inThen, inElse, 1)
		steps = append(steps, s)
	}
	return steps, made
}

func (g *generator) step() Step {
	s := Step{Op: Op(1 + g.IntN(4)), Var: []string{"x", "y", "z[1]"}[g.IntN(3)]}
	if s.Op != Read {
		s.Value = g.operand()
	}
	if s.Op != Write && g.IntN(4) > 0 {
		s.Into = []string{"r", "s"}[g.IntN(2)]
		g.registers = append(g.registers, s.Into)
	}
	return s
}

func (g *generator) operand() Operand {
	o := Operand{Add: int64(g.IntN(4) - 1)}
	if len(g.registers) > 0 && g.IntN(2) == 0 {
		o.Reg = g.registers[g.IntN(len(g.registers))]
	}
	return o
}

// compare holds the counts of a program against the brute force.
func compare(t *testing.T, p *Program) *brute {
	t.Helper()
	b := bruteForce(p)
	if got := numbers(count(t, p)); got != b.numbers() {
		t.Fatalf("counted %s, by trying all %s:\n%s", got, b.numbers(), p)
	}
	return b
}

// TestRandom compares random programs, and wants them to be worth it.
func TestRandom(t *testing.T) {
	const seeds = 2000
	var branching, reduced, bounded int
	for seed := range uint64(seeds) {
		b := compare(t, randomProgram(seed))
		if len(b.lengths) > 1 {
			branching++
		}
		if len(b.classes)*2 < b.interleavings {
			reduced++
		}
		preemptions := map[int]bool{}
		for _, n := range b.classes {
			preemptions[n] = true
		}
		if len(preemptions) > 2 {
			bounded++
		}
	}
	t.Logf("%d programs: %d with interleavings of several lengths, %d with less than half as many classes, %d with 3 bounds or more",
		seeds, branching, reduced, bounded)
	if branching < 150 || reduced < 150 || bounded < 150 {
		t.Error("the random programs have become too simple")
	}
}

// TestKnownByBruteForce compares those programs in testdata that are small enough.
func TestKnownByBruteForce(t *testing.T) {
	compared := map[string]bool{}
	for _, p := range read(t) {
		c, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		if n := paths(c, false, &meter{limit: DefaultMaxStates}); n.Cmp(big.NewInt(maxBrute)) <= 0 {
			compare(t, p)
			compared[p.Name] = true
		}
	}
	if len(compared) < 30 || !compared["enable"] {
		t.Errorf("only %d programs were compared", len(compared))
	}
}

// FuzzCount compares programs of any seed: go test -fuzz FuzzCount.
func FuzzCount(f *testing.F) {
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) {
		p := randomProgram(seed)
		compare(t, p)
		roundTrip(t, p)
	})
}

// roundTrip wants a program to be the same when it has been written and read.
func roundTrip(t *testing.T, p *Program) {
	t.Helper()
	again, err := Parse("again.count", p.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	if len(again) != 1 || !reflect.DeepEqual(again[0], p) {
		t.Fatalf("read back as\n%swant\n%s", again[0], p)
	}
}

func TestRoundTrip(t *testing.T) {
	for seed := range uint64(500) {
		roundTrip(t, randomProgram(seed))
	}
	for _, p := range read(t) {
		roundTrip(t, p)
	}
}
