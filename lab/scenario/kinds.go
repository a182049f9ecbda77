package scenario

import (
	"fmt"
	"regexp"
	"slices"
)

// Kind is what a word in capitals in a [Form] stands for.
type Kind struct {
	Name string
	Doc  string
	// Words are all that it can be; nil where there are more.
	Words []string

	// set checks a word and stores it in the line, or says what is wrong with it.
	set func(*line, string) error
	// get is what set has stored, as a word; nil for what only settings have.
	get func(*Command) string
}

// Kinds returns every kind that forms use.
func Kinds() []Kind {
	all := slices.Clone(kinds)
	for i := range all {
		all[i].Words = slices.Clone(all[i].Words)
	}
	return all
}

// line is a line of the script as it is being read: a command, or the values of a
// setting.
type line struct {
	Command
	seed  uint64
	word  string // STYLE, POLICY, MODEL, OPTION, BREAK, PART, TEXT
	flags []string
}

func setWord(l *line, s string) error { l.word, l.Text = s, s; return nil }

// matching returns a check for words of one shape.
func matching(re *regexp.Regexp, what string, store func(*line, string)) func(*line, string) error {
	return func(l *line, s string) error {
		if !re.MatchString(s) {
			return fmt.Errorf("%q is not %s", s, what)
		}
		store(l, s)
		return nil
	}
}

var (
	paramRE = regexp.MustCompile(`^[A-Za-z0-9_]+=.*$`)
	// flagRE keeps a scenario to flags that change the code: none that names a file.
	flagRE = regexp.MustCompile(`^-[OfmDU][^/]*$`)
)

// kindOf returns the kind of that name.
func kindOf(name string) *Kind {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	panic("BUG: scenario: no kind is called " + name)
}

// store checks a word of the kind and stores it.
func (k *Kind) store(l *line, word string) error {
	if k.Words != nil && !slices.Contains(k.Words, word) {
		return fmt.Errorf("%s cannot be %q: %s", k.Name, word, Suggest(word, k.Words))
	}
	return k.set(l, word)
}
