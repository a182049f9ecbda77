package search

import (
	"fmt"
	"strings"
)

// Params are what the strategies made by ByName need.
type Params struct {
	// Bound is the most preemptions or delays; negative means no bound.
	Bound int
	// Seeds are the runs of strategies that follow seeds.
	Seeds Seeds
}

// strategies are all there are, in the order in which one would try them.
var strategies = []struct {
	name string
	make func(Params) Strategy
}{
	{"exhaustive", func(Params) Strategy { return Exhaustive() }},
	{"preemptions", func(p Params) Strategy { return Preemptions(p.Bound) }},
	{"delays", func(p Params) Strategy { return Delays(p.Bound) }},
	{"merging", func(p Params) Strategy { return Merging(p.Bound) }},
	{"random", func(p Params) Strategy { return Random(p.Seeds) }},
	{"pct-1", func(p Params) Strategy { return PCT(1, p.Seeds) }},
	{"pct-2", func(p Params) Strategy { return PCT(2, p.Seeds) }},
	{"pct-3", func(p Params) Strategy { return PCT(3, p.Seeds) }},
	{"reexecution", func(Params) Strategy { return Reexecution() }},
}

// Names returns the names of the strategies.
func Names() []string {
	var names []string
	for _, s := range strategies {
		names = append(names, s.name)
	}
	return names
}

// ByName returns a strategy.
func ByName(name string, p Params) (Strategy, error) {
	for _, s := range strategies {
		if s.name == name {
			return s.make(p), nil
		}
	}
	return nil, fmt.Errorf("no strategy %q: there are %s", name, strings.Join(Names(), ", "))
}
