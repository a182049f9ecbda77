package main

import (
	"slices"
	"strings"
	"testing"

	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/testprogs"
	"patchlab/trampoline"
)

// TestLanguageText wants every form of a line to be described once, in a part of its
// own, and every kind of word to be explained.
func TestLanguageText(t *testing.T) {
	text := languageText()
	for _, f := range scenario.Forms() {
		usage := "  " + f.Usage + "\n"
		if f.Negatable {
			usage = "  [!] " + f.Usage + "\n"
		}
		if n := strings.Count(text, usage); n != 1 {
			t.Errorf("%q is described %d times", f.Usage, n)
		}
	}
	_, kinds, _ := strings.Cut(text, "\nThe words in capitals\n")
	for _, k := range scenario.Kinds() {
		if n := strings.Count("\n"+kinds, "\n  "+k.Name+" "); n != 1 {
			t.Errorf("%s is explained %d times", k.Name, n)
		}
	}
	if strings.Contains(text, "\nMore\n") {
		t.Error("a form belongs to no chapter")
	}
	for line := range strings.Lines(text) {
		if len(line) > width+1 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}

// TestPoints wants every point that the text names to be one.
func TestPoints(t *testing.T) {
	program, err := image.Parse("demo", testprogs.Build(t, "demo"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.New(lab.Config{Program: program})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, text, _ := strings.Cut(languageText(), "in which a task comes by\n")
	var named []string
	for word := range strings.FieldsSeq(text) {
		if !strings.Contains(word, ".") {
			continue
		}
		named = append(named, word)
		if _, _, err := l.Point(scenario.Point{Step: word}); err != nil {
			t.Error(err)
		}
	}
	for _, p := range trampoline.NewArena(0).Places() {
		if !slices.Contains(named, p.Name) && p.Name != "stub.fast" {
			t.Errorf("%s is not named", p.Name)
		}
	}
	for _, s := range l.Machine.Program().Table(l.Model.Tables().Handler).Steps {
		if !slices.Contains(named, s.Name) {
			t.Errorf("%s is not named", s.Name)
		}
	}
}
