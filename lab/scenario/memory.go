package scenario

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Place is a place in memory: of a symbol of the program, so many bytes behind its start.
type Place struct {
	Symbol string
	Offset uint64
}

// String writes p as a script does.
func (p Place) String() string {
	if p.Offset == 0 {
		return p.Symbol
	}
	return fmt.Sprintf("%s+%#x", p.Symbol, p.Offset)
}

func parsePlace(s string) (Place, error) {
	symbol, rest, plus := strings.Cut(s, "+")
	if !symbolRE.MatchString(symbol) {
		return Place{}, fmt.Errorf("%q is not a place: want SYMBOL or SYMBOL+OFFSET", s)
	}
	p := Place{Symbol: symbol}
	if plus {
		offset, err := strconv.ParseUint(rest, 0, 31)
		if err != nil {
			return Place{}, fmt.Errorf("%q is not a place: %q is not an offset below 2 GiB", s, rest)
		}
		p.Offset = offset
	}
	return p, nil
}

// sizes are the types of memory by their names, in bytes.
var sizes = map[string]int{"u8": 1, "u16": 2, "u32": 4, "u64": 8}

// Size returns how many bytes of memory the command looks at, 0 for none.
func (c *Command) Size() int {
	if c.Verb == ExpectBytes || c.Verb == ExpectText {
		return len(c.Text)
	}
	return sizes[c.Type]
}

// hexRE is bytes as pairs of digits.
var hexRE = regexp.MustCompile(`^([0-9A-Fa-f]{2})+$`)

// unhex returns the bytes that digits stand for, which hexRE matches.
func unhex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("BUG: scenario: " + err.Error())
	}
	return string(b)
}
