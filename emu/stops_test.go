package emu

import (
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// stopsProgram has a loop in which a task comes to one instruction again and again, with
// none between that it could be stopped at.
const stopsProgram = `
u64 count;
notrace void __attribute__((naked)) f(void)
{
	__asm__("mov $3, %rcx\n"
		"again: incq count(%rip)\n"
		"next: dec %rcx\n"
		"jnz again\n"
		".globl again, next, after\nafter: ret");
}
GATE(0x1001, f);
__user void user(u64 me) { gate(0x1001); gate(0x1001); user_exit(0); }`

func directed(c *Config) { c.Directed = true }

// steps lets a task go on to its end, and returns where its steps end.
func (r *rig) steps(id guest.TaskID) string {
	r.t.Helper()
	var at []string
	for range 1000 {
		if !r.CanMove(id) {
			return strings.Join(at, " ")
		}
		if err := r.MoveTask(id, false); err != nil {
			r.t.Fatal(err)
		}
		name, _, _ := strings.Cut(r.Symbol(r.PC(id)), "+")
		for _, label := range []string{"again", "next", "after"} {
			if r.addr(label) == r.PC(id) {
				name = label
			}
		}
		at = append(at, name)
	}
	r.t.Fatal("no end")
	return ""
}

// TestStopAt stops tasks each time they come to an instruction, exactly, and nowhere once
// that was taken back; snapshots know where.
func TestStopAt(t *testing.T) {
	r := newRig(t, setup{source: stopsProgram, tasks: []string{"user:1", "user:2"}, limit: directed})
	var none, both Snapshot
	r.Save(&none)
	r.StopAt(r.addr("again"), r.addr("after"), r.addr("next"), r.addr("again"), 0x7000_0000, r.jump)
	r.Save(&both)
	const once = "f again next again next again next after user "
	for range 2 {
		for _, id := range []guest.TaskID{2, 1} {
			if got := r.steps(id); got != once+once+"user" {
				t.Errorf("task %d: %s", id, got)
			}
		}
		if n := r.word("count"); n != 12 {
			t.Errorf("counted %d", n)
		}
		if err := r.Restore(&none); err != nil {
			t.Fatal(err)
		}
		if got := r.steps(1); got != "f user f user user" {
			t.Errorf("without stops: %s", got)
		}
		if err := r.Restore(&both); err != nil {
			t.Fatal(err)
		}
	}
	r.StopAt()
	if got := r.steps(1); got != "f user f user user" {
		t.Errorf("taken back: %s", got)
	}
}

// looker is an inspector that notes what it sees.
type looker struct{ before, after []guest.Addr }

func (l *looker) Before(_ guest.TaskID, pc guest.Addr) { l.before = append(l.before, pc) }
func (l *looker) After(_ guest.TaskID, pc guest.Addr)  { l.after = append(l.after, pc) }

// TestInspect wants an inspector to see every instruction, and the run to be the same.
func TestInspect(t *testing.T) {
	var sums []uint64
	for _, stops := range []bool{false, true} {
		for _, inspected := range []bool{false, true} {
			r := newRig(t, setup{source: stopsProgram, tasks: []string{"user:1"}, limit: directed})
			if stops {
				r.StopAt(r.addr("again"))
			}
			var l looker
			if inspected {
				r.Inspect(&l)
			}
			r.steps(1)
			if !stops { // each step has its place in the digest
				sums = append(sums, r.Digest().Sum())
			}
			if !inspected {
				continue
			}
			again := slices.DeleteFunc(slices.Clone(l.after), func(a guest.Addr) bool { return a != r.addr("again") })
			inF := slices.DeleteFunc(slices.Clone(l.before), func(a guest.Addr) bool { return a < r.addr("f") || a > r.addr("after") })
			if len(again) != 6 || len(inF) != 2*(1+3*3+1) {
				t.Errorf("stops %v: %d of 6 and %d of 22 instructions seen", stops, len(again), len(inF))
			}
		}
	}
	if sums[0] != sums[1] {
		t.Error("inspected, the run is another one")
	}
}

func TestStopAtWrongMachine(t *testing.T) {
	r := newRig(t, setup{source: stopsProgram, tasks: []string{"user:1"}})
	defer func() {
		if p := recover(); p == nil || !strings.HasPrefix(p.(string), "BUG: ") {
			t.Errorf("%v", p)
		}
	}()
	r.StopAt(r.addr("again"))
}
