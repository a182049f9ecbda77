package include

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// define matches a number of the header: "#define PL_LOG 0x2000".
var define = regexp.MustCompile(`(?m)^#define\s+(PL_[A-Z_]+)\s+(0x[0-9a-f]+|\d+)$`)

// TestHeaderNumbers holds the header's numbers against the Go table, both ways.
func TestHeaderNumbers(t *testing.T) {
	got := map[string]uint64{}
	for _, m := range define.FindAllStringSubmatch(text(t, Header), -1) {
		v, err := strconv.ParseUint(m[2], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := got[m[1]]; twice {
			t.Errorf("the header defines %s twice", m[1])
		}
		got[m[1]] = v
	}
	want := map[string]uint64{
		"PL_GATE_FIRST": GateFirst, "PL_GATE_LAST": GateLast,
		"PL_SERVICE_FIRST": ServiceFirst, "PL_SERVICE_LAST": ServiceLast,
	}
	for _, c := range append(Services(), UserCalls()...) {
		want[c.Macro] = c.Number
	}
	for name, v := range want {
		if h, ok := got[name]; !ok || h != v {
			t.Errorf("%s is %#x in the table, %#x (there: %v) in the header", name, v, h, ok)
		}
	}
	for name, v := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s (%#x) stands in the header only", name, v)
		}
	}
}

// TestPrototypes holds the declarations of the header, with their comments, against the
// table, and the support code against both.
func TestPrototypes(t *testing.T) {
	header, support := text(t, Header), text(t, Support)
	flat := regexp.MustCompile(`[\t ]+`).ReplaceAllString(header, " ")
	for i, c := range Services() {
		if want := fmt.Sprintf("\n%s; /* %s", c.Prototype, c.Doc); !strings.Contains(flat, want) {
			t.Errorf("the header lacks %q", want)
		}
		name := c.Prototype[strings.Index(c.Prototype, "pl_"):strings.Index(c.Prototype, "(")]
		if want := fmt.Sprintf("\nSERVICE(%s, %s)\n", name, c.Macro); !strings.Contains(support, want) {
			t.Errorf("%s lacks %q", Support, want)
		}
		if c.Number < ServiceFirst || c.Number > ServiceLast || i > 0 && c.Number <= services[i-1].Number {
			t.Errorf("%s: number %#x is out of range or order", c.Macro, c.Number)
		}
	}
	if got, want := strings.Count(support, "\nSERVICE(pl_"), len(Services()); got != want {
		t.Errorf("%s has %d services, the table %d", Support, got, want)
	}
	for _, c := range UserCalls() {
		if want := c.Prototype + "\n{"; !strings.Contains(flat, want) {
			t.Errorf("the header lacks %q", want)
		}
	}
}
