package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Point is a place where a task can be held: before an instruction of the program or a
// patch, or before a named step.
type Point struct {
	// Step is a step of the handler (H.trylock) or a place in the arena (stub.entry);
	// the other fields are zero then. Which there are is not known here.
	Step string
	// Function is the function that the point lies in, Label a label in the program
	// that the point is at, or Offset the bytes from the function's start.
	Function string
	Label    string
	Offset   uint64
}

// String writes p as a script does.
func (p Point) String() string {
	switch {
	case p.Step != "":
		return p.Step
	case p.Label != "":
		return p.Function + "+" + p.Label
	case p.Offset != 0:
		return fmt.Sprintf("%s+%#x", p.Function, p.Offset)
	}
	return p.Function
}

var (
	// symbolRE is a symbol that a compiler or an assembler emits.
	symbolRE = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	// stepRE is the name of a step or place.
	stepRE = regexp.MustCompile(`^([A-Z]|stub|shim)\.[A-Za-z0-9_]+$`)
)

func parsePoint(s string) (Point, error) {
	if stepRE.MatchString(s) {
		return Point{Step: s}, nil
	}
	function, rest, plus := strings.Cut(s, "+")
	if !symbolRE.MatchString(function) {
		return Point{}, fmt.Errorf("%q is not a point: want FUNCTION, FUNCTION+OFFSET, FUNCTION+LABEL or a step like H.front or stub.entry", s)
	}
	p := Point{Function: function}
	switch {
	case !plus:
	case symbolRE.MatchString(rest):
		p.Label = rest
	default:
		offset, err := strconv.ParseUint(rest, 0, 31)
		if err != nil {
			return Point{}, fmt.Errorf("%q is not a point: %q is neither a label nor an offset below 2 GiB", s, rest)
		}
		p.Offset = offset
	}
	return p, nil
}
