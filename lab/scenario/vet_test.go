package scenario

import (
	"reflect"
	"slices"
	"testing"
)

// TestVet wants all that is wrong with a file, by lines, and nothing that only follows.
func TestVet(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"wait exit\n-- program.c --\n", nil},
		{"cpus 65\n! insmodd p\nerror 'no'\nwait 0s\n-- program.cc --\n-- expect/log --\n", []string{
			"x.txtar:1: there is no program: want a file program.c or program.S",
			"x.txtar:1: 65 CPUs: a machine has 1 to 64",
			`x.txtar:2: unknown command "insmodd": did you mean "insmod"?`,
			`x.txtar:4: "0s" is not a duration like 2s or 500ms`,
			`x.txtar:5: a scenario has no file "program.cc": did you mean "program.c"?`,
			`x.txtar:6: expect/log is never compared: the script lacks "expect log"`,
		}},
		{"! insmodd p\nwait exit\nerror x\n-- program.c --\n", []string{
			`x.txtar:1: unknown command "insmodd": did you mean "insmod"?`,
			`x.txtar:3: "error" must follow a command that begins with "!"`,
		}},
	} {
		s, wrong := Vet("x.txtar", []byte(c.text))
		var got []string
		for _, e := range wrong {
			got = append(got, e.Error())
		}
		if !slices.Equal(got, c.want) || (s == nil) != (c.want != nil) {
			t.Errorf("%q: %v\n got %q\nwant %q", c.text, s, got, c.want)
		}
	}
}

func TestRed(t *testing.T) {
	for _, c := range []struct {
		text string
		want []Red
	}{
		{"# Title\n#\n# Turned red by the breaks skip-stack-check and\n# wrong-range, and well-known others.\n#\n# Not by wide-range\n", []Red{{"skip-stack-check", nil}, {"wrong-range", nil}}},
		{"# Title\n#\n# As it is it is not. Turned red by the break wide-range (patchlab explore -interrupts 1\n# -bound 2).\n", []Red{{"wide-range", []string{"-interrupts", "1", "-bound", "2"}}}},
		{"# Title\n#\n# Red as it stands (patchlab explore -paranoid).\n", []Red{{"", []string{"-paranoid"}}}},
		{"# Title skip-stack-check\n\n# Turned red by the break wide-range\n", nil},
		{"cpus 1\n# Turned red by wide-range\n", nil},
	} {
		s, err := Parse("x.txtar", []byte(c.text+"-- program.c --\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Red(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
