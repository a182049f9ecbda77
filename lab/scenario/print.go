package scenario

import "strings"

// String writes the command as a line of a script, which [Parse] reads as the same command;
// an "error" that stood behind it is a line of its own, and not here.
func (c Command) String() string {
	form := c.Verb.form()
	if form == nil {
		return c.Verb.String()
	}
	var words []string
	if c.Fails {
		words = append(words, "!")
	}
	want, _, _ := form.shape()
	for _, word := range want {
		if isKind(word) {
			word = quote(kindOf(word).get(&c))
		}
		words = append(words, word)
	}
	for _, p := range c.Params {
		words = append(words, quote(p))
	}
	return strings.Join(words, " ")
}

// quote writes a word so that it is read as one.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\r'") && word[0] != '#' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", "''") + "'"
}
