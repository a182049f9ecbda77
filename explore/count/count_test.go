package count

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// expected holds what is known of the programs in testdata: interleavings, classes, and
// classes with at most 0, 1, 2, ... preemptions. The numbers were not made by this
// package, except those of "enable", which the brute force confirms, and the bounds of
// fib_bench.
var expected = map[string]string{
	"MP": "6 3 [2 3]", "SB": "6 3 [2 3]", "LB": "6 3 [2 3]",
	"S": "6 3 [2 3]", "R": "6 3 [2 3]", "2+2W": "6 3 [2 3]",
	"WRC": "30 7 [6 7]", "RWC": "30 7 [6 7]",
	"ISA2": "90 7 [6 7]", "W+RWC": "90 7 [6 7]", "Z6.0": "90 7 [6 7]", "3SB": "90 7 [6 7]",
	"IRIW": "180 15 [14 15]",

	"disjoint-2x2": "6 1 [1]", "disjoint-2x3": "20 1 [1]", "disjoint-2x4": "70 1 [1]", "disjoint-2x5": "252 1 [1]",
	"same-2x2": "6 6 [2 4 6]", "same-2x3": "20 20 [2 6 14 18 20]", "same-2x4": "70 70 [2 8 26 44 62 68 70]",
	"same-2x5": "252 252 [2 10 42 90 162 210 242 250 252]",

	"ainc(2)": "2 2 [2]", "ainc(3)": "6 6 [6]", "ainc(4)": "24 24 [24]",
	"binc(2)": "6 4 [2 4]", "binc(3)": "90 36 [6 24 36]", "binc(4)": "2520 576 [24 168 432 576]",
	"inc(2)": "6 4 [2 4]", "inc(3)": "90 36 [6 24 36]", "inc(4)": "2520 576 [24 168 432 576]",
	"cinc(2)": "20 8 [2 6 8]", "cinc(3)": "1680 216 [6 42 120 192 216]",
	"cinc(4)": "369600 13824 [24 312 1704 5160 9792 12960 13824]",

	"readers(1)": "2 2 [2]", "readers(2)": "6 4 [4]", "readers(3)": "24 8 [8]", "readers(5)": "720 32 [32]",
	"readers(8)": "362880 256 [256]", "readers(13)": "87178291200 8192 [8192]",

	// GenMC and Nidhugg find 218243 executions of it; 76938289920 is 32!/(15! 15! 2!).
	"fib_bench(5)": "76938289920 218243 [6 93 950 5090 19939 53554 108424 166712 205001 217486 218243]",
	// (N+3) 2^(N-2), as model checkers find for 15 as well.
	"lastzero(5)": "3487880 64 [64]",

	"enable": "88 5 [2 5]",
}

// read returns the programs in testdata.
func read(t *testing.T) []*Program {
	t.Helper()
	files, err := filepath.Glob("testdata/*.count")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	var all []*Program
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		programs, err := Parse(file, string(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, programs...)
	}
	return all
}

// count counts a program that is small enough.
func count(t *testing.T, p *Program) Result {
	t.Helper()
	r, err := Count(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Complete || r.Why != "" || r.Met != r.ByBound[len(r.ByBound)-1] {
		t.Errorf("not complete: %+v", r)
	}
	return r
}

// numbers writes a result as expected does.
func numbers(r Result) string { return fmt.Sprint(r.Interleavings, r.Classes, r.ByBound) }

func TestKnown(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range read(t) {
		if got := numbers(count(t, p)); got != expected[p.Name] {
			t.Errorf("%s: %s, want %s", p.Name, got, expected[p.Name])
		}
		if seen[p.Name] {
			t.Errorf("%s is there twice", p.Name)
		}
		seen[p.Name] = true
	}
	for name := range expected {
		if !seen[name] {
			t.Errorf("%s is not in testdata", name)
		}
	}
}

// writes returns a program of two threads that write to one variable k times each.
func writes(k int) *Program {
	p := &Program{Name: "writes"}
	for _, name := range []string{"a", "b"} {
		t := Thread{Name: name}
		for range k {
			t.Steps = append(t.Steps, Step{Op: Write, Var: "x"})
		}
		p.Threads = append(p.Threads, t)
	}
	return p
}

// runs returns how many of the classes of writes(k) have at most bound preemptions. Each
// interleaving is a class. One that changes threads n times has n-1 preemptions, because
// the thread from which it changes last has ended.
func runs(k, bound int) int64 {
	sum := new(big.Int)
	for changes := 1; changes <= bound+1; changes++ {
		one := new(big.Int).Binomial(int64(k-1), int64(changes/2))
		other := new(big.Int).Binomial(int64(k-1), int64((changes-1)/2))
		sum.Add(sum, one.Mul(one, other.Lsh(other, 1)))
	}
	return sum.Int64()
}

// TestLimits wants a count that was stopped to be exact in what it says.
func TestLimits(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 100, 400, 1000, 10_000, 100_000} {
		r, err := Count(writes(20), Options{MaxStates: limit})
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("stopped after %d states", limit); r.Complete || r.Why != want {
			t.Errorf("%d states: complete %t, %q", limit, r.Complete, r.Why)
		}
		want := fmt.Sprint(new(big.Int).Binomial(40, 20))
		if limit < 440 {
			want = "<nil>" // of 21*21 states the last is not kept
		}
		if got := fmt.Sprint(r.Interleavings); got != want {
			t.Errorf("%d states: %s interleavings, want %s", limit, got, want)
		}
		for b, n := range r.ByBound {
			if int64(n) != runs(20, b) {
				t.Errorf("%d states: %d classes with at most %d preemptions, want %d", limit, n, b, runs(20, b))
			}
		}
		if n := len(r.ByBound); int64(r.Met) > runs(20, n) || n > 0 && r.Met < r.ByBound[n-1] {
			t.Errorf("%d states: %d classes met", limit, r.Met)
		}
		if limit == 100_000 && len(r.ByBound) < 3 {
			t.Errorf("%d states: only the bounds %v", limit, r.ByBound)
		}
	}
}

