package profile_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/profile"
	"patchlab/lab/scenario"
)

// profiled runs a scenario and returns its report and its profile.
func profiled(t *testing.T, name, text string) (*experiment.Report, []byte) {
	t.Helper()
	s, err := scenario.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var p *profile.Profiler
	r, err := built.Run(experiment.Options{AllCalls: true, Attach: func(l *lab.Lab) { p = profile.Attach(l) }})
	if r == nil {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return r, b.Bytes()
}

// top returns what pprof says of a profile, by function: its own value and that with all it calls.
func top(t *testing.T, b []byte, args ...string) map[string][2]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.pb.gz")
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"tool", "pprof", "-top", "-nodecount=1000", "-nodefraction=0"}, args...)
	out, err := exec.Command("go", append(args, file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rows := map[string][2]string{}
	for _, m := range regexp.MustCompile(`(?m)^ *(\S+) +\S+% +\S+% +(\S+) +\S+% +(.+)$`).FindAllStringSubmatch(string(out), -1) {
		rows[m[3]] = [2]string{m[1], m[2]}
	}
	return rows
}

// loops has a function whose loop takes three instructions a round, and another with half of it; each
// is called so often.
const loops = `cpus 2

wait exit

-- program.S --
#include <patchlab.h>
	.text
SYM_FUNC_START(outer)
	FENTRY
	push	%rbp
	mov	%rsp, %rbp
	mov	$1000, %ecx
1:	nop
	dec	%ecx
	jnz	1b
	call	inner
	call	inner
	pop	%rbp
	ret
SYM_FUNC_END(outer)
SYM_FUNC_START(inner)
	FENTRY
	push	%rbp
	mov	%rsp, %rbp
	mov	$500, %ecx
1:	nop
	dec	%ecx
	jnz	1b
	pop	%rbp
	ret
SYM_FUNC_END(inner)
GATE(0x1000, outer)
-- user.S --
#include <patchlab.h>
	.text
SYM_FUNC_START(worker)
	mov	$0x1000, %eax
	syscall
	mov	$0x1000, %eax
	syscall
	mov	$PL_USER_EXIT, %eax
	syscall
SYM_FUNC_END(worker)
	.section .rodata
one:	.asciz	"one"
two:	.asciz	"two"
TASK(one, worker, 0)
TASK(two, worker, 0)
`

// TestExact wants each function's own instructions, and its callees' with it, counted to the last one.
func TestExact(t *testing.T) {
	_, b := profiled(t, "x.txtar", loops)
	calls := top(t, b, "-sample_index=calls")
	if calls["outer"][0] != "4" || calls["inner"][0] != "8" || calls["outer"][1] != "12" {
		t.Errorf("calls %v", calls)
	}
	// Entry and exit of a function belong to it: with the nop of its site it has six instructions
	// besides the loop, outer eight.
	const outer, inner = 4 * (3*1000 + 8), 8 * (3*500 + 6)
	time := top(t, b, "-unit=us")
	if time["inner"][0] != fmt.Sprintf("%dus", inner) || time["outer"][0] != fmt.Sprintf("%dus", outer) || time["outer"][1] != fmt.Sprintf("%dus", inner+outer) {
		t.Errorf("%v, want outer %d and inner %d", time, outer, inner)
	}
	if one := top(t, b, "-unit=us", "-tagfocus=task=^one$"); one["inner"][0] != fmt.Sprintf("%dus", inner/2) {
		t.Errorf("of one task: %v", one)
	}
	if _, again := profiled(t, "x.txtar", loops); !bytes.Equal(b, again) {
		t.Error("a second run has another profile")
	}
}

// TestScenarios wants the time of all functions together to be no more than the run's, and calls to be as
// the report has them.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../../testprogs/demo/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, b := profiled(t, file, string(data))
		var calls uint64
		for _, f := range r.Functions {
			calls += f.Old
			got := top(t, b, "-sample_index=calls")[f.Name][0]
			if want := fmt.Sprint(f.Old); got != want {
				t.Errorf("%s: %s calls of %s, want %s", file, got, f.Name, want)
			}
		}
		if calls == 0 {
			t.Errorf("%s: nothing was called", file)
		}
		time := top(t, b, "-unit=us")["[user mode]"][1]
		var us int64
		if _, err := fmt.Sscanf(strings.TrimSuffix(time, "us"), "%d", &us); err != nil || us <= 0 || guest.Time(us)*1000 > r.Time {
			t.Errorf("%s: all that tasks did took %s, the run %d ns", file, time, r.Time)
		}
	}
}
