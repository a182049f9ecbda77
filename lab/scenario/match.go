package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// parseLine reads the words of a line, "!" taken off.
func parseLine(words []string) (line, error) {
	of := formsOf(words[0])
	if of == nil {
		return line{}, fmt.Errorf("unknown command %q: %s", words[0], Suggest(words[0], firstWords()))
	}
	var near string // a form that fits but for a slip in a fixed word
	var wrong *slip // what is wrong with the form that else fits best
	for _, f := range of {
		l, fit, err := f.match(words)
		switch {
		case fit == fits && err == nil:
			return l, nil
		case fit == fits && err.better(wrong):
			wrong = err
		case fit == nearly && near == "":
			near = f.Usage
		}
	}
	switch {
	case near != "":
		return line{}, fmt.Errorf("%q: did you mean %q?", strings.Join(words, " "), near)
	case wrong != nil && (wrong.fixed > 1 || !secondWord(of, words)):
		return line{}, wrong.err
	}
	return line{}, fmt.Errorf("%q: want %s", strings.Join(words, " "), strings.Join(usages(of, words), ", or "))
}

// secondWord reports whether a line's second word is a fixed one of a form.
func secondWord(of []Form, words []string) bool {
	return slices.ContainsFunc(of, func(f Form) bool { return f.begins(words) })
}

// begins reports whether a form's first two words are those of a line.
func (f *Form) begins(words []string) bool {
	want := strings.Fields(f.Usage)
	return len(words) > 1 && len(want) > 1 && words[0] == want[0] && words[1] == want[1]
}

// usages lists the forms that a line may have been meant to have: those that begin with its
// first two words, if there are such, else all.
func usages(of []Form, words []string) []string {
	near := secondWord(of, words)
	var all []string
	for _, f := range of {
		if !near || f.begins(words) {
			all = append(all, f.Usage)
		}
	}
	return all
}

// slip is what is wrong with a line whose number of words and fixed words agree with a form.
type slip struct {
	err   error // about the first word that is wrong
	at    int   // which word that is
	fixed int   // how many fixed words agree
}

// better reports whether a form with s is more likely meant than one with o: it agrees in
// more fixed words, or what is wrong stands further back.
func (s *slip) better(o *slip) bool {
	if o == nil || s.fixed != o.fixed {
		return o == nil || s.fixed > o.fixed
	}
	return s.at > o.at
}

// fit is how number and fixed words of a line agree with a form.
type fit uint8

const (
	misses fit = iota
	nearly     // a fixed word is misspelt
	fits
)

// match holds words against the form. What is wrong with words that are not fixed comes
// back as well; nil for nothing.
func (f *Form) match(words []string) (l line, how fit, wrong *slip) {
	l.Verb = f.Verb
	want, repeated, optional := f.shape()
	least := len(want)
	if repeated != "" && !optional {
		least++
	}
	if len(words) < least || len(words) > len(want) && repeated == "" {
		return l, misses, nil
	}
	how = fits
	var s slip
	for i, word := range words {
		kind := repeated
		if i < len(want) {
			kind = want[i]
		}
		switch {
		case isKind(kind):
			if err := kindOf(kind).store(&l, word); err != nil && s.err == nil {
				s.err, s.at = err, i
			}
		case word == kind:
			s.fixed++
		case editDistance(word, kind) <= len(kind)/2:
			how = nearly
		default:
			return l, misses, nil
		}
	}
	if s.err != nil {
		wrong = &s
	}
	return l, how, wrong
}

// shape returns the words of a form; one that can be repeated comes apart.
func (f *Form) shape() (want []string, repeated string, optional bool) {
	want = strings.Fields(f.Usage)
	last := want[len(want)-1]
	inner := strings.Trim(last, "[]")
	if kind, ok := strings.CutSuffix(inner, "..."); ok {
		return want[:len(want)-1], kind, inner != last
	}
	return want, "", false
}

// isKind tells the words of a form that stand for others from the fixed ones.
func isKind(word string) bool { return word != strings.ToLower(word) }
