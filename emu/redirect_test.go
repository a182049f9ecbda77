package emu

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/emu/sched"
	"patchlab/guest"
	"patchlab/trampoline"
)

// sites are the forms of a patch site, as a compiler writes them.
var sites = []struct{ name, code string }{
	{"e8", "call __fentry__"},
	{"67 e8", ".byte 0x67; call __fentry__"},
	{"ff 15", "call *slot(%rip)"},
	{"endbr64 e8", "endbr64; call __fentry__"},
	{"endbr64 67 e8", "endbr64; .byte 0x67; call __fentry__"},
	{"endbr64 ff 15", "endbr64; call *slot(%rip)"},
}

// redirectSource has, for each form of site, a function caller_N that loads all registers
// from want and calls f_N. The function, and body, write all registers to got before
// they do anything else, and who they are to where.
func redirectSource() string {
	var s strings.Builder
	store := func(name string, who int, site string) {
		fmt.Fprintf(&s, "\t.text\n\tSYM_FUNC_START(%s)\n\t%s\n", name, site)
		for r := range guest.NumRegs {
			fmt.Fprintf(&s, "\tmov %%%s, got+%d\n", r, 8*r)
		}
		s.WriteString("\tpushf\n\tpop %rax\n\tmov %rax, got+128\n\tmov (%rsp), %rax\n\tmov %rax, got+136\n")
		for x := range 16 {
			fmt.Fprintf(&s, "\tmovups %%xmm%d, got+%d\n", x, 256+16*x)
		}
		fmt.Fprintf(&s, "\tcld\n\tmovq $%d, where\n\tmov $%d, %%eax\n\tret\n\tSYM_FUNC_END(%s)\n", who, 1000+who, name)
	}
	s.WriteString("// asm\n")
	store("body", 99, "call __fentry__")
	for i, site := range sites {
		store(fmt.Sprintf("f_%d", i), i, site.code)
		fmt.Fprintf(&s, "\tSYM_FUNC_START(caller_%d)\n\tpush %%rbp\n\tmov %%rsp, %%rbp\n", i)
		s.WriteString("\tmov %rsp, saved\n")
		for x := range 16 {
			fmt.Fprintf(&s, "\tmovups want+%d, %%xmm%d\n", 256+16*x, x)
		}
		s.WriteString("\tpushq want+128\n\tpopf\n")
		for r := range guest.NumRegs {
			if r != guest.RSP {
				fmt.Fprintf(&s, "\tmov want+%d, %%%s\n", 8*r, r)
			}
		}
		fmt.Fprintf(&s, "\tcall f_%d\nback_%d:\tmov saved, %%rsp\n\tpop %%rbp\n\tret\n\tSYM_FUNC_END(caller_%d)\n\tGATE(%d, caller_%d)\n", i, i, i, 0x1001+i, i)
	}
	s.WriteString(`	.section .rodata
	.balign 8
slot:	.quad	__fentry__
	.data
	.globl	want, got, where, saved
	.balign	16
want:	.skip	512
got:	.skip	512
where:	.quad	0
saved:	.quad	0
// user asm
	.text
	SYM_FUNC_START(user)
	mov	%edi, %eax
	syscall
	mov	%eax, %edi
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
`)
	return s.String()
}

// freeFlags are the flags that code may have set to whatever it likes.
const freeFlags = 0x8d5 | 0x400 | 0x200000

// randomRegisters returns the content of want.
func randomRegisters(rnd *rand.Rand) []byte {
	b := make([]byte, 512)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rnd.Uint64())
	}
	binary.LittleEndian.PutUint64(b[128:], rnd.Uint64()&freeFlags|initialFlags)
	return b
}

// TestRegistersSurvive calls a function through each form of site with random content
// in all registers, and wants the body that was chosen, the function's own or another
// one, to find all of it, whether the handler is taken whole or in steps; and both ways
// to leave the same bytes on the stack.
func TestRegistersSurvive(t *testing.T) {
	img := compile(t, redirectSource())
	backends := []func(cpu.Options) (cpu.CPU, error){unicorn.New, unicorn.NewReference}
	for i, site := range sites {
		for _, to := range []string{"", "body"} {
			var rigs []*rig
			for _, open := range backends {
				for _, policy := range []sched.Policy{sched.NewRoundRobin(), &stepped{}, sched.NewRandom(uint64(i))} {
					s := setup{tasks: []string{fmt.Sprintf("user:%d", 0x1001+i)}, open: open, policy: policy}
					r := newRigOf(t, s, img)
					r.p.install(fmt.Sprintf("f_%d", i), to)
					rigs = append(rigs, r)
				}
			}
			who := 99
			if to == "" {
				who = i
			}
			t.Run(fmt.Sprintf("%s to %q", site.name, to), func(t *testing.T) { registersSurvive(t, rigs, i, who) })
			for _, r := range rigs {
				r.Close()
			}
		}
	}
}

