package randc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Features is a set of features: what the parts of a program exercise. The zero value is
// the empty set.
type Features uint32

// All returns the set of all features.
func All() Features { return 1<<len(parts) - 1 }

// Swarm returns the features that are drawn for a seed: about half of them, at least one.
// Programs that leave features out are more varied than those that always have all.
func Swarm(seed uint64) Features {
	set := Features(rand.New(rand.NewPCG(seed, 0)).Uint64()) & All()
	if set == 0 {
		return All()
	}
	return set
}

// Parse reads a set as String writes it.
func Parse(text string) (Features, error) {
	var set Features
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' }) {
		one := named(word)
		if one == 0 {
			return 0, fmt.Errorf("no feature is called %q; there are %s", word, All())
		}
		set |= one
	}
	return set, nil
}

// named returns the set of the one feature with a name, or the empty set.
func named(name string) Features {
	for i, p := range parts {
		if p.name == name {
			return 1 << i
		}
	}
	return 0
}

// String returns the names of the features, separated by commas.
func (f Features) String() string {
	var names []string
	for _, one := range f.Each() {
		for i, p := range parts {
			if one == 1<<i {
				names = append(names, p.name)
			}
		}
	}
	return strings.Join(names, ",")
}

// Each returns the features of the set, one by one.
func (f Features) Each() []Features {
	var list []Features
	for i := range parts {
		if one := Features(1) << i; f&one != 0 {
			list = append(list, one)
		}
	}
	return list
}

// Reduce leaves out features as long as fails says yes to what remains: first half of them
// at a time, in the end one by one. It never asks about the empty set, and trusts that
// fails says yes to f itself.
func Reduce(f Features, fails func(Features) bool) Features {
	for n := (len(f.Each()) + 1) / 2; n > 0; n /= 2 {
		for some := range slices.Chunk(f.Each(), n) {
			fewer := f
			for _, one := range some {
				fewer &^= one
			}
			if fewer != 0 && fails(fewer) {
				f = fewer
			}
		}
	}
	return f
}
