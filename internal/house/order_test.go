package house

import (
	"strings"
	"testing"
)

const testOrder = `
	base            # a comment
	a, b < c < d, b < e, x/...
	top, top/deep
	only top: base, c
	tests help/...
`

func TestOrderRefuse(t *testing.T) {
	order, err := ParseOrder(testOrder)
	if err != nil {
		t.Fatal(err)
	}
	const (
		fine   = ""
		same   = "they stand in one layer with no order between them"
		higher = "that is a higher layer"
	)
	for _, tt := range []struct{ from, to, want string }{
		{"a", "base", fine},
		{"base", "a", higher},
		{"a", "top", higher},
		{"a", "b", same},
		{"c", "b", fine},
		{"d", "b", fine},
		{"d", "c", fine},
		{"e", "b", fine},
		{"b", "c", same},
		{"e", "c", same},
		{"x", "x/y/z", fine},
		{"x/y", "x", fine},
		{"x/y", "base", fine},
		{"x/y", "a", same},
		{"top/deep", "x/y", fine},
		{"top/deep", "top", same},
		{"top", "c", fine},
		{"top", "a", "it may import only base, c"},
		{"top", "top/deep", "it may import only base, c"},
		{"top", "help", "only tests may"},
		{"help/more", "top", fine},
		{"help/more", "help", fine},
	} {
		if got := order.refuse(tt.from, tt.to); got != tt.want {
			t.Errorf("refuse(%s, %s) = %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
	for _, dir := range []string{".", "basement", "a/b", "xy", "helper"} {
		if r := order.find(dir); r != nil {
			t.Errorf("find(%s) = %s, want none", dir, r.name)
		}
	}
}

func TestParseOrderErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"two layers", "a\nb, a", "line 2: a stands on an earlier line already"},
		{"layer and tests", "a\ntests a", "line 2: a stands on an earlier line already"},
		{"tests and layer", "tests a\na", "line 2: a stands on an earlier line already"},
		{"empty name", "a,, b", `line 1: "" is not the name of a room`},
		{"forgotten comma", "a b", `line 1: "a b" is not the name of a room`},
		{"ring", "a < b, b < a", "line 1: a stands both before and after b"},
		{"self", "a < a", "line 1: a stands both before and after a"},
		{"only without layer", "only a: b", "want \"only ROOM: ROOM, ...\" with a room that has a layer"},
		{"only without list", "a\nonly a", "want \"only ROOM: ROOM, ...\" with a room that has a layer"},
		{"only upward", "a\nb\nonly a: b", `line 3: a may not import "b" in the first place`},
		{"only unknown", "a\nb\nonly b: a, z", `line 3: b may not import "z" in the first place`},
		{"tests without name", "tests", `line 1: "" is not the name of a room`},
	} {
		order, err := ParseOrder(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
		if err != nil && order.rooms != nil {
			t.Errorf("%s: an order beside the error", tt.name)
		}
	}
}
