package emu

import (
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

func (*witness) ToUser(guest.TaskID) {}

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