// TestMerge wants what ended threads have in their registers to tell no states apart:
// three threads that got 0, 1 and 2 in any order are one state.
func TestMerge(t *testing.T) {
	p := &Program{Name: "merge"}
	for _, name := range []string{"a", "b", "c"} {
		p.Threads = append(p.Threads, Thread{name, []Step{
			{Op: Add, Var: "x", Into: "r", Value: Operand{Add: 1}}, {Op: If, Rel: Equal},
		}})
	}
	for limit, want := range map[int]string{6: "<nil>", 7: "6"} { // all subsets but the last
		if r, err := Count(p, Options{MaxStates: limit}); err != nil || fmt.Sprint(r.Interleavings) != want {
			t.Errorf("%d states: %+v, %v", limit, r, err)
		}
	}
}

func TestCancel(t *testing.T) {
	cancel := make(chan struct{})
	close(cancel)
	r, err := Count(writes(3), Options{Cancel: cancel})
	if err != nil || r.Complete || r.Why != "interrupted" || r.Interleavings != nil || r.Classes != nil || r.ByBound != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestMalformed wants programs that are wrong as data to be refused.
func TestMalformed(t *testing.T) {
	thread := func(steps ...Step) *Program {
		return &Program{Name: "p", Threads: []Thread{{Name: "t", Steps: steps}}}
	}
	ifs := Step{Op: If, Rel: Equal}
	for range maxLines {
		ifs = Step{Op: If, Rel: Equal, Then: []Step{ifs}}
	}
	for _, c := range []struct {
		p    *Program
		want string
	}{
		{&Program{Name: "p"}, "program p has 0 threads: want 1 to 64"},
		{&Program{Name: "p", Threads: make([]Thread, 65)}, "program p has 65 threads: want 1 to 64"},
		{thread(Step{Var: "x"}), `program p: thread t has a step with operation 0 on variable "x"`},
		{thread(Step{Op: 6, Var: "x"}), `program p: thread t has a step with operation 6 on variable "x"`},
		{thread(Step{Op: Read}), `program p: thread t has a step with operation 1 on variable ""`},
		{thread(Step{Op: If}), `program p: thread t has a condition with comparison ""`},
		{thread(ifs), "program p: thread t has 121 steps and conditions: want at most 120"},
		{writes(121), "program writes: thread a has 121 steps and conditions: want at most 120"},
	} {
		r, err := Count(c.p, Options{})
		if err == nil || err.Error() != c.want || numbers(r) != "<nil> <nil> []" {
			t.Errorf("%+v, %v, want %s", r, err, c.want)
		}
	}
	for _, limit := range []int{-1, mostStates + 1} {
		want := fmt.Sprintf("a limit of %d states: want 1 to 2147483648", limit)
		if r, err := Count(writes(1), Options{MaxStates: limit}); err == nil || err.Error() != want || r.Complete {
			t.Errorf("%+v, %v, want %s", r, err, want)
		}
	}
	p := writes(100)
	p.Threads = append(p.Threads, writes(51).Threads[0])
	if _, err := Count(p, Options{}); err == nil || err.Error() != "program writes has 251 steps: want at most 250" {
		t.Error(err)
	}
}

// TestLargest wants programs at the limits to be counted.
func TestLargest(t *testing.T) {
	p := writes(120)
	p.Threads = p.Threads[:1]
	if got := numbers(count(t, p)); got != "1 1 [1]" {
		t.Error(got)
	}
	deep := Step{Op: Write, Var: "x"}
	for range maxLines - 1 {
		deep = Step{Op: If, Rel: NotEqual, Else: []Step{deep}}
	}
	p.Threads[0].Steps = []Step{deep}
	if got := numbers(count(t, p)); got != "1 1 [1]" {
		t.Error(got)
	}
	many := Program{Name: "many", Threads: make([]Thread, 64)}
	many.Threads[63].Steps = []Step{{Op: Add, Var: "x"}}
	many.Threads[5].Steps = []Step{{Op: Exchange, Var: "x"}}
	if got := numbers(count(t, &many)); got != "2 2 [2]" {
		t.Error(got)
	}
	// 250 writes to one variable: versions up to 250, and a read that meets them all.
	same := &Program{Name: "same", Threads: []Thread{writes(120).Threads[0], writes(120).Threads[0], writes(10).Threads[0]}}
	r, err := Count(same, Options{MaxStates: 200_000})
	want := new(big.Int).Binomial(250, 120)
	if want.Mul(want, new(big.Int).Binomial(130, 10)); err != nil || r.Interleavings.Cmp(want) != 0 || r.ByBound[0] != 6 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLanguage wants the example in the text that explains the files to be one, and the
// text to name all that there is.
func TestLanguage(t *testing.T) {
	_, example, _ := strings.Cut(Language, "\n\n")
	example, _, _ = strings.Cut(example, "\n\n")
	programs, err := Parse("language.txt", example)
	if err != nil || len(programs) != 1 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	if got := numbers(count(t, programs[0])); got != "3 2 [2]" {
		t.Error(got)
	}
	for _, word := range append(append([]string{}, headings...), verbs...) {
		if !strings.Contains(Language, "\n  "+word) {
			t.Errorf("%q is not explained", word)
		}
	}
	for line := range strings.Lines(Language) {
		if len(line) > 96 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}
