package house

import (
	"fmt"
	"slices"
	"strings"
)

// Order is the import order of a tree: which room may import which. The zero value
// knows no room.
type Order struct {
	rooms map[string]*room // by name; immutable once parsed
}

// room is what the text says about one room.
type room struct {
	name  string          // "emu/cpu", or "lab/..." for lab and all below it
	layer int             // 0 is the lowest
	below map[string]bool // rooms of the same layer that it may import
	only  []string        // if not nil, the only rooms that it may import
	tests bool            // only tests may import it, and it may import any room
}

// ParseOrder reads an import order. A # starts a comment. Every other line is one of
//
//	a, b < c, d/...      a layer; the lowest stands first
//	only c: a, b         of all that it may import, c imports a and b only
//	tests e/...          only tests import e, wherever that stands; e imports anything
//
// A room may import every room of a lower layer, and none of a higher one. Rooms of one
// layer do not know each other unless "<" stands between them: with a < b < c, b may
// import a, and c both. A room can stand in several such chains of its layer. A name
// that ends in /... means the folder and all below it, which may import each other; the
// longest name that fits a package is its room.
func ParseOrder(text string) (Order, error) {
	o := Order{rooms: map[string]*room{}}
	layer := 0
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		var err error
		switch word, rest, _ := strings.Cut(line, " "); {
		case line == "":
		case word == "only":
			err = o.addOnly(rest)
		case word == "tests":
			err = o.addTests(rest)
		default:
			err = o.addLayer(layer, line)
			layer++
		}
		if err != nil {
			return Order{}, fmt.Errorf("import order, line %d: %w", i+1, err)
		}
	}
	return o, nil
}

func (o Order) addLayer(layer int, line string) error {
	for chain := range strings.SplitSeq(line, ",") {
		var before []string
		for name := range strings.SplitSeq(chain, "<") {
			name = strings.TrimSpace(name)
			if err := checkName(name); err != nil {
				return err
			}
			r := o.rooms[name]
			if r == nil {
				r = &room{name: name, layer: layer, below: map[string]bool{}}
				o.rooms[name] = r
			}
			if r.layer != layer || r.tests {
				return fmt.Errorf("%s stands on an earlier line already", name)
			}
			for _, b := range before {
				if b == name || o.rooms[b].below[name] {
					return fmt.Errorf("%s stands both before and after %s", name, b)
				}
				r.below[b] = true
			}
			before = append(before, name)
		}
	}
	return nil
}

func (o Order) addOnly(rest string) error {
	name, list, ok := strings.Cut(rest, ":")
	r := o.rooms[strings.TrimSpace(name)]
	if !ok || r == nil {
		return fmt.Errorf("want \"only ROOM: ROOM, ...\" with a room that has a layer, got %q", rest)
	}
	r.only = []string{}
	for to := range strings.SplitSeq(list, ",") {
		to = strings.TrimSpace(to)
		if t := o.rooms[to]; t == nil || !r.above(t) {
			return fmt.Errorf("%s may not import %q in the first place", r.name, to)
		}
		r.only = append(r.only, to)
	}
	return nil
}

func (o Order) addTests(name string) error {
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return err
	}
	if o.rooms[name] != nil {
		return fmt.Errorf("%s stands on an earlier line already", name)
	}
	o.rooms[name] = &room{name: name, tests: true}
	return nil
}

// checkName refuses what cannot be the path of a package.
func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, " \t:") {
		return fmt.Errorf("%q is not the name of a room", name)
	}
	return nil
}

// above tells whether the layers alone let r import t.
func (r *room) above(t *room) bool { return t.layer < r.layer || r.below[t.name] }

// find returns the room of the package in folder dir, or nil when the order has none.
func (o Order) find(dir string) *room {
	if r := o.rooms[dir]; r != nil {
		return r
	}
	for at := dir; ; {
		if r := o.rooms[at+"/..."]; r != nil {
			return r
		}
		i := strings.LastIndexByte(at, '/')
		if i < 0 {
			return nil
		}
		at = at[:i]
	}
}

// refuse says why the package in folder from may not import the one in folder to, or
// nothing when it may. Both must have a room. Files of tests are not its business.
func (o Order) refuse(from, to string) string {
	r, t := o.find(from), o.find(to)
	switch {
	case r == t || r.tests:
		return ""
	case t.tests:
		return "only tests may"
	case r.only != nil && !slices.Contains(r.only, t.name):
		return "it may import only " + strings.Join(r.only, ", ")
	case r.above(t):
		return ""
	case r.layer == t.layer:
		return "they stand in one layer with no order between them"
	default:
		return "that is a higher layer"
	}
}
