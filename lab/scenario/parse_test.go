package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// full is a scenario with something of everything.
const full = `# What a scenario can say
# and more
cpus 2
seed 0x10
scheduler random
model klp-6.12
option unlock-may-reschedule
break skip-stack-check
break 'wrong-range'
cflags patches -DX=1 -O1
cflags user -fno-plt

insmod evening level=2 name=  # and it begins
! insmod night
error 'Invalid parameters'
wait evening/transition 0
wait 1.5s
wait exit
wait t1 in greet
wait t1 asleep
hold t1 at greet+0x10
hold t1 at H.front
run t1 until greet+label
release t1
write evening/enabled 0
! rmmod evening
read evening/vmlinux/patched
expect log
expect log has 'a line'
expect output
expect output has line
expect t1/patch_state -1
expect t1 asleep
expect t1 in greet
expect t1 pending
expect t1 pending running
expect t1 pending unreliable
expect t1 pending on-stack greet.cold
expect t1 switched exit-gate
expect calls greet new >= 3
expect variable count == 18446744073709551615
expect memory table+8 u32 != 0x10
expect memory table bytes 00fF
expect memory table text 'a b'
expect mixed 0
expect violation no-mixing
-- program.c --
int a;
-- user.S --
-- patches/evening.c --
int b;
int c;
-- patches/night.c --
-- patches/evening.S --
 nop
-- program_more.S --
-- expect/log --
one
two
-- expect/output --`

func TestParse(t *testing.T) {
	s, err := Parse("full.txtar", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Comment, []string{"What a scenario can say", "and more"}) {
		t.Errorf("comment %q", s.Comment)
	}
	if s.File != "full.txtar" || s.Title != "What a scenario can say" {
		t.Errorf("file %q, title %q", s.File, s.Title)
	}
	if want := (Settings{false, 2, 16, "random", "klp-6.12", []string{"unlock-may-reschedule"}, []string{"skip-stack-check", "wrong-range"}}); !reflect.DeepEqual(s.Settings, want) {
		t.Errorf("settings %+v, want %+v", s.Settings, want)
	}
	src := func(name string, line int, text string, flags ...string) Source {
		return Source{name, "full.txtar", line, text, flags}
	}
	line := func(text string) int { return 1 + strings.Count(full[:strings.Index(full, text)], "\n") }
	if want := []Source{
		src("program.c", line("int a;"), "int a;\n"),
		src("user.S", line("-- user.S")+1, "", "-fno-plt"),
		src("program_more.S", line("-- program_more")+1, ""),
	}; !reflect.DeepEqual(s.Program, want) {
		t.Errorf("program %+v, want %+v", s.Program, want)
	}
	if want := []Patch{
		{"evening", []Source{src("evening.c", line("int b;"), "int b;\nint c;\n", "-DX=1", "-O1"), src("evening.S", line(" nop"), " nop\n", "-DX=1", "-O1")}},
		{"night", []Source{src("night.c", line("-- patches/night.c")+1, "", "-DX=1", "-O1")}},
	}; !reflect.DeepEqual(s.Patches, want) {
		t.Errorf("patches %+v, want %+v", s.Patches, want)
	}
	if want := (Text{true, line("one\n"), "one\ntwo\n"}); s.Log != want {
		t.Errorf("log %+v, want %+v", s.Log, want)
	}
	if !s.Output.Present || s.Output.Text != "" {
		t.Errorf("output %+v", s.Output)
	}
	at := line("insmod evening")
	want := []Command{
		{Verb: Insmod, Patch: "evening", Params: []string{"level=2", "name="}},
		{Verb: Insmod, Patch: "night", Fails: true, Error: "Invalid parameters"},
		{}, // error
		{Verb: WaitPath, Path: Path{Attr: Transition, Patch: "evening"}, Value: "0"},
		{Verb: WaitDuration, Duration: guest.Second * 3 / 2},
		{Verb: WaitExit},
		{Verb: WaitIn, Task: "t1", Function: "greet"},
		{Verb: WaitAsleep, Task: "t1"},
		{Verb: Hold, Task: "t1", Point: Point{Function: "greet", Offset: 16}},
		{Verb: Hold, Task: "t1", Point: Point{Step: "H.front"}},
		{Verb: RunUntil, Task: "t1", Point: Point{Function: "greet", Label: "label"}},
		{Verb: Release, Task: "t1"},
		{Verb: Write, Path: Path{Attr: Enabled, Patch: "evening"}, Value: "0"},
		{Verb: Rmmod, Patch: "evening", Fails: true},
		{Verb: Read, Path: Path{Attr: Patched, Patch: "evening", Object: "vmlinux"}},
		{Verb: ExpectLog},
		{Verb: ExpectLogHas, Text: "a line"},
		{Verb: ExpectOutput},
		{Verb: ExpectOutputHas, Text: "line"},
		{Verb: ExpectPath, Path: Path{Attr: PatchState, Task: "t1"}, Value: "-1"},
		{Verb: ExpectState, Task: "t1", State: "asleep"},
		{Verb: ExpectIn, Task: "t1", Function: "greet"},
		{Verb: ExpectPending, Task: "t1"},
		{Verb: ExpectRunning, Task: "t1"},
		{Verb: ExpectUnreliable, Task: "t1"},
		{Verb: ExpectOnStack, Task: "t1", Function: "greet.cold"},
		{Verb: ExpectSwitched, Task: "t1", Rule: "exit-gate"},
		{Verb: ExpectCalls, Function: "greet", Side: "new", Op: ">=", N: 3},
		{Verb: ExpectVariable, Variable: "count", Op: "==", N: 1<<64 - 1},
		{Verb: ExpectMemory, Place: Place{"table", 8}, Type: "u32", Op: "!=", N: 16},
		{Verb: ExpectBytes, Place: Place{Symbol: "table"}, Text: "\x00\xff"},
		{Verb: ExpectText, Place: Place{Symbol: "table"}, Text: "a b"},
		{Verb: ExpectMixed},
		{Verb: ExpectViolation, Invariant: "no-mixing"},
	}
	var got []Command
	for i, w := range want {
		if w.Verb != 0 {
			w.Line = at + i
			got = append(got, w)
		}
	}
	if !reflect.DeepEqual(s.Script, got) {
		t.Errorf("script\n%+v\nwant\n%+v", s.Script, got)
	}
}

