package scenario

import (
	"reflect"
	"strings"
	"testing"
)

const small = "# Small\nwait exit\n-- program.c --\nint a;\n"

func TestScheduleRoundTrip(t *testing.T) {
	want := Schedule{
		Interrupts: 2, Retries: 3, Model: "closed", Breaks: []string{"skip-stack-check", "wrong-range"},
		Comment: []string{"found by hand"},
		Steps:   []ScheduleLine{{Text: "t1 H.state"}, {Text: "t1 f+0x4 interrupt =0123456789abcdef"}},
	}
	data := WithSchedule([]byte(small), want)
	if again := WithSchedule(data, want); string(again) != string(data) {
		t.Errorf("a second schedule does not take the place of the first:\n%s", again)
	}
	s, err := Parse("small.txtar", data)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Schedule
	if !got.Present || got.Line != 6 || got.Steps[0].Number != 11+1 {
		t.Errorf("present %v, line %d, first step in line %d", got.Present, got.Line, got.Steps[0].Number)
	}
	got.Comment = want.Comment
	if got.String() != want.String() {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !strings.HasPrefix(string(data), small) {
		t.Errorf("the rest of the file has changed:\n%s", data)
	}
	bare, err := Parse("small.txtar", []byte(small))
	if err != nil || !reflect.DeepEqual(bare.Schedule, Schedule{}) {
		t.Errorf("without a schedule: %+v, %v", bare.Schedule, err)
	}
}

func TestBadSchedule(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `small.txtar:5: the schedule has no steps: want lines like "t1 H.state", the task and the point that it moves on from`},
		{"# nothing\n-retries 1\n", "small.txtar:5: the schedule has no steps"},
		{"-interupts 1\nt1 p\n", `small.txtar:6: a schedule has no flag "-interupts": did you mean "-interrupts"?`},
		{"-x\nt1 p\n", `small.txtar:6: a schedule has no flag "-x": there are -interrupts, -retries, -model, -points, -paranoid, -break`},
		{"\n-interrupts\nt1 p\n", `small.txtar:7: want "-interrupts N" in a line of its own`},
		{"-interrupts 1 2\nt1 p\n", `small.txtar:6: want "-interrupts N" in a line of its own`},
		{"-interrupts -1\nt1 p\n", `small.txtar:6: -interrupts: "-1" is not a number from 0 up`},
		{"-retries 0\nt1 p\n", `small.txtar:6: -retries: "0" is not a number from 1 up`},
		{"-model close\nt1 p\n", `small.txtar:6: -model: MODEL cannot be "close": did you mean "closed"?`},
		{"-break a/b\nt1 p\n", `small.txtar:6: -break: BREAK cannot be "a/b": there are first-symbol, `},
		{"-retries 1\n-break skip-stack-chek\nt1 p\n", `small.txtar:7: -break: BREAK cannot be "skip-stack-chek": did you mean "skip-stack-check"?`},
		{"t1 p\n-retries 2\n", `small.txtar:7: "-retries 2" stands behind a step: flags come first`},
	} {
		_, err := Parse("small.txtar", []byte(small+"-- schedule --\n"+c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
	_, err := Parse("small.txtar", []byte(small+"-- schedul --\n"))
	if err == nil || !strings.Contains(err.Error(), `did you mean "schedule"?`) {
		t.Errorf("a misspelt file: %v", err)
	}
}
