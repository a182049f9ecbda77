package main

import (
	"fmt"
	"slices"
	"strings"

	"patchlab/lab/scenario"
	"patchlab/trampoline"
)

// chapter is a part of the description of the scripts' language: the forms that begin
// with one of its words.
type chapter struct {
	title string
	text  string
	words []string
}

// chapters are the parts in the order in which they are read. Settings have one of
// their own before these; forms that none of them names come last.
var chapters = []chapter{
	{"Loading and switching patches", "as the operator of a machine does; \"! \" before a command says that it must fail", []string{"insmod", "rmmod", "write", "read", "error"}},
	{"Letting the program run", "until something is so; the commands above let it run while they work", []string{"wait", "hold", "run", "release", "explore"}},
	{"What must stay so", "from where the line stands to the end, in a run and in every schedule of a search", []string{"always", "never"}},
	{"What is expected", "now, that is where the line stands; what is not so is reported, and the script goes on", []string{"expect"}},
}

// handlerSteps are the steps of the handler, in their order.
var handlerSteps = []string{
	"H.trylock", "H.front", "H.rmb_front", "H.transition", "H.rmb_state", "H.state", "H.pick", "H.set_ip", "H.unlock",
}

// languageText describes the forms of lines, and what the words in capitals stand for.
func languageText() string {
	forms := scenario.Forms()
	var b strings.Builder
	take := func(title, text string, belongs func(scenario.Form) bool) {
		var of []scenario.Form
		forms = slices.DeleteFunc(forms, func(f scenario.Form) bool {
			if belongs(f) {
				of = append(of, f)
				return true
			}
			return false
		})
		if len(of) > 0 {
			writeForms(&b, title, text, of)
		}
	}
	take("Settings", "stand before all commands", func(f scenario.Form) bool { return f.Setting })
	for _, c := range chapters {
		take(c.title, c.text, func(f scenario.Form) bool {
			first, _, _ := strings.Cut(f.Usage, " ")
			return slices.Contains(c.words, first)
		})
	}
	take("More", "", func(scenario.Form) bool { return true })
	writeKinds(&b)
	return b.String()
}

func writeForms(b *strings.Builder, title, text string, forms []scenario.Form) {
	b.WriteByte('\n')
	if text != "" {
		title += ": " + text
	}
	wrap(b, "", title)
	for _, f := range forms {
		usage := f.Usage
		if f.Negatable {
			usage = "[!] " + usage
		}
		fmt.Fprintf(b, "  %s\n", usage)
		wrap(b, "        ", f.Doc)
	}
}

func writeKinds(b *strings.Builder) {
	b.WriteString("\nThe words in capitals\n")
	for _, k := range scenario.Kinds() {
		text := k.Doc
		switch {
		case k.Name == "BREAK":
			text += "; 'patchlab run -h' lists them"
		case k.Name == "POINT":
			text += "; see below"
		case k.Words != nil && !strings.HasPrefix(k.Doc, k.Words[0]+":"):
			text = strings.Join(k.Words, " or ") + ": " + text
		}
		lines := &strings.Builder{}
		wrap(lines, strings.Repeat(" ", 14), text)
		fmt.Fprintf(b, "  %-12s%s", k.Name, strings.TrimPrefix(lines.String(), strings.Repeat(" ", 14)))
	}
	b.WriteString("\nPoints with names, in the order in which a task comes by\n")
	var places []string
	for _, p := range trampoline.NewArena(0).Places() {
		if p.Name != "stub.fast" { // nobody comes there who is to be held somewhere
			places = append(places, p.Name)
		}
	}
	stub := slices.IndexFunc(places, func(s string) bool { return strings.HasPrefix(s, "stub.") })
	call := slices.Index(places, "stub.commit")
	hook := slices.Index(places, "shim.hook") + 1
	wrap(b, "  ", "to the handler: "+strings.Join(slices.Concat(places[stub:call], places[:hook]), " "))
	wrap(b, "  ", "in the handler: "+strings.Join(handlerSteps, " "))
	wrap(b, "  ", "to the body: "+strings.Join(slices.Concat(places[hook:stub], places[call:]), " "))
}
