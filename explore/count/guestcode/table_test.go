package guestcode_test

import (
	"context"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"patchlab/explore/count"
	"patchlab/explore/count/guestcode"
	"patchlab/explore/search"
)

// programs returns the programs of package count's tests.
func programs(t *testing.T) []*count.Program {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.count")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	var all []*count.Program
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := count.Parse(file, string(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

// compare runs a program on the machine and wants all numbers to be those computed.
func compare(t *testing.T, p *count.Program, computed count.Result) {
	t.Helper()
	r, err := guestcode.Search(context.Background(), p, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Compare(computed); err != nil || !r.Search.Complete {
		t.Errorf("%s: %v; %s\n%s", p.Name, err, r.Search.Sentence(), p)
	}
}

func compute(t *testing.T, p *count.Program) count.Result {
	t.Helper()
	r, err := count.Count(p, count.Options{})
	if err != nil || !r.Complete {
		t.Fatal(r.Why, err)
	}
	return r
}

// TestTable runs all programs that package count knows the numbers of, up to a size.
func TestTable(t *testing.T) {
	const most = 2000 // interleavings
	compared := 0
	for _, p := range programs(t) {
		computed := compute(t, p)
		if computed.Interleavings.Cmp(big.NewInt(most)) <= 0 {
			compare(t, p, computed)
			compared++
		}
	}
	if compared < 30 {
		t.Errorf("only %d programs were compared", compared)
	}
}
