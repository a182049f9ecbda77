package cputest

import (
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var stopChecks = []check{
	{"stops", stopsEverywhere},
	{"sequence of stops", stopSequences},
	{"budget 0", stopAtOnce},
	{"modes of counting", countingModes},
	{"system calls", systemCalls},
	{"jump to itself", jumpToItself},
	{"budget before a missing page", budgetBeforeFault},
	{"fresh blocks", freshBlocks},
}

// timeline is a program with the number of instructions that it executes, and what
// rax is in the end.
type timeline struct {
	name string
	text string
	want uint64
	rax  uint64
}

var timelines = []timeline{
	{"straight", "mov eax, 1; add eax, 2; lea rax, [rax+rax]; ret", 4, 6},
	{"loop", "mov ecx, 5; xor eax, eax; 1: add eax, ecx; dec ecx; jnz 1b; ret", 18, 15},
	{"loop instruction", "mov ecx, 4; xor eax, eax; 1: inc eax; loop 1b; ret", 11, 4},
	{"branches", `
		mov ecx, 6; xor eax, eax
	1:	test ecx, 1; jz 2f; add eax, 10; jmp 3f
	2:	inc eax
	3:	dec ecx; jnz 1b; ret`, 3 + 6*4 + 3 + 3*2, 33},
	{"calls", "mov ecx, 3; xor eax, eax; 1: call f; dec ecx; jnz 1b; ret\nf: push rbp; mov rbp, rsp; inc eax; pop rbp; ret", 3 + 3*8, 3},
	{"indirect", "lea rdx, [rip+f]; xor eax, eax; call rdx; jmp [rip+p]\nf: inc eax; ret\nl: add eax, 2; ret\n.balign 8\np: .quad l", 8, 3},
	{"rep movs 0", "xor ecx, ecx; lea rsi, [rbx]; lea rdi, [rbx+64]; rep movsb; mov rax, rcx; ret", 6, 0},
	{"rep movs 1", "mov ecx, 1; lea rsi, [rbx]; lea rdi, [rbx+64]; rep movsq; mov rax, rdi; sub rax, rbx; ret", 7, 72},
	{"rep movs 60", "mov ecx, 60; lea rsi, [rbx]; lea rdi, [rbx+64]; rep movsd; mov rax, rsi; sub rax, rbx; ret", 7, 240},
	{"rep stos", "mov ecx, 100; lea rdi, [rbx]; mov eax, 7; rep stosd; mov eax, [rbx+396]; ret", 6, 7},
	{"repe cmps", "mov ecx, 9; lea rsi, [rbx]; lea rdi, [rbx+64]; mov byte ptr [rdi+4], 1; repe cmpsb; mov eax, ecx; ret", 7, 4},
	{"repne scas", "mov ecx, 50; lea rdi, [rbx]; mov byte ptr [rdi+9], 3; mov al, 3; repne scasb; mov eax, ecx; ret", 7, 40},
	{"rep backwards", "std; mov ecx, 8; lea rdi, [rbx+64]; rep stosb; cld; mov rax, rdi; sub rax, rbx; ret", 8, 56},
	{"rep in a loop", `
		mov edx, 3; xor eax, eax
	1:	mov ecx, edx; lea rdi, [rbx]; rep stosb; add eax, edx; dec edx; jnz 1b; ret`, 3 + 6*3, 6},
	{"rep twice", "mov ecx, 3; lea rdi, [rbx]; rep stosb; mov ecx, 2; rep stosb; rep stosb; mov rax, rdi; sub rax, rbx; ret", 9, 5},
	// The second time around the loop, rep is reached by a jump and not by its own repetition.
	{"jump to a rep", "xor edx, edx; lea rdi, [rbx]; mov ecx, 2; 1: rep stosb; mov ecx, 3; inc edx; cmp edx, 3; jne 1b; mov rax, rdi; sub rax, rbx; ret", 3 + 3*5 + 3, 8},
	{"flags", "mov eax, 0x7fffffff; add eax, 1; pushf; popf; pushf; pop rax; and eax, 0x8d5; ret", 8, 0x894},
	{"popf", "push 0xad7; popf; pushf; pop rax; ret", 5, 0xad7},
	{"direction", "std; pushf; cld; pop rax; and eax, 0x400; ret", 6, 0x400},
	{"sse", "mov eax, 3; cvtsi2sd xmm1, eax; mulsd xmm1, xmm1; addsd xmm1, xmm1; cvttsd2si eax, xmm1; ret", 6, 18},
	{"x87", "fld1; fadd st, st(0); fld st(0); fmulp; fistp dword ptr [rbx]; mov eax, [rbx]; ret", 7, 4},
	{"div", "mov eax, 100; xor edx, edx; mov ecx, 7; div ecx; ret", 5, 14},
	{"atomics", "mov eax, 5; mov [rbx], eax; mov ecx, 9; lock cmpxchg [rbx], ecx; lock xadd [rbx], eax; mov eax, [rbx]; ret", 7, 14},
	{"pause", "xor eax, eax; pause; inc eax; pause; inc eax; ret", 6, 2},
	{"nops", "xor eax, eax; nop; .byte 0x0f, 0x1f, 0x44, 0, 0; endbr64; inc eax; ret", 6, 1},
	{"long block", "xor eax, eax; .rept 700; add eax, 1; .endr; ret", 702, 700},
	{"heavy block", "xor eax, eax; .rept 700; add [rbx], eax; adc eax, 0; inc eax; .endr; ret", 2102, 700},
	{"cpuid", "mov eax, 1; push rbx; cpuid; pop rbx; mov eax, ecx; shr eax, 26; and eax, 7; ret", 8, 0},
}

// stopsEverywhere stops every program before every instruction, from the start and
// from the stop before, and expects the same state of both ways.
func stopsEverywhere(t *testing.T, open Open) {
	for _, p := range timelines {
		t.Run(p.name, func(t *testing.T) {
			r := program(t, open, p.text)
			begin := r.save()
			var steps []moment
			for {
				e := r.run(cpu.Request{Budget: 1})
				if e.Reason == cpu.Return {
					break
				}
				if e.Reason != cpu.Budget || e.Executed != 1 || len(steps) > 3000 {
					t.Fatalf("step %d: %s", len(steps), describe(e))
				}
				steps = append(steps, momentOf(r))
			}
			if got := uint64(len(steps)); got != p.want-1 {
				t.Errorf("%d instructions before the last one, want %d", got, p.want-1)
			}
			if got := r.exit.Regs.GPR[guest.RAX]; got != p.rax {
				t.Errorf("rax = %#x, want %#x", got, p.rax)
			}
			for n := 1; n <= len(steps); n += 1 + n/100 {
				r.restore(begin)
				if e := r.must(cpu.Budget, cpu.Request{Budget: uint64(n)}); e.Executed != uint64(n) {
					t.Fatalf("budget %d: %s", n, describe(e))
				}
				steps[n-1].same(t, momentOf(r), "budget %d", n)
			}
			r.restore(begin)
			if e := r.must(cpu.Return, free()); e.Executed != p.want {
				t.Errorf("%d instructions without a bound, want %d", e.Executed, p.want)
			}
		})
	}
}

// stopSequences runs programs in turns of one size; each must come to its end after
// the same instructions.
func stopSequences(t *testing.T, open Open) {
	for _, p := range timelines {
		if p.want > 200 {
			continue
		}
		r := program(t, open, p.text)
		begin := r.save()
		for _, turn := range []uint64{1, 2, 3, 5, 7, 49, 60} {
			r.restore(begin)
			executed := uint64(0)
			for {
				e := r.run(cpu.Request{Budget: turn})
				executed += e.Executed
				if e.Reason == cpu.Return {
					break
				}
				if e.Reason != cpu.Budget || e.Executed != turn {
					t.Fatalf("%s in turns of %d: %s", p.name, turn, describe(e))
				}
			}
			if executed != p.want || r.exit.Regs.GPR[guest.RAX] != p.rax {
				t.Errorf("%s in turns of %d: %d instructions, rax %#x", p.name, turn, executed, r.exit.Regs.GPR[guest.RAX])
			}
		}
	}
}

func stopAtOnce(t *testing.T, open Open) {
	r := program(t, open, "ret")
	if e := r.must(cpu.Budget, cpu.Request{}); e.Executed != 0 || r.ctx.PC != textBase {
		t.Errorf("%s", describe(e))
	}
}

// countingModes runs the programs in every way there is; only counts may differ.
func countingModes(t *testing.T, open Open) {
	for _, p := range timelines {
		r := program(t, open, p.text)
		begin := r.save()
		r.must(cpu.Return, free())
		want := momentOf(r)
		for _, m := range []struct {
			name string
			req  cpu.Request
		}{
			{"uncounted", cpu.Request{Budget: cpu.Unlimited, Uncounted: true}},
			{"uncounted again", cpu.Request{Budget: cpu.Unlimited, Uncounted: true}},
			{"exact", cpu.Request{Budget: cpu.Unlimited, Exact: true}},
			{"counted again", free()},
		} {
			r.restore(begin)
			r.must(cpu.Return, m.req)
			want.same(t, momentOf(r), "%s, %s", p.name, m.name)
		}
	}
}

func systemCalls(t *testing.T, open Open) {
	r := program(t, open, "mov eax, 7; syscall; a: inc eax; .byte 0x48; syscall; b: ret")
	for _, req := range []cpu.Request{free(), {Budget: cpu.Unlimited, Uncounted: true}, {Budget: 5}} {
		r.start(textBase)
		e := r.must(cpu.Syscall, req)
		if !req.Uncounted && e.Executed != 2 || r.ctx.PC != r.label["a"] || e.Regs.GPR[guest.RAX] != 7 {
			t.Errorf("first: %s", describe(e))
		}
		if e.Regs.GPR[guest.RCX] != 0x1111111111111111 {
			t.Error("rcx was written")
		}
		if r.must(cpu.Syscall, req); r.ctx.PC != r.label["b"] {
			t.Errorf("with a prefix: %s", describe(&r.exit))
		}
		r.must(cpu.Return, req)
	}
}

func jumpToItself(t *testing.T, open Open) {
	r := program(t, open, "1: jmp 1b")
	for _, n := range []uint64{1, 2, 48, 49, 100, 12345} {
		if e := r.must(cpu.Budget, cpu.Request{Budget: n}); e.Executed != n || r.ctx.PC != textBase {
			t.Errorf("budget %d: %s", n, describe(e))
		}
	}
}

// budgetBeforeFault: a budget that ends at the last instruction that can run does
// end there.
func budgetBeforeFault(t *testing.T, open Open) {
	r := program(t, open, "mov eax, NOWHERE; jmp rax")
	for _, n := range []uint64{2, 100} {
		r.start(textBase)
		reason := cpu.Budget
		if n > 2 {
			reason = cpu.Fault
		}
		if e := r.must(reason, cpu.Request{Budget: n}); e.Executed != 2 || r.ctx.PC != nowhere {
			t.Errorf("budget %d: %s", n, describe(e))
		}
	}
}

// freshBlocks: what was never translated before counts as well as what was.
func freshBlocks(t *testing.T, open Open) {
	for n := uint64(49); n < 140; n += 3 {
		r := program(t, open, "xor ecx, ecx; 1: inc ecx; .rept 20; nop; .endr; jmp 1b")
		if e := r.must(cpu.Budget, cpu.Request{Budget: n}); e.Executed != n || e.Regs.GPR[guest.RCX] != (n-1+21)/22 {
			t.Fatalf("budget %d: %s, rcx %d", n, describe(e), e.Regs.GPR[guest.RCX])
		}
	}
}

// moment is all that can be seen of a stopped task.
type moment struct {
	regs   guest.Regs
	vector uint64
	data   string
}

func momentOf(r *rig) moment { return moment{r.exit.Regs, r.exit.Vector, string(r.data())} }

func (m moment) same(t *testing.T, o moment, format string, args ...any) {
	t.Helper()
	if m.regs != o.regs {
		t.Fatalf(format+": registers\n%x, want\n%x", append(args, o.regs, m.regs)...)
	}
	if m.vector != o.vector {
		t.Fatalf(format+": vectors differ", args...)
	}
	for i := range m.data {
		if m.data[i] != o.data[i] {
			t.Fatalf(format+": byte %#x of the data is %#x, want %#x", append(args, i, o.data[i], m.data[i])...)
		}
	}
}
