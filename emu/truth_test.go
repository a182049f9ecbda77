package emu

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/emu/sched"
	"patchlab/guest"
)

// truthProgram has calls, tail calls and recursion of functions with sites, and one
// that leaves two frames at once.
const truthProgram = `// asm
	.text
	SYM_FUNC_START(f)
	FENTRY
	push	%rbp
	mov	%rsp, %rbp
	call	g
	pop	%rbp
	ret
	SYM_FUNC_END(f)
	SYM_FUNC_START(g)
	FENTRY
	ret
	SYM_FUNC_END(g)
	SYM_FUNC_START(tail)
	FENTRY
	jmp	g
	SYM_FUNC_END(tail)
	SYM_FUNC_START(rec)
	FENTRY
	push	%rbp
	mov	%rsp, %rbp
	dec	%edi
	js	1f
	call	rec
1:	pop	%rbp
	ret
	SYM_FUNC_END(rec)
	SYM_FUNC_START(again)
	FENTRY
	dec	%edi
	jns	again
	ret
	SYM_FUNC_END(again)
	SYM_FUNC_START(outer)
	FENTRY
	push	%rbp
	mov	%rsp, %r12
	call	jumper
	ud2
out:	pop	%rbp
	call	g
	ret
	SYM_FUNC_END(outer)
	SYM_FUNC_START(jumper)
	FENTRY
	mov	%r12, %rsp
	jmp	out
	SYM_FUNC_END(jumper)
	SYM_FUNC_START(body_f)
	FENTRY
	push	%rbp
	mov	%rsp, %rbp
	call	rec
	call	g
	pop	%rbp
	ret
	SYM_FUNC_END(body_f)
	SYM_FUNC_START(body_g)
	FENTRY
	ret
	SYM_FUNC_END(body_g)
	SYM_FUNC_START(run)
	push	%rbp
	mov	%rsp, %rbp
	call	f
	call	tail
	mov	$1, %edi
	call	rec
	mov	$1, %edi
	call	again
	call	outer
	pop	%rbp
	ret
	SYM_FUNC_END(run)
	GATE(0x1001, run)
// user asm
	.text
	SYM_FUNC_START(user)
	mov	$0x1001, %eax
	syscall
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	SYM_FUNC_START(twice)
	mov	$0x1001, %eax
	syscall
	jmp	user
	SYM_FUNC_END(twice)
`

// witness writes down what the recorder tells.
type witness struct {
	r   *rig
	by  map[guest.TaskID]*strings.Builder
	all int
}

func (w *witness) Committed(task guest.TaskID, a Activation, live []Activation) {
	if w.by[task] == nil {
		w.by[task] = &strings.Builder{}
	}
	w.all++
	fmt.Fprintf(w.by[task], "%s", w.r.activations(append(live[:len(live):len(live)], a)))
}

// activations writes them as "f g=body_g", with ? for what is not decided and ! for
// what is not committed.
func (r *rig) activations(live []Activation) string {
	var s []string
	for _, a := range live {
		x := r.Symbol(a.Fn)
		switch {
		case a.Body == 0:
			x += "?"
		case a.Body != a.Fn:
			x += "=" + r.Symbol(a.Body)
		}
		if !a.Committed {
			x += "!"
		}
		s = append(s, x)
	}
	return strings.Join(s, " ") + "\n"
}

