package image

import (
	"strings"
	"testing"
)

const userSource = `
#include <stdio.h>
#include <string.h>
static long total;
long greeted;
__attribute__((noinline)) long greet(const char *whom)
{
	total += strlen(whom);
	greeted++;
	printf("hello %s\n", whom);
	return total;
}
int main(int argc, char **argv) { return greet(argv[0]) == 0; }
`

// TestUserStylePatch links a patch to an ordinary static program of the C library: nothing
// in a module depends on the style of the program.
func TestUserStylePatch(t *testing.T) {
	img := parse(t, hostedProgram(t, userSource, "-O2", "-pg", "-mfentry", "-fno-pie", "-static", "-no-pie"))
	if img.Style != UserStyle {
		t.Fatalf("style %s", img.Style)
	}
	const head = `
#include <livepatch.h>
extern long total, greeted;
int printf(const char *format, ...);
`
	const tail = `
KLP_FUNC(greet, new_greet);
MODULE_INFO(livepatch, "Y");
`
	for _, flags := range []string{"-fno-pie", "-fPIC", "-mcmodel=large -fPIC"} {
		args := strings.Fields("-c -O2 -pg -mfentry a.c " + flags)
		m := link(t, compile(t, map[string]string{"a.c": head + `
static long calls;
long new_greet(const char *whom)
{
	greeted++;
	return printf("good evening %s, for the %ldth time\n", whom, ++calls) + total;
}` + tail}, args...), img)
		d, ok, err := m.Patch()
		if !ok || err != nil || len(d.Objects) != 1 || len(img.ByName(d.Objects[0].Funcs[0].OldName)) != 1 {
			t.Errorf("%s: %+v, %v, %v", flags, d, ok, err)
		}
	}
	for _, c := range []struct{ name, body, want string }{
		{"indirect", "u64 strlen(const char *); long new_greet(const char *whom) { return strlen(whom); }", "it picks a function at run time (IFUNC), and nobody asks it for a module"},
		{"thread-local", "extern __thread int state; long new_greet(const char *whom) { return state; }", "for 'state': thread-local: a module has no such variables"},
	} {
		b := compile(t, map[string]string{"a.c": head + c.body + tail}, strings.Fields("-c -O2 -fno-pie a.c")...)
		o, err := ParseObject("mod", b)
		if err == nil {
			_, err = o.Link(ModuleArea.Start, img)
		}
		if err == nil || !strings.HasPrefix(err.Error(), "mod: .text+0x") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
