package count

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchlab/lab/scenario"
)

// verbs are the words of lines within threads.
var verbs = []string{"read", "write", "atomic", "if", "else", "end"}

// forms says for a verb what its line looks like.
var forms = map[string]string{
	"read":   `"read VAR [into REG]"`,
	"write":  `"write VAR VALUE"`,
	"atomic": `"atomic VAR [+ VALUE] [into REG]" or "atomic VAR = VALUE [into REG]"`,
	"if":     `"if VALUE REL VALUE"`,
	"else":   `"else" alone`,
	"end":    `"end" alone`,
}

var (
	namePattern     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	variablePattern = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.]*)(\[(.*)\])?$`)
	operandPattern  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)([+-][0-9]\w*)?$`)
)

func isName(s string) bool { return namePattern.MatchString(s) }

// body reads the steps of one thread.
type body struct {
	*reader
	lines     []line
	at        int      // the next line
	number    int64    // what i stands for; 0 when the thread is not one of many
	registers []string // those given a value so far
}

// all reads the whole thread.
func (b *body) all() ([]Step, error) {
	steps, err := b.block(nil)
	if err == nil && b.at < len(b.lines) {
		return nil, b.fail(b.lines[b.at], "%q without an \"if\"", b.lines[b.at].words[0])
	}
	return steps, err
}

// block reads steps up to "else", "end" or the end of the thread, which only a block that
// no "if" opened may reach.
func (b *body) block(opened *line) ([]Step, error) {
	var steps []Step
	for b.at < len(b.lines) {
		l := b.lines[b.at]
		if l.words[0] == "else" || l.words[0] == "end" {
			return steps, nil
		}
		b.at++
		s, err := b.step(l)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	if opened != nil {
		return nil, b.fail(*opened, "\"if\" without an \"end\"")
	}
	return steps, nil
}

// step reads a step that begins in line l.
func (b *body) step(l line) (Step, error) {
	verb, words := l.words[0], l.words[1:]
	var s Step
	var err error
	switch {
	case verb == "if" && len(words) == 3:
		return b.condition(l)
	case verb == "read" || verb == "atomic":
		if words, err = b.into(l, words, &s); err != nil {
			return Step{}, err
		}
	case !slices.Contains(verbs, verb):
		return Step{}, b.fail(l, "unknown step %q: %s", verb, scenario.Suggest(verb, slices.Concat(verbs, headings)))
	}
	switch {
	case verb == "read" && len(words) == 1:
		s.Op = Read
	case verb == "write" && len(words) == 2:
		s.Op = Write
		s.Value, err = b.operand(l, words[1])
	case verb == "atomic" && len(words) == 1:
		s.Op, s.Value.Add = Add, 1
	case verb == "atomic" && len(words) == 3 && (words[1] == "+" || words[1] == "="):
		s.Op = Add
		if words[1] == "=" {
			s.Op = Exchange
		}
		s.Value, err = b.operand(l, words[2])
	default:
		return Step{}, b.fail(l, "want %s", forms[verb])
	}
	if err == nil {
		s.Var, err = b.variable(l, words[0])
	}
	if err != nil {
		return Step{}, err
	}
	if s.Into != "" && !slices.Contains(b.registers, s.Into) {
		b.registers = append(b.registers, s.Into)
	}
	return s, nil
}

// into takes "into REG" off the end of words and puts it into the step.
func (b *body) into(l line, words []string, s *Step) ([]string, error) {
	n := len(words)
	if n < 3 || words[n-2] != "into" {
		return words, nil
	}
	switch s.Into = words[n-1]; {
	case !isName(s.Into):
		return nil, b.fail(l, "%q is no name of a register: want letters, digits and _, no digit first", s.Into)
	case b.number > 0 && s.Into == "i":
		return nil, b.fail(l, "\"i\" is the number of the thread here and no register")
	}
	return words[:n-2], nil
}

// condition reads "if VALUE REL VALUE" and what hangs on it.
func (b *body) condition(l line) (Step, error) {
	s := Step{Op: If, Rel: Rel(l.words[2])}
	var err error
	if s.Left, err = b.operand(l, l.words[1]); err != nil {
		return Step{}, err
	}
	if s.Value, err = b.operand(l, l.words[3]); err != nil {
		return Step{}, err
	}
	if !slices.Contains(rels, string(s.Rel)) {
		return Step{}, b.fail(l, "%q is no comparison: there are %s", s.Rel, strings.Join(rels, ", "))
	}
	if s.Then, err = b.block(&l); err != nil {
		return Step{}, err
	}
	end := b.lines[b.at]
	b.at++
	if end.words[0] == "else" && len(end.words) == 1 {
		if s.Else, err = b.block(&l); err != nil {
			return Step{}, err
		}
		end = b.lines[b.at]
		b.at++
	}
	if end.words[0] == "else" && len(end.words) == 1 {
		return Step{}, b.fail(end, "the \"if\" of line %d has an \"else\" already", l.number)
	}
	if len(end.words) > 1 {
		return Step{}, b.fail(end, "want %s", forms[end.words[0]])
	}
	return s, nil
}

// variable returns the name that a word of line l stands for.
func (b *body) variable(l line, word string) (string, error) {
	m := variablePattern.FindStringSubmatch(word)
	if m == nil {
		return "", b.fail(l, "%q is no name of a variable: want letters, digits, _ and ., no digit first", word)
	}
	if m[2] == "" {
		return m[1], nil
	}
	index, err := strconv.ParseInt(m[3], 10, 64)
	if err == nil {
		return fmt.Sprintf("%s[%d]", m[1], index), nil
	}
	at := operandPattern.FindStringSubmatch(m[3])
	if b.number == 0 || at == nil || at[1] != "i" {
		return "", b.fail(l, "the index of %q: want a number, or in \"thread NAME[N]\" i, i+1, i-1, ...", word)
	}
	index, err = plus(at[2])
	if err != nil {
		return "", b.fail(l, "%q in %q is no number of 64 bits", at[2], word)
	}
	return fmt.Sprintf("%s[%d]", m[1], b.number+index), nil
}

// operand returns the value that a word of line l stands for.
func (b *body) operand(l line, word string) (Operand, error) {
	m := operandPattern.FindStringSubmatch(word)
	if m == nil {
		n, err := strconv.ParseInt(word, 0, 64)
		if err != nil {
			return Operand{}, b.fail(l, "%q is no value: want a number of 64 bits, a register, or both as in r+1", word)
		}
		return Operand{Add: n}, nil
	}
	n, err := plus(m[2])
	switch {
	case err != nil:
		return Operand{}, b.fail(l, "%q in %q is no number of 64 bits", m[2], word)
	case b.number > 0 && m[1] == "i":
		return Operand{Add: b.number + n}, nil
	case !slices.Contains(b.registers, m[1]):
		return Operand{}, b.fail(l, "no step before gives a value to the register %q: %s", m[1], scenario.Suggest(m[1], b.registers))
	}
	return Operand{Reg: m[1], Add: n}, nil
}

// plus returns the number of "+1" or "-1", and 0 for nothing.
func plus(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseInt(s, 0, 64)
}
