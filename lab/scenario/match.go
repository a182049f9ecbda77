package scenario

import (
	"fmt"
	"strings"
)

// parseLine reads the words of a line, "!" taken off.
func parseLine(words []string) (line, error) {
	of := formsOf(words[0])
	if of == nil {
		return line{}, fmt.Errorf("unknown command %q: %s", words[0], Suggest(words[0], firstWords()))
	}
	var near string // a form that fits but for a slip in a fixed word
	var kind error  // what is wrong with a form that fits but for a kind
	var usages []string
	for _, f := range of {
		l, fit, err := f.match(words)
		switch {
		case fit == fits && err == nil:
			return l, nil
		case fit == fits && kind == nil:
			kind = err
		case fit == nearly && near == "":
			near = f.Usage
		}
		usages = append(usages, f.Usage)
	}
	switch {
	case near != "":
		return line{}, fmt.Errorf("%q: did you mean %q?", strings.Join(words, " "), near)
	case kind != nil:
		return line{}, kind
	}
	return line{}, fmt.Errorf("%q: want %s", strings.Join(words, " "), strings.Join(usages, ", or "))
}

// fit is how number and fixed words of a line agree with a form.
type fit uint8

const (
	misses fit = iota
	nearly     // a fixed word is misspelt
	fits
)

// match holds words against the form. The error is what is wrong with the first word
// that is not fixed.
func (f *Form) match(words []string) (l line, how fit, err error) {
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
	for i, word := range words {
		kind := repeated
		if i < len(want) {
			kind = want[i]
		}
		switch {
		case isKind(kind):
			if e := kindOf(kind).store(&l, word); e != nil && err == nil {
				err = e
			}
		case word == kind:
		case editDistance(word, kind) <= len(kind)/2:
			how = nearly
		default:
			return l, misses, nil
		}
	}
	return l, how, err
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
