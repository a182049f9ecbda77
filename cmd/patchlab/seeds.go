package main

import (
	"fmt"
	"strconv"
	"strings"
)

// seeds is the value of -seed: a seed, or a range of seeds.
type seeds struct {
	first, last uint64
	given       bool
}

// UnmarshalText reads N or N-M.
func (s *seeds) UnmarshalText(text []byte) error {
	from, to, isRange := strings.Cut(string(text), "-")
	if !isRange {
		to = from
	}
	first, err := strconv.ParseUint(from, 0, 64)
	last, err2 := strconv.ParseUint(to, 0, 64)
	if err != nil || err2 != nil || first > last {
		return fmt.Errorf("%q is neither a seed like 3 nor a range of seeds like 1-200", text)
	}
	*s = seeds{first, last, true}
	return nil
}

// many reports whether it is a range of more than one seed.
func (s seeds) many() bool { return s.first != s.last }
