package experiment_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// page is the reference page of the language.
const page = "../../docs/scenarios.md"

// pageFiles are files of a scenario that the examples of the page speak of.
const pageFiles = "-- program.c --\n-- patches/evening.c --\n-- patches/night.c --\n-- expect/log --\n-- expect/output --\n"

// section is a part of the page below a heading.
type section struct{ heading, text string }

// sections returns the parts of the page whose headings are forms of a line.
func sections(t *testing.T) []section {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	for _, part := range strings.Split(string(data), "\n### `")[1:] {
		heading, text, _ := strings.Cut(part, "`\n")
		text, _, _ = strings.Cut(text, "\n## ")
		all = append(all, section{strings.TrimPrefix(heading, "[!] "), text})
	}
	return all
}

// examples returns the blocks of indented lines in a section.
func (s section) examples() []string {
	var blocks []string
	open := false
	for line := range strings.Lines(s.text) {
		code, is := strings.CutPrefix(line, "    ")
		switch {
		case is && !open:
			blocks = append(blocks, code)
		case is:
			blocks[len(blocks)-1] += code
		}
		open = is
	}
	return blocks
}

// TestPageHasEveryForm wants each form of a line to have one section of the page, with what
// the parser's table says of it, and an example.
func TestPageHasEveryForm(t *testing.T) {
	all := sections(t)
	for _, f := range scenario.Forms() {
		is := func(s section) bool { return s.heading == f.Usage }
		i := slices.IndexFunc(all, is)
		if i < 0 {
			t.Errorf("%q has no section", f.Usage)
			continue
		}
		if words := strings.Join(strings.Fields(all[i].text), " "); !strings.HasPrefix(words, f.Doc) {
			t.Errorf("%q: the section does not begin with %q", f.Usage, f.Doc)
		}
		if !slices.ContainsFunc(all[i].examples(), func(e string) bool { return shows(e, f) }) {
			t.Errorf("%q has no example", f.Usage)
		}
		all = slices.Delete(all, i, i+1)
	}
	for _, s := range all {
		t.Errorf("%q has a section, and is no form or was there before", s.heading)
	}
}

// shows reports whether an example has a line of a form.
func shows(example string, f scenario.Form) bool {
	s, err := scenario.Parse("x.txtar", []byte(example+pageFiles[:strings.Index(pageFiles, "-- expect")]))
	if err != nil {
		s, err = scenario.Parse("x.txtar", []byte(example+"expect log\nexpect output\n"+pageFiles))
	}
	if err == nil && slices.ContainsFunc(s.Script, func(c scenario.Command) bool { return c.Verb == f.Verb }) {
		return true
	}
	first, _, _ := strings.Cut(f.Usage, " ")
	own := f.Setting || first == "error" // those that are no commands
	return own && slices.ContainsFunc(strings.Split(example, "\n"), func(l string) bool { return strings.HasPrefix(l, first+" ") })
}

// TestPageExamplesAreRead wants every example of a form to be one that the parser takes.
func TestPageExamplesAreRead(t *testing.T) {
	for _, s := range sections(t) {
		for _, e := range s.examples() {
			if _, wrong := scenario.Vet(s.heading, []byte(e+"expect log\nexpect output\n"+pageFiles)); len(wrong) > 0 {
				t.Errorf("%v in\n%s", wrong, e)
			}
		}
	}
}

// TestPageScenariosRun runs the whole scenarios of the page, which must have nothing wrong
// with them.
func TestPageScenariosRun(t *testing.T) {
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(data), "\n```txtar\n")
	if len(parts) < 2 {
		t.Fatal("there are none")
	}
	for _, part := range parts[1:] {
		text, _, _ := strings.Cut(part, "```")
		b := build(t, text)
		if wrong, err := b.Vet(); err != nil || len(wrong) > 0 {
			t.Errorf("%v, %v", wrong, err)
		}
		r, err := b.Run(experiment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Lab.Close()
		if !r.OK() || r.Expectations == 0 {
			t.Errorf("%d expectations, failures %v", r.Expectations, r.Failures)
		}
	}
}

// TestPageHasEveryKind wants the words in capitals to stand in the page as in the table.
func TestPageHasEveryKind(t *testing.T) {
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(data), "\n## The words in capitals\n")
	rows := 0
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| ") {
			rows++
		}
	}
	for _, k := range scenario.Kinds() {
		row := "\n| " + k.Name + " | "
		if k.Words != nil && !strings.HasPrefix(k.Doc, k.Words[0]+":") && k.Name != "BREAK" {
			row += "`" + strings.Join(k.Words, "`, `") + "`: "
		}
		if row += k.Doc + " |\n"; !strings.Contains(table, row) {
			t.Errorf("the table lacks %q", row)
		}
	}
	if want := len(scenario.Kinds()) + 2; rows != want {
		t.Errorf("the table has %d rows, want %d", rows, want)
	}
}
