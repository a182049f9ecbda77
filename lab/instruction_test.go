package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
)

// TestCheckInstruction asks about every byte of a function, of the stub, and of what is no
// code.
func TestCheckInstruction(t *testing.T) {
	program := buildProgram(t, `
#include <patchlab.h>
notrace void __attribute__((naked)) f(void)
{
	__asm__("push %rbp; mov %rsp, %rbp; pop %rbp; ret");
}
`)
	l := newLab(t, lab.Config{Program: program})
	f := program.ByName("f")[0].Addr
	text := func(a guest.Addr) string {
		if err := l.CheckInstruction(a); err != nil {
			return strings.ReplaceAll(err.Error(), a.String(), "it")
		}
		return "ok"
	}
	none := func(nearest guest.Addr, name string) string {
		return fmt.Sprintf("no instruction begins at it; the nearest is at %s (%s)", nearest, name)
	}
	for i, want := range []string{"ok", "ok", none(f+1, "f+0x1"), none(f+4, "f+0x4"), "ok", "ok"} {
		if got := text(f + guest.Addr(i)); got != want {
			t.Errorf("f+%d: %s, want %s", i, got, want)
		}
	}
	for _, c := range []struct {
		at   guest.Addr
		want string
	}{
		{emu.ArenaBase, "ok"},
		{emu.ArenaBase + 3, none(emu.ArenaBase+4, "shim.hook")},
		{0x1234, "there is no code at it"},
		{0x5000_0000, "there is no code at it"},
		{emu.ModuleBase + 1, "ok"}, // nobody knows what will be there
	} {
		if got := text(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", c.at, got, c.want)
		}
	}
}