func TestErrors(t *testing.T) {
	const files = "-- program.c --\n-- patches/evening.c --\n-- patches/dawn.c --\n"
	for _, c := range []struct{ text, want string }{
		// the archive
		{"cpus 1\n", `1: there is no program: want a file program.c or program.S`},
		{"-- user.c --\n", `1: there is no program: want a file program.c or program.S`},
		{"-- progam.c --\n", `1: a scenario has no file "progam.c": did you mean "program.c"?`},
		{"\n-- program.c --\nint a;\n-- patch/p.c --\n", `4: a scenario has no file "patch/p.c": did you mean "patches/p.c"?`},
		{"-- program.c --\n-- expect/logs --\n", `2: a scenario has no file "expect/logs": did you mean "expect/log"?`},
		{"-- zzzzzzzzzzzzzzzzzzz --\n", `1: a scenario has no file "zzzzzzzzzzzzzzzzzzz": there are program.c, program.S, user.c, user.S, patches/NAME.c, expect/log, expect/output, schedule`},
		{"-- program.c --\n-- program.c --\n", `2: there are two files program.c`},
		{files + "-- expect/log --\n", `4: expect/log is never compared: the script lacks "expect log"`},
		// lines
		{"\ninsmond dawn\n" + files, `2: unknown command "insmond": did you mean "insmod"?`},
		{"!insmod dawn\n" + files, `1: unknown command "!insmod": did you mean "insmod"?`},
		{"reboot-everything\n" + files, `1: unknown command "reboot-everything": there are style, cpus, seed, scheduler, model, option, break, cflags, insmod, rmmod, write, read, error, wait, hold, run, release, explore, always, never, expect`},
		{"insmod 'dawn\n" + files, `1: a quote is not closed`},
		{"!\n" + files, `1: "!" stands alone: want a command behind it`},
		{"! wait 1s\n" + files, `1: "wait 1s": "!" cannot stand before this command`},
		{"! cpus 1\n" + files, `1: "cpus 1": "!" cannot stand before this command`},
		// settings
		{"insmod dawn\ncpus 1\n" + files, `2: "cpus" is a setting: it must stand before the first action (line 1)`},
		{"cpus 1\ncpus 1\n" + files, `2: "cpus" was set before`},
		{"cpus 0\n" + files, `1: 0 CPUs: a machine has 1 to 64`},
		{"cpus 65\n" + files, `1: 65 CPUs: a machine has 1 to 64`},
		{"cpus many\n" + files, `1: "many" is not a number, from 0 up, of at most 64 bits`},
		{"cpus\n" + files, `1: "cpus": want cpus N`},
		{"seed -1\n" + files, `1: "-1" is not a number of 64 bits`},
		{"scheduler randon\n" + files, `1: POLICY cannot be "randon": did you mean "random"?`},
		{"model linux\n" + files, `1: MODEL cannot be "linux": there are klp-6.12, closed`},
		{"break skip-stak-check\n" + files, `1: BREAK cannot be "skip-stak-check": did you mean "skip-stack-check"?`},
		{"break two words\n" + files, `1: "break two words": want break BREAK`},
		{"cflags program\n" + files, `1: "cflags program": want cflags PART FLAG...`},
		{"cflags kernel -O1\n" + files, `1: PART cannot be "kernel": there are program, user, patches`},
		{"cflags user -fplugin=/tmp/x.so\n" + files, `1: "-fplugin=/tmp/x.so" is not a flag that a scenario may give: -O, -f, -m, -D or -U, without a path`},
		{"cflags user -o\n" + files, `1: "-o" is not a flag that a scenario may give: -O, -f, -m, -D or -U, without a path`},
		// actions
		{"insmod\n" + files, `1: "insmod": want insmod NAME [KEY=VALUE...]`},
		{"insmod dwan\n" + files, `1: no patch is called "dwan": did you mean "dawn"?`},
		{"insmod dawn\n-- program.c --\n", `1: no patch is called "dawn": there are none`},
		{"insmod dawn x\n" + files, `1: "x" is not KEY=VALUE`},
		{"write dawn/transition 1\n" + files, `1: dawn/transition cannot be written: want NAME/enabled`},
		{"write dawn/enable 1\n" + files, `1: "dawn" has no value "enable": did you mean "enabled"?`},
		{"read dawn/vmlinux/enabled\n" + files, `1: "dawn/vmlinux" has no value "enabled": there are patched`},
		{"read dusk/enabled\n" + files, `1: no patch is called "dusk": there are evening, dawn`},
		{"read dawn/a/b/patched\n" + files, `1: "dawn/a/b/patched" is not a path: want NAME/enabled or another value`},
		{"read /enabled\n" + files, `1: "/enabled" is not a path: want NAME/enabled or another value`},
		{"error x\n" + files, `1: "error" must follow a command that begins with "!"`},
		{"insmod dawn\nerror x\n" + files, `2: "error" must follow a command that begins with "!"`},
		{"! insmod dawn\nerror x\nerror y\n" + files, `3: "error" must follow a command that begins with "!"`},
		{"! insmod dawn\nerror ''\n" + files, `2: "error" wants a text`},
		{"wait 0s\n" + files, `1: "0s" is not a duration like 2s or 500ms`},
		{"wait 10000000h\n" + files, `1: "10000000h" is not a duration like 2s or 500ms`},
		{"wait exti\n" + files, `1: "wait exti": did you mean "wait exit"?`},
		{"wait t1 aslep\n" + files, `1: "wait t1 aslep": did you mean "wait TASK asleep"?`},
		{"wait a b c d\n" + files, `1: "wait a b c d": want wait PATH VALUE, or wait DURATION, or wait exit, or wait TASK in FUNCTION, or wait TASK asleep`},
		{"hold t1 at 12\n" + files, `1: "12" is not a point: want FUNCTION, FUNCTION+OFFSET, FUNCTION+LABEL or a step like H.front or stub.entry`},
		{"hold t1 at f+1x\n" + files, `1: "f+1x" is not a point: "1x" is neither a label nor an offset below 2 GiB`},
		{"expect mixed x\n" + files, `1: "x" is not a number, from 0 up, of at most 64 bits`},
		{"expect mixd 0\n" + files, `1: "expect mixd 0": did you mean "expect mixed N"?`},
		{"expect t1 aslep\n" + files, `1: STATE cannot be "aslep": did you mean "asleep"?`},
		{"expect t1/patch_stat 1\n" + files, `1: "t1" has no value "patch_stat": did you mean "patch_state"?`},
		{"expect t1 1\n" + files, `1: STATE cannot be "1": there are runnable, running, asleep, held, exited`},
		{"expect calls f new\n" + files, `1: "expect calls f new": want expect calls FUNCTION SIDE OP N`},
		{"expect memory f\n" + files, `1: "expect memory f": want expect memory PLACE TYPE OP N, or expect memory PLACE bytes HEX, or expect memory PLACE text TEXT`},
		{"expect memory f byte 00\n" + files, `1: "expect memory f byte 00": did you mean "expect memory PLACE bytes HEX"?`},
		{"expect memory f bytes 0\n" + files, `1: "0" is not bytes of two hexadecimal digits each`},
		{"expect memory f+l u8 == 0\n" + files, `1: "f+l" is not a place: "l" is not an offset below 2 GiB`},
		{"expect memory 5 u8 == 0\n" + files, `1: "5" is not a place: want SYMBOL or SYMBOL+OFFSET`},
		{"expect memory f u9 == 0\n" + files, `1: TYPE cannot be "u9": did you mean "u8"?`},
		{"wait dawn/transition 2\n" + files, `1: dawn/transition is never "2": it is one of 0, 1`},
		{"expect t1/patch_state -2\n" + files, `1: t1/patch_state is never "-2": it is one of -1, 0, 1`},
		{"expect dawn/stack_order first\n" + files, `1: dawn/stack_order is never "first": it is a number`},
		{"explore\nwait exit\nexplore\n" + files, `3: "explore" stands in line 1 already: a search begins in one place`},
		{"hold t1/x at f\n" + files, `1: "t1/x" is not a task's name`},
		{"expect output\n" + files, `1: "expect output": there is no file expect/output`},
		{"expect t1 switched exitgate\n" + files, `1: RULE cannot be "exitgate": did you mean "exit-gate"?`},
		{"expect violation no-mix\n" + files, `1: INVARIANT cannot be "no-mix": did you mean "no-mixing"?`},
		{"expect calls f newer == 1\n" + files, `1: SIDE cannot be "newer": did you mean "new"?`},
		{"expect calls f new = 1\n" + files, `1: OP cannot be "=": did you mean "=="?`},
	} {
		s, err := Parse("x.txtar", []byte(c.text))
		var e *Error
		if !errors.As(err, &e) || s != nil {
			t.Errorf("%q: %v, %v", c.text, s, err)
		} else if want := "x.txtar:" + c.want; err.Error() != want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("! insmod p\r\nerror 'it''s'\n-- program.S --\r\n-- patches/p.c --\n"))
	f.Add([]byte("hold t at f+l\nwait 1h\n-- program.c --"))
	for _, file := range files(f, "../../testprogs/*/*.txtar") {
		f.Add(file)
	}
	f.Add([]byte("-- program.c --\n-- schedule --\n# a\n-break b\nt f =1\nt f\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz.txtar", data)
		again, err2 := Parse("fuzz.txtar", data)
		all, problems := Vet("fuzz.txtar", data)
		if (err == nil) != (len(problems) == 0) || (all == nil) != (err != nil) || err != nil && !slices.ContainsFunc(problems, func(e *Error) bool { return *e == *err.(*Error) }) {
			t.Fatalf("%v, with all problems %v", err, problems)
		}
		if !reflect.DeepEqual(s, again) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatal("the same bytes give another value")
		}
		lines := 1 + strings.Count(string(data), "\n")
		if err != nil {
			var e *Error
			if s != nil || !errors.As(err, &e) || e.Line < 1 || e.Line > lines || e.Text == "" {
				t.Fatalf("%v with error %v in %d lines", s, err, lines)
			}
			return
		}
		for _, c := range s.Script {
			if again := reparse(t, c, s); !reflect.DeepEqual(again, c) {
				t.Fatalf("%+v, written %q, is read as %+v", c, c, again)
			}
			if c.Line < 1 || c.Line > lines || c.Verb.form() == nil || c.Verb.form().Setting {
				t.Fatalf("command %+v in %d lines", c, lines)
			}
		}
		for _, src := range s.Program {
			if src.Line < 2 || src.Line > lines+1 {
				t.Fatalf("source %+v in %d lines", src, lines)
			}
		}
		if s.Schedule.Present {
			sameSchedule(t, data, s.Schedule, lines)
		}
	})
}

