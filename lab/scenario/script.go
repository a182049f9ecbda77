package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// scriptReader reads a script line by line into s.
type scriptReader struct {
	s     *Scenario
	flags []flagLine
	once  map[Verb]bool // settings that were made
	// lost says that the last command could not be read: an "error" behind it is about it.
	lost bool
}

// flagLine is a cflags line, for when the sources are known.
type flagLine struct {
	part  string
	flags []string
}

// read reads the script and says what is wrong with its lines.
func (r *scriptReader) read(script string) (wrong []*Error) {
	number := 0
	head := true
	for text := range strings.Lines(script) {
		number++
		text = strings.TrimSuffix(text, "\n")
		if comment, ok := strings.CutPrefix(text, "#"); ok && head {
			r.s.Comment = append(r.s.Comment, strings.TrimSpace(comment))
		} else {
			head = false
		}
		if err := r.line(number, text); err != nil {
			wrong = append(wrong, &Error{r.s.File, number, err.Error()})
			r.lost = true
		}
	}
	if len(r.s.Comment) > 0 {
		r.s.Title = r.s.Comment[0]
	}
	return wrong
}

func (r *scriptReader) line(number int, text string) error {
	words, err := splitWords(text)
	if err != nil || len(words) == 0 {
		return err
	}
	fails := words[0] == "!"
	if fails {
		if words = words[1:]; len(words) == 0 {
			return fmt.Errorf("\"!\" stands alone: want a command behind it")
		}
	}
	l, err := parseLine(words)
	if err != nil {
		return err
	}
	form := l.Verb.form()
	if fails && !form.Negatable {
		return fmt.Errorf("%q: \"!\" cannot stand before this command", strings.Join(words, " "))
	}
	switch {
	case l.Verb == errorText:
		return r.errorText(l)
	case form.Setting:
		return r.setting(l, words[0])
	}
	l.Line, l.Fails, r.lost = number, fails, false
	return r.action(l.Command)
}

// errorText is what the last command is to fail with.
func (r *scriptReader) errorText(l line) error {
	script := r.s.Script
	if r.lost {
		return nil
	}
	if len(script) == 0 || !script[len(script)-1].Fails || script[len(script)-1].Error != "" {
		return fmt.Errorf("\"error\" must follow a command that begins with \"!\"")
	}
	if l.word == "" {
		return fmt.Errorf("\"error\" wants a text")
	}
	script[len(script)-1].Error = l.word
	return nil
}

func (r *scriptReader) setting(l line, word string) error {
	if len(r.s.Script) > 0 {
		return fmt.Errorf("%q is a setting: it must stand before the first action (line %d)", word, r.s.Script[0].Line)
	}
	set := &r.s.Settings
	switch l.Verb {
	case setOption:
		set.Options = append(set.Options, l.word)
		return nil
	case setBreak:
		set.Breaks = append(set.Breaks, l.word)
		return nil
	case setFlags:
		r.flags = append(r.flags, flagLine{l.word, l.flags})
		return nil
	}
	if r.once[l.Verb] {
		return fmt.Errorf("%q was set before", word)
	}
	r.once[l.Verb] = true
	switch l.Verb {
	case setStyle:
		set.User = l.word == "user"
	case setCPUs:
		if l.N < 1 || l.N > MaxCPUs {
			return fmt.Errorf("%d CPUs: a machine has 1 to %d", l.N, MaxCPUs)
		}
		set.CPUs = int(l.N)
	case setSeed:
		set.Seed = l.seed
	case setScheduler:
		set.Scheduler = l.word
	case setModel:
		set.Model = l.word
	default:
		panic("BUG: scenario: setting " + word + " is not stored")
	}
	return nil
}

// action takes a command into the script, once the patch that it names is known to be
// one.
func (r *scriptReader) action(c Command) error {
	name := c.Patch
	if name == "" {
		name = c.Path.Patch
	}
	if name != "" && r.s.PatchNamed(name) == nil {
		var names []string
		for _, p := range r.s.Patches {
			names = append(names, p.Name)
		}
		return fmt.Errorf("no patch is called %q: %s", name, Suggest(name, names))
	}
	switch c.Verb {
	case Write:
		if c.Path.Attr != Enabled {
			return fmt.Errorf("%s cannot be written: want NAME/enabled", c.Path)
		}
	case WaitPath, ExpectPath:
		if err := c.Path.canBe(c.Value); err != nil {
			return err
		}
	case Explore:
		if i := slices.IndexFunc(r.s.Script, func(o Command) bool { return o.Verb == Explore }); i >= 0 {
			return fmt.Errorf("\"explore\" stands in line %d already: a search begins in one place", r.s.Script[i].Line)
		}
	}
	if c.Verb == ExpectLog && !r.s.Log.Present || c.Verb == ExpectOutput && !r.s.Output.Present {
		return fmt.Errorf("%q: there is no file %s", c.Verb, strings.Replace(c.Verb.String(), " ", "/", 1))
	}
	r.s.Script = append(r.s.Script, c)
	return nil
}
