package scenario

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// reparse reads a command again that stands in a scenario, from its text.
func reparse(t interface{ Fatalf(string, ...any) }, c Command, of *Scenario) Command {
	r := scriptReader{s: &Scenario{Patches: of.Patches, Log: Text{Present: true}, Output: Text{Present: true}}, once: map[Verb]bool{}}
	if err := r.line(c.Line, c.String()); err != nil {
		t.Fatalf("%q: %v", c, err)
	}
	again := r.s.Script[0]
	again.Error = c.Error // of a line of its own
	return again
}

func TestCommandString(t *testing.T) {
	s, err := Parse("full.txtar", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Script {
		if again := reparse(t, c, s); !reflect.DeepEqual(again, c) {
			t.Errorf("%q is read as %+v, want %+v", c, again, c)
		}
	}
	for _, c := range []struct {
		of   Command
		want string
	}{
		{Command{Verb: Insmod, Patch: "p", Params: []string{"a=b c", "d=it's"}}, "insmod p 'a=b c' 'd=it''s'"},
		{Command{Verb: Rmmod, Patch: "p", Fails: true}, "! rmmod p"},
		{Command{Verb: ExpectLogHas, Text: ""}, "expect log has ''"},
		{Command{Verb: ExpectLogHas, Text: "# a"}, "expect log has '# a'"},
		{Command{Verb: ExpectBytes, Place: Place{"a", 8}, Text: "\x00a"}, "expect memory a+0x8 bytes 0061"},
		{Command{Verb: WaitDuration, Duration: 1500e6}, "wait 1.5s"},
		{Command{}, "verb?"},
	} {
		if got := c.of.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// words makes words of each kind that can be anything of some shape.
var words = map[string]*rapid.Generator[string]{
	"N":         rapid.Map(rapid.Uint64(), func(n uint64) string { return Command{Verb: ExpectMixed, N: n}.String()[len("expect mixed "):] }),
	"TEXT":      rapid.StringMatching(`[ -~]*`),
	"VALUE":     rapid.SampledFrom([]string{"0", "1"}),
	"NAME":      rapid.Just("p"),
	"KEY=VALUE": rapid.StringMatching(`[a-z]+=[ -~]*`),
	"PATH":      rapid.SampledFrom([]string{"p/enabled", "t/patch_state", "p/vmlinux/patched", "p/stack_order"}),
	"DURATION":  rapid.StringMatching(`[1-9][0-9]{0,5}(ms|s|us)`),
	"TASK":      rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_.-]*`),
	"FUNCTION":  rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_.]*`),
	"VARIABLE":  rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_.]*`),
	"PLACE":     rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_.]*(\+0x[0-9a-f]{1,4})?`),
	"HEX":       rapid.StringMatching(`([0-9A-Fa-f]{2})+`),
	"POINT":     rapid.StringMatching(`H\.front|stub\.entry|f(\+([a-z_]+|0x[0-9a-f]{1,4}|[1-9][0-9]{0,3}))?`),
}

// TestPrintedIsReadAgain wants any line that can be read to be written so that it is read
// as the same.
func TestPrintedIsReadAgain(t *testing.T) {
	of := &Scenario{Patches: []Patch{{Name: "p"}}}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(forms).Filter(func(f Form) bool { return !f.Setting && f.Verb != errorText && f.Verb != Write }).Draw(t, "form")
		var line []string
		want, repeated, _ := f.shape()
		for range rapid.IntRange(0, 3).Draw(t, "repeated") {
			if repeated != "" {
				want = append(want, repeated)
			}
		}
		for _, w := range want {
			if isKind(w) {
				w = kindWord(t, w)
			}
			line = append(line, w)
		}
		r := scriptReader{s: &Scenario{Patches: of.Patches, Log: Text{Present: true}, Output: Text{Present: true}}, once: map[Verb]bool{}}
		if err := r.line(1, strings.Join(line, " ")); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		c := r.s.Script[0]
		if again := reparse(t, c, of); !reflect.DeepEqual(again, c) {
			t.Fatalf("%q is read as %+v, want %+v", c, again, c)
		}
	})
}

// kindWord draws a word of a kind, in quotes where it needs them.
func kindWord(t *rapid.T, kind string) string {
	if k := kindOf(kind); k.Words != nil {
		return rapid.SampledFrom(k.Words).Draw(t, kind)
	}
	return quote(words[kind].Draw(t, kind))
}