// sameSchedule wants a schedule to stand in the lines of its file, and to be the same when
// it is written and read again.
func sameSchedule(t *testing.T, data []byte, s Schedule, lines int) {
	for _, step := range s.Steps {
		if step.Number <= s.Line-1 || step.Number > lines {
			t.Fatalf("step %+v in %d lines", step, lines)
		}
	}
	again, err := Parse("fuzz.txtar", WithSchedule(data, s))
	if err != nil || again.Schedule.String() != s.String() {
		t.Fatalf("%v: read again\n%swas\n%s", err, again.Schedule, s)
	}
}

// files returns what is in the files of a pattern, of which there must be some.
func files(t testing.TB, pattern string) [][]byte {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatal(pattern, err)
	}
	var all [][]byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// TestStyle wants the style to be known, and a program of user style to be of one part.
func TestStyle(t *testing.T) {
	const files = "wait exit\n-- program.c --\n"
	for script, user := range map[string]bool{"": false, "style kernel\n": false, "style user\n": true} {
		if s, err := Parse("s.txtar", []byte(script+files)); err != nil || s.Settings.User != user {
			t.Errorf("%q: %+v, %v", script, s, err)
		}
	}
	_, err := Parse("s.txtar", []byte("style user\n"+files+"-- user.c --\n"))
	if want := "s.txtar:4: a program of user style has no user part: want program.c or program_X.c"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
