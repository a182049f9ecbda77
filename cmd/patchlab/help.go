package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"patchlab/explore"
	"patchlab/explore/count"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

//go:embed help.txt
var helpText string

//go:embed script.txt
var scriptText string

//go:embed example.txtar
var exampleText string

// help carries out "patchlab help".
func (a *app) help(k *kong.Kong, topic string) (status, error) {
	switch topic {
	case "":
		fmt.Fprint(a.out, helpText)
		return asExpected, nil
	case "script":
		fmt.Fprint(a.out, scriptText+languageText())
		return asExpected, nil
	case "example":
		fmt.Fprint(a.out, exampleText)
		return asExpected, nil
	}
	topics := []string{"script", "example"}
	for _, c := range k.Model.Children {
		if c.Name == topic {
			return asExpected, a.explain(c)
		}
		topics = append(topics, c.Name)
	}
	return badInput, fmt.Errorf("help: no topic is called %q; %s", topic, scenario.Suggest(topic, topics))
}

// explain prints what a command is, and its flags; without a command, what all of this
// is.
func (a *app) explain(c *kong.Node) error {
	if c == nil {
		_, err := fmt.Fprint(a.out, helpText)
		return err
	}
	flags := slices.DeleteFunc(slices.Clone(c.Flags), func(f *kong.Flag) bool { return f.Name == "help" })
	var b strings.Builder
	fmt.Fprintf(&b, "usage: patchlab %s", c.Name)
	if len(flags) > 0 {
		b.WriteString(" [flags]")
	}
	for _, p := range c.Positional {
		if p.Required {
			fmt.Fprintf(&b, " %s", p.Name)
		} else {
			fmt.Fprintf(&b, " [%s]", p.Name)
		}
	}
	fmt.Fprintf(&b, "\n\n%s\n", c.Help)
	for _, p := range c.Positional {
		fmt.Fprintf(&b, "\n  %s\n", p.Name)
		wrap(&b, "        ", p.Help)
	}
	for _, f := range flags {
		name := "-" + f.Name
		if !f.IsBool() {
			name += " " + f.PlaceHolder
		}
		fmt.Fprintf(&b, "\n  %s\n", name)
		wrap(&b, "        ", f.Help)
	}
	switch c.Name {
	case "count":
		b.WriteString("\n" + count.Language)
	case "explore":
		b.WriteByte('\n')
		wrap(&b, "", "The names for -strategy: merging goes on from equal states once; exhaustive tries every schedule, depth "+
			"first; preemptions and delays try those with 0, 1, 2, ... of these; random and pct-1 to pct-3 (that many "+
			"ordering constraints) draw them from seeds; reexecution is exhaustive without snapshots, to compare. "+
			"'patchlab breaks' lists the names for -break.")
		wrap(&b, "", "Where standard error is a terminal, a line there says how far the search has come and what is "+
			"left, if that can be estimated. Ctrl-C ends the search: the counts so far are printed, as inconclusive.")
		wrap(&b, "", "The words for -points: "+strings.Join(explore.PointNames(), ", ")+
			". The first two stand for the classes behind them, up to syscall and from prologue on; docs/model.md says what each is.")
	case "run":
		b.WriteByte('\n')
		wrap(&b, "", "The names for -break: "+strings.Join(experiment.BreakNames(), ", ")+".")
		wrap(&b, "", "'patchlab help' says what the exit status means.")
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// width is how many columns texts keep to.
const width = 95

// wrap writes a text in lines that begin with indent.
func wrap(b *strings.Builder, indent, text string) {
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}
