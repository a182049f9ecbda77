package randc

import (
	"strings"
	"testing"
)

// seeds is how many programs are looked at where nothing is compiled.
const seeds = 300

// TestSameSeed wants the text of a program to follow from its seed.
func TestSameSeed(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(seeds) {
		text := Write(seed, Swarm(seed))
		if Write(seed, Swarm(seed)) != text {
			t.Fatalf("seed %d: another text the second time", seed)
		}
		if twin, ok := seen[text]; ok {
			t.Errorf("seeds %d and %d give the same text", twin, seed)
		}
		seen[text] = seed
	}
}

// TestParts wants each part to be the same, whatever stands beside it.
func TestParts(t *testing.T) {
	for seed := range uint64(20) {
		whole := Write(seed, All())
		for _, one := range All().Each() {
			_, text, _ := strings.Cut(Write(seed, one), "\n/* "+one.String()+" */\n")
			text, _, ok := strings.Cut(text, "\nint main(void)\n")
			if !ok || !strings.Contains(whole, text) {
				t.Errorf("seed %d: %s is another one in the whole program", seed, one)
			}
		}
	}
}

// TestBounds wants programs of some size, without what belongs to the writer.
func TestBounds(t *testing.T) {
	least, most := 1<<30, 0
	for seed := range uint64(seeds) {
		text := Write(seed, All())
		least, most = min(least, len(text)), max(most, len(text))
		for _, left := range []string{"$", "%!"} {
			if strings.Contains(text, left) {
				t.Errorf("seed %d: %q in the text", seed, left)
			}
		}
	}
	if least < 20_000 || most > 200_000 {
		t.Errorf("all features: %d to %d bytes", least, most)
	}
}

// TestSwarm wants every feature in some programs and out of others.
func TestSwarm(t *testing.T) {
	var on, off Features
	for seed := range uint64(seeds) {
		f := Swarm(seed)
		if f == 0 {
			t.Errorf("seed %d has no feature", seed)
		}
		on, off = on|f, off|(All()&^f)
	}
	if on != All() || off != All() {
		t.Errorf("on in some: %s; off in some: %s", on, off)
	}
}

// TestParse reads back what String writes.
func TestParse(t *testing.T) {
	for seed := range uint64(20) {
		f := Swarm(seed)
		if got, err := Parse(f.String()); got != f || err != nil {
			t.Errorf("%s: %s, %v", f, got, err)
		}
	}
	if f, err := Parse("ints,flots"); f != 0 || err == nil || !strings.Contains(err.Error(), `"flots"; there are ints,`) {
		t.Errorf("got %s, %v", f, err)
	}
}

// TestReduce finds the features that a failure needs.
func TestReduce(t *testing.T) {
	for seed := range uint64(50) {
		f := Swarm(seed)
		needed := f & Swarm(seed+1000) & Swarm(seed+2000)
		got := Reduce(f, func(g Features) bool { return g != 0 && g&needed == needed })
		if needed != 0 && got != needed {
			t.Errorf("from %s: %s, want %s", f, got, needed)
		}
	}
}
