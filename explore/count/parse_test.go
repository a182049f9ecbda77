package count

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// everything uses all that files can hold.
const everything = `# a comment
program all   # another
init x 0x10
init y[2] -3

thread t[2]
	read x[i] into r
	write x[i+1] r-1
	atomic y[i-1]
	if r+1 < i
		atomic x + r into s
		if s != 3
			atomic x = 0
		end
	else
		write y.z 5
	end
thread one
  read x
program next
thread _1
  write i 1
  read i into i
  if i > i
  end
`

func TestParse(t *testing.T) {
	programs, err := Parse("all.count", everything)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range programs {
		got.WriteString(p.String())
	}
	want := `program all
init x 16
init y[2] -3
thread t1
  read x[1] into r
  write x[2] r-1
  atomic y[0] + 1
  if r+1 < 1
    atomic x + r into s
    if s != 3
      atomic x = 0
    end
  else
    write y.z 5
  end
thread t2
  read x[2] into r
  write x[3] r-1
  atomic y[1] + 1
  if r+1 < 2
    atomic x + r into s
    if s != 3
      atomic x = 0
    end
  else
    write y.z 5
  end
thread one
  read x
program next
thread _1
  write i 1
  read i into i
  if i > i
  end
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if a, b := programs[0].Size(), programs[1].Size(); a != 13 || b != 2 {
		t.Errorf("%d and %d steps, want 13 and 2", a, b)
	}
	first := programs[0].Threads[0].Steps
	wantSteps := []Step{
		{Op: Read, Var: "x[1]", Into: "r"},
		{Op: Write, Var: "x[2]", Value: Operand{"r", -1}},
		{Op: Add, Var: "y[0]", Value: Operand{Add: 1}},
	}
	if !reflect.DeepEqual(first[:3], wantSteps) {
		t.Errorf("got %+v, want %+v", first[:3], wantSteps)
	}
}

// TestParseNames wants a program without a name to be called like its file.
func TestParseNames(t *testing.T) {
	programs, err := Parse("some/where/mp.v2.count", "thread t\nread x\nprogram p\nthread t\nread x")
	if err != nil || len(programs) != 2 || programs[0].Name != "mp.v2" || programs[1].Name != "p" {
		t.Errorf("%v, %v", programs, err)
	}
}

func TestParseErrors(t *testing.T) {
	const thread = "thread t\n"
	for _, c := range []struct{ text, want string }{
		{"", `1: there is no program: want a line "thread NAME" and steps`},
		{"# nothing\n", `1: there is no program: want a line "thread NAME" and steps`},
		{"program\n", `1: want "program NAME"`},
		{"program a b\n", `1: want "program NAME"`},
		{"\nprogram a\n", `2: program a has no threads`},
		{"init x 1\n", `1: program x has no threads`},
		{"program a\nprogram b\nthread t\nread x\n", `1: program a has no threads`},
		{"program a\nthread t\nread x\nprogram a\n", `4: there are two programs a`},
		{"progam a\n", `1: unknown word "progam": did you mean "program"?`},
		{"zzzzzzzzz\n", `1: unknown word "zzzzzzzzz": there are program, init, thread, read, write, atomic, if, else, end`},
		{"read x\n", `1: "read" stands in no thread: want a line "thread NAME" before it`},
		{"init x\n", `1: want "init VAR NUMBER"`},
		{"init x y\n", `1: "y" is no number of 64 bits`},
		{"init x 9223372036854775808\n", `1: "9223372036854775808" is no number of 64 bits`},
		{"init x 1\ninit x 1\n", `2: x begins twice`},
		{"init 1 1\n", `1: "1" is no name of a variable: want letters, digits, _ and ., no digit first`},
		{"init x[i] 1\n", `1: the index of "x[i]": want a number, or in "thread NAME[N]" i, i+1, i-1, ...`},
		{thread + "read x\ninit x 1\n", `3: "init" stands before the threads`},
		{"thread\n", `1: want "thread NAME" or "thread NAME[N]"`},
		{"thread t\n", `1: thread t has no steps`},
		{"thread 1\nread x\n", `1: "1" is no name of a thread: want letters, digits and _, no digit first`},
		{"thread t[0]\nread x\n", `1: thread "t[0]": want NAME[N] with N from 1 to 64`},
		{"thread t[65]\nread x\n", `1: thread "t[65]": want NAME[N] with N from 1 to 64`},
		{"thread t[2\nread x\n", `1: thread "t[2": want NAME[N] with N from 1 to 64`},
		{"thread t2\nread x\nthread t[2]\nread x\n", `3: there are two threads t2`},
		{"thread t[64]\nread x\nthread u\nread x\n", `1: program x has 65 threads: want 1 to 64`},
		{thread + "raed x\n", `2: unknown step "raed": did you mean "read"?`},
		{thread + "read\n", `2: want "read VAR [into REG]"`},
		{thread + "read x y\n", `2: want "read VAR [into REG]"`},
		{thread + "read x into\n", `2: want "read VAR [into REG]"`},
		{thread + "read into r\n", `2: want "read VAR [into REG]"`},
		{thread + "read x into 1\n", `2: "1" is no name of a register: want letters, digits and _, no digit first`},
		{thread + "read x-y\n", `2: "x-y" is no name of a variable: want letters, digits, _ and ., no digit first`},
		{thread + "read x[y]\n", `2: the index of "x[y]": want a number, or in "thread NAME[N]" i, i+1, i-1, ...`},
		{"thread t[2]\nread x[i+99999999999999999999]\n", `2: "+99999999999999999999" in "x[i+99999999999999999999]" is no number of 64 bits`},
		{"thread t[2]\nread x into i\n", `2: "i" is the number of the thread here and no register`},
		{thread + "write x\n", `2: want "write VAR VALUE"`},
		{thread + "write x 1 into r\n", `2: want "write VAR VALUE"`},
		{thread + "write x 1.5\n", `2: "1.5" is no value: want a number of 64 bits, a register, or both as in r+1`},
		{thread + "write x y\n", `2: no step before gives a value to the register "y": there are none`},
		{thread + "read x into count\nwrite x cuont+1\n", `3: no step before gives a value to the register "cuont": did you mean "count"?`},
		{thread + "read x into r\nwrite x r+9a\n", `3: "+9a" in "r+9a" is no number of 64 bits`},
		{"thread a\nread x into r\nthread b\nwrite x r\n", `4: no step before gives a value to the register "r": there are none`},
		{thread + "atomic x - 1\n", `2: want "atomic VAR [+ VALUE] [into REG]" or "atomic VAR = VALUE [into REG]"`},
		{thread + "atomic\n", `2: want "atomic VAR [+ VALUE] [into REG]" or "atomic VAR = VALUE [into REG]"`},
		{thread + "if 1 == 1\nread x\n", `2: "if" without an "end"`},
		{thread + "if 1 == 1\nelse\n", `2: "if" without an "end"`},
		{thread + "if 1 == 1\nthread u\n", `2: "if" without an "end"`},
		{thread + "if 1 == 1\nelse\nelse\nend\n", `4: the "if" of line 2 has an "else" already`},
		{thread + "if 1 == 1\nend if\n", `3: want "end" alone`},
		{thread + "if 1 == 1\nelse if\nend\n", `3: want "else" alone`},
		{thread + "if 1 == 1\nelse\nelse if\nend\n", `4: want "else" alone`},
		{thread + "if 1 == 1\nraed x\n", `3: unknown step "raed": did you mean "read"?`},
		{thread + "if 1 == 1\nelse\nraed x\n", `4: unknown step "raed": did you mean "read"?`},
		{thread + "if 1 = 1\nend\n", `2: "=" is no comparison: there are ==, !=, <, >`},
		{thread + "if r == 1\nend\n", `2: no step before gives a value to the register "r": there are none`},
		{thread + "if 1 == r\nend\n", `2: no step before gives a value to the register "r": there are none`},
		{thread + "if 1 == 1 2\nend\n", `2: want "if VALUE REL VALUE"`},
		{thread + "read x\nend\n", `3: "end" without an "if"`},
		{thread + "else\n", `2: "else" without an "if"`},
		{thread + strings.Repeat("read x\n", 121), `1: program x: thread t has 121 steps and conditions: want at most 120`},
		{"program many\nthread t[3]\n" + strings.Repeat("read x\n", 84), `1: program many has 252 steps: want at most 250`},
	} {
		programs, err := Parse("x.count", c.text)
		var e *Error
		if !errors.As(err, &e) || programs != nil {
			t.Errorf("%q: %v, %v", c.text, programs, err)
		} else if want := "x.count:" + c.want; err.Error() != want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("thread t[64]\nwrite x[i-9] i+0x7\nif i != 2\nelse\nend")
	f.Add("init x -1\nthread t\natomic x into r\r\natomic x = r+-1\nif 1 == 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		programs, err := Parse("fuzz.count", text)
		lines := max(1, strings.Count(text, "\n")+1)
		if err != nil {
			var e *Error
			if programs != nil || !errors.As(err, &e) || e.Line < 1 || e.Line > lines || e.Text == "" {
				t.Fatalf("%v with error %v in %d lines", programs, err, lines)
			}
			return
		}
		if len(programs) == 0 {
			t.Fatal("neither a program nor an error")
		}
		for _, p := range programs {
			if _, err := Count(p, Options{MaxStates: 200}); err != nil {
				t.Fatal(err)
			}
			roundTrip(t, p)
		}
	})
}