func registersSurvive(t *testing.T, rigs []*rig, form, who int) {
	rnd := rand.New(rand.NewPCG(1, uint64(form)))
	starts := make([]Snapshot, len(rigs))
	for i, r := range rigs {
		r.Save(&starts[i])
	}
	for range 20 {
		want := randomRegisters(rnd)
		var stack []byte
		for i, r := range rigs {
			if err := r.Restore(&starts[i]); err != nil {
				t.Fatal(err)
			}
			if err := r.mem.WriteAt(r.addr("want"), want); err != nil {
				t.Fatal(err)
			}
			r.finish()
			checkRegisters(t, r, form, who, want)
			left := stackBytes(t, r, kernelStack(1))
			if stack == nil {
				stack = left
			}
			if string(left) != string(stack) {
				t.Errorf("%s, %s: the stack is left in another way", r.cpu.Name(), r.config.Policy.Name())
			}
		}
	}
}

// checkRegisters compares what the body found with what the caller had.
func checkRegisters(t *testing.T, r *rig, form, who int, want []byte) {
	t.Helper()
	got := make([]byte, 512)
	if err := r.ReadAt(r.addr("got"), got); err != nil {
		t.Fatal(err)
	}
	sp := r.word("saved") - 8
	binary.LittleEndian.PutUint64(want[8*guest.RSP:], sp)
	binary.LittleEndian.PutUint64(want[136:], uint64(r.addr(fmt.Sprintf("back_%d", form))))
	name := r.cpu.Name() + ", " + r.config.Policy.Name()
	for i := 0; i < 512; i += 8 {
		if i >= 144 && i < 256 {
			continue // between flags and vector registers
		}
		if g, w := binary.LittleEndian.Uint64(got[i:]), binary.LittleEndian.Uint64(want[i:]); g != w {
			t.Errorf("%s: word %d is %#x, want %#x", name, i/8, g, w)
		}
	}
	if r.word("where") != uint64(who) || r.ExitCode() != 1000+who {
		t.Errorf("%s: ran %d, which returned %d, want %d", name, r.word("where"), r.ExitCode(), who)
	}
}

// TestSiteForms wants each form to be known for what it is, and to be a nop before.
func TestSiteForms(t *testing.T) {
	r := newRig(t, setup{source: redirectSource(), tasks: []string{"user:0x1001"}})
	for i, want := range []int{5, 6, 6, 5, 6, 6} {
		n, err := r.p.sites.Find(r.addr(fmt.Sprintf("f_%d", i)))
		if err != nil {
			t.Fatalf("%s: %v", sites[i].name, err)
		}
		s := r.p.sites.Site(n)
		b := make([]byte, s.Size)
		if err := r.ReadAt(s.At, b); err != nil || s.Size != want || string(b) != string(s.Style.Nop(s.Site)) {
			t.Errorf("%s: % x, %v", sites[i].name, b, err)
		}
		off := strings.Count(sites[i].name, "endbr64") * 4
		if s.At != s.Func.Range.Start+guest.Addr(off) || r.p.sites.State(n) != trampoline.Off {
			t.Errorf("%s: site at %s", sites[i].name, s)
		}
	}
	r.finish()
	if r.word("where") != 0 || r.p.asked != 0 {
		t.Errorf("a site that is off leads to %d", r.word("where"))
	}
}

// TestAnswersAreRemembered wants the handler to be asked once for a site, until something
// is written that its answer rests on; one that leaves something changed is asked again
// at every call, as is one that wants to be.
func TestAnswersAreRemembered(t *testing.T) {
	img := compile(t, holdProgram)
	rig := func(moves bool) *rig {
		r := newRigOf(t, setup{tasks: []string{"user:1", "user:2"}}, img)
		r.p.moves = moves
		r.p.install("f", "body")
		return r
	}
	r := rig(false)
	r.finish()
	if r.p.asked != 2 || r.word("calls") != 100 { // once for each task
		t.Errorf("asked %d times, %d calls", r.p.asked, r.word("calls"))
	}
	r = rig(false)
	if _, err := r.until(func() bool { return r.word("calls") == 40 }); err != nil {
		t.Fatal(err)
	}
	r.p.install("f", "") // and by that a write
	if r.finish(); r.p.asked > 4 || r.word("calls") < 5900 {
		t.Errorf("asked %d times, %d calls", r.p.asked, r.word("calls"))
	}
	r = rig(true)
	r.finish()
	if r.p.asked != 100 || r.word("calls") != 100 || r.store.Peek(r.p.count) != uint64(r.p.asked) {
		t.Errorf("it leaves something changed: asked %d times, %d calls", r.p.asked, r.word("calls"))
	}
	r = rig(false)
	r.p.once = true
	if r.finish(); r.p.asked != 100 || r.word("calls") != 100 {
		t.Errorf("for one call: asked %d times, %d calls", r.p.asked, r.word("calls"))
	}
}