// TestTruth wants the recorder to tell the same true story whatever runs the program,
// and however it is cut into turns.
func TestTruth(t *testing.T) {
	img := compile(t, truthProgram)
	const plain = "f\nf g\ntail\ng\nrec\nrec rec\nagain\nagain\nouter\nouter jumper\nouter g\n"
	for _, c := range []struct {
		install map[string]string
		want    string
	}{
		{nil, plain},
		{map[string]string{"f": "", "g": "", "rec": "", "again": "", "tail": "", "outer": "", "jumper": ""}, plain},
		{map[string]string{"f": "body_f"}, "f=body_f\nf=body_f rec\nf=body_f g\n" + plain[len("f\nf g\n"):]},
		{map[string]string{"g": "body_g", "f": ""}, strings.ReplaceAll(plain, "g\n", "g=body_g\n")},
		{
			map[string]string{"f": "body_f", "g": "body_g", "rec": "", "tail": "body_g"},
			"f=body_f\nf=body_f rec\nf=body_f g=body_g\ntail=body_g\nrec\nrec rec\nagain\nagain\nouter\nouter jumper\nouter g=body_g\n",
		},
	} {
		for _, open := range []func(cpu.Options) (cpu.CPU, error){unicorn.New, unicorn.NewReference} {
			for _, policy := range append(testPolicies(4), func() sched.Policy { return newOnce(1 << 60) }) {
				s := setup{tasks: []string{"user", "twice"}, open: open, policy: policy(), cpus: 2}
				r := newRigOf(t, s, img)
				for fn, body := range c.install {
					r.p.install(fn, body)
				}
				w := &witness{r: r, by: map[guest.TaskID]*strings.Builder{}}
				r.Truth().Listen(w)
				r.finish()
				name := fmt.Sprintf("%v, %s, %s", c.install, r.cpu.Name(), s.policy.Name())
				if got := w.by[1].String(); got != c.want {
					t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
				}
				if got := w.by[2].String(); got != c.want+c.want {
					t.Errorf("%s, second task:\n%s", name, got)
				}
				checkTruthAtRest(t, r, w, name)
				r.Close()
			}
		}
	}
}

// checkTruthAtRest wants counts that add up to what was told, and nothing live.
func checkTruthAtRest(t *testing.T, r *rig, w *witness, name string) {
	t.Helper()
	sum := uint64(0)
	for i := range r.truth.watched {
		sum += r.Truth().Commits(r.truth.watched[i].addr)
	}
	if int(sum) != w.all || r.Truth().Commits(0x1234) != 0 {
		t.Errorf("%s: %d commits were counted, %d told", name, sum, w.all)
	}
	if len(r.Truth().Live(1))+len(r.Truth().Live(2))+len(r.Truth().Live(0))+len(r.Truth().Live(99)) != 0 {
		t.Errorf("%s: live at the end: %v", name, r.truth.live)
	}
}

// TestTruthInTheStub follows a task through the stub.
func TestTruthInTheStub(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"g", "f"}, // before its first instruction
		{"stub.entry", "f g?!"},
		{"F.lock", "f g?!"},
		{"F.unlock", "f g?!"}, // the handler has not answered yet
		{"shim.leave", "f g=body_g!"},
		{"stub.ret", "f g=body_g!"},
		{"body_g", "f g=body_g!"},
	} {
		r := newRig(t, setup{source: truthProgram, tasks: []string{"user"}, policy: &stepped{}})
		r.p.install("g", "body_g")
		if p, ok := r.arena.Find(c.at); ok {
			r.hold(1, p.Addr, "")
		} else if strings.HasPrefix(c.at, "F.") {
			r.hold(1, 0, c.at)
		} else {
			r.hold(1, r.addr(c.at), "")
		}
		if got := r.activations(r.Truth().Live(1)); got != c.want+"\n" {
			t.Errorf("at %s: %swant %s", c.at, got, c.want)
		}
		r.Release(1)
		r.finish()
	}
}

