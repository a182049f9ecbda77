package scenario

import (
	"errors"
	"strings"
)

// errQuote says that a line has an odd number of quotes.
var errQuote = errors.New("a quote is not closed")

// splitWords splits a line of the script into words. Blanks separate words, '#' at the
// beginning of a word starts a comment, quotes keep blanks and '#'; two quotes within
// quotes are one.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, inQuote := false, false
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case inQuote && c == '\'' && strings.HasPrefix(line[i+1:], "'"):
			word.WriteByte(c)
			i++
		case c == '\'':
			inQuote, inWord = !inQuote, true
		case inQuote:
			word.WriteByte(c)
		case c == ' ' || c == '\t' || c == '\r':
			end()
		case c == '#' && !inWord:
			return words, nil
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if inQuote {
		return nil, errQuote
	}
	end()
	return words, nil
}
