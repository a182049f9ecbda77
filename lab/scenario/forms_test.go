package scenario

import (
	"slices"
	"strings"
	"testing"
)

// example is a word of each kind.
var example = map[string]string{
	"N": "3", "SEED": "0x3", "FLAG": "-O1", "TEXT": "words", "NAME": "p",
	"KEY=VALUE": "k=v", "PATH": "p/enabled", "VALUE": "1", "DURATION": "2s", "TASK": "t1", "FUNCTION": "f", "POINT": "f+8",
	"VARIABLE": "counter", "PLACE": "table+0x8", "HEX": "00ff",
}

// TestForms wants every form to be readable as it is documented, and nothing to stand in
// the tables that no form uses.
func TestForms(t *testing.T) {
	used := map[string]bool{}
	usages := map[string]bool{}
	for _, f := range Forms() {
		if usages[f.Usage] {
			t.Errorf("%s: stands twice", f.Usage)
		}
		usages[f.Usage] = true
		if !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: doc %q", f.Usage, f.Doc)
		}
		var words []string
		for _, w := range strings.Fields(f.Usage) {
			w = strings.TrimSuffix(strings.Trim(w, "[]"), "...")
			if isKind(w) {
				used[w] = true
				k := kindOf(w)
				w = example[w]
				if w == "" {
					w = k.Words[0]
				}
			}
			words = append(words, w)
		}
		l, err := parseLine(words)
		if err != nil || l.Verb != f.Verb {
			t.Errorf("%s: %q is read as %s, %v", f.Usage, words, l.Verb, err)
		}
		if f.Verb.String() != f.Usage {
			t.Errorf("%s: its verb is written %s", f.Usage, f.Verb)
		}
	}
	for _, k := range Kinds() {
		if !used[k.Name] || k.Doc == "" {
			t.Errorf("kind %s: used: %v, doc %q", k.Name, used[k.Name], k.Doc)
		}
	}
	if v := Verb(0).String(); v != "verb?" {
		t.Errorf("no verb is written %s", v)
	}
}

func TestSplitWords(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"", nil},
		{" \t\r", nil},
		{"# all of it", nil},
		{"a  b\tc", []string{"a", "b", "c"}},
		{"a#b #c", []string{"a#b"}},
		{"'a b' c", []string{"a b", "c"}},
		{"x'a # b'y", []string{"xa # by"}},
		{"'it''s'", []string{"it's"}},
		{"''", []string{""}},
		{"a '' b", []string{"a", "", "b"}},
	} {
		if got, err := splitWords(c.line); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v, want %q", c.line, got, err, c.want)
		}
	}
	for _, line := range []string{"'", "a 'b", "'a''"} {
		if got, err := splitWords(line); err != errQuote || got != nil {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"same", "same", 0}, {"kitten", "sitting", 3}, {"dwan", "dawn", 2}, {"insmond", "insmod", 1}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestRoundTrip wants paths and points to be written as they are read.
func TestRoundTrip(t *testing.T) {
	for _, s := range []string{"p/enabled", "p/transition", "p/replace", "p/stack_order", "p/mod/patched", "t-1/patch_state"} {
		if p, err := parsePath(s); err != nil || p.String() != s {
			t.Errorf("%s: %+v, %v", s, p, err)
		}
	}
	for _, s := range []string{"f", "f.cold+0x10", "f+inner", "stub.commit", "shim.hook", "H.trylock", "P.sync"} {
		if p, err := parsePoint(s); err != nil || p.String() != s {
			t.Errorf("%s: %+v, %v", s, p, err)
		}
	}
	for _, s := range []string{"f.cold", "stubborn.x"} {
		if p, err := parsePoint(s); err != nil || p.Step != "" || p.Function != s {
			t.Errorf("%s: %+v, %v", s, p, err)
		}
	}
}

// TestSuggest wants the nearest word when one is near, else all, unless there are many.
func TestSuggest(t *testing.T) {
	many := make([]string, maxListed+1)
	for _, c := range []struct {
		wrong string
		valid []string
		want  string
	}{
		{"insmond", []string{"rmmod", "insmod"}, `did you mean "insmod"?`},
		{"unlock", []string{"unlock-may-reschedule"}, `did you mean "unlock-may-reschedule"?`},
		{"=", []string{"<", "=="}, `did you mean "=="?`},
		{"m", []string{"n", "k"}, "there are n, k"},
		{"t2", []string{"t1"}, `did you mean "t1"?`},
		{"", []string{"t1"}, "there are t1"},
		{"x", nil, "there are none"},
		{"something", many, "none is called anything like it"},
	} {
		if got := Suggest(c.wrong, c.valid); got != c.want {
			t.Errorf("%q of %q: %s, want %s", c.wrong, c.valid, got, c.want)
		}
	}
}