// TestTruthIsNoInput wants a run to be the same whether it is recorded or not, alone and
// in company, also where the recorder cuts an uncounted run into pieces.
func TestTruthIsNoInput(t *testing.T) {
	img := compile(t, `
	static volatile u64 sum;
	void f(u64 n) { sum += n; }
	void body(u64 n) { sum -= n; }
	void run(u64 n) { for (u64 i = 0; i < n; i++) f(i); }
	GATE(0x1001, run);
	__user void user(u64 n)
	{
		gate(0x1001, n);
		user_write(0, 8);
		gate(0x1001, 5);
		user_exit(0);
	}`)
	for _, tasks := range [][]string{{"user:3000"}, {"user:300", "user:1000", "user:200"}} {
		for _, to := range []string{"off", "", "body"} {
			for _, policy := range testPolicies(3) {
				var outcomes []string
				for _, quiet := range []bool{false, true} {
					r := newRigOf(t, setup{tasks: tasks, cpus: 2, policy: policy(), quiet: quiet}, img)
					if to != "off" {
						r.p.install("f", to)
					}
					_, err := r.until(func() bool { return false })
					outcomes = append(outcomes, r.outcome(err))
					if n := r.Truth().Commits(r.addr("f")) + r.Truth().Commits(r.addr("body")); (n == 0) != quiet {
						t.Errorf("recorded %d calls, quiet %v", n, quiet)
					}
					r.Close()
				}
				if outcomes[0] != outcomes[1] {
					t.Errorf("%v to %q, %s: recorded\n%s\nnot recorded\n%s", tasks, to, policy().Name(), outcomes[0], outcomes[1])
				}
			}
		}
	}
}

// tails writes down what the recorder tells of tail calls.
type tails struct {
	r    *rig
	told []string
}

func (w *tails) Committed(_ guest.TaskID, a Activation, _ []Activation) {
	w.told = append(w.told, w.r.Symbol(a.Fn)+"<"+w.r.Symbol(a.Tail))
}

// TestTruthOfReturns wants an activation to end where it returns to, also when the slot
// is used again by a call that nobody watches; a tail call is one only then.
func TestTruthOfReturns(t *testing.T) {
	img := compile(t, `// asm
	.text
	SYM_FUNC_START(f)
	FENTRY
	ret
	SYM_FUNC_END(f)
	SYM_FUNC_START(g)
	FENTRY
	ret
	SYM_FUNC_END(g)
	SYM_FUNC_START(tail)
	FENTRY
	jmp	g
	SYM_FUNC_END(tail)
	SYM_FUNC_START(run)
	push	%rbp
	mov	%rsp, %rbp
	call	f
	.globl	back_1, back_2, back_3
back_1:	call	g
back_2:	call	tail
back_3:	mov	$1000, %edi
	call	pl_sleep
	pop	%rbp
	ret
	SYM_FUNC_END(run)
	GATE(0x1001, run)
// user asm
	.text
	SYM_FUNC_START(user)
	mov	$0x1001, %eax
	syscall
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	`)
	for _, c := range []struct {
		watch        []string
		told, asleep string
	}{
		{nil, "[f< g<f tail<g g<tail]", "g"},
		{[]string{"back_1", "back_2", "back_3"}, "[f< g< tail< g<tail]", ""},
	} {
		for _, open := range []func(cpu.Options) (cpu.CPU, error){unicorn.New, unicorn.NewReference} {
			r := newRigOf(t, setup{tasks: []string{"user"}, open: open}, img)
			var saved Snapshot
			r.Save(&saved)
			for _, at := range c.watch {
				r.WatchReturns(r.addr(at), r.addr(at))
			}
			for range 2 {
				var watching Snapshot
				r.Save(&watching)
				w := &tails{r: r}
				r.Truth().Listen(w)
				if _, err := r.until(func() bool { return r.tasks[0].state == Asleep }); err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(w.told); got != c.told {
					t.Errorf("%v: told %s, want %s", c.watch, got, c.told)
				}
				if got := r.activations(r.Truth().Live(1)); got != c.asleep+"\n" {
					t.Errorf("%v: live asleep: %swant %s", c.watch, got, c.asleep)
				}
				// The marks go with a snapshot, and come back.
				if err := errors.Join(r.Restore(&saved), r.Restore(&watching)); err != nil {
					t.Fatal(err)
				}
			}
			r.Close()
		}
	}
}
