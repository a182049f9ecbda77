package cputest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// Bare makes an engine without anything around it over the same memory, the yardstick
// of [Benchmark]. Its run begins at pc with rcx and rsp, and ends at until.
type Bare func(b *testing.B, mem []cpu.Mapping) (run func(pc, sp guest.Addr, rcx uint64, until guest.Addr))

// Benchmark measures a backend, in ratios to the bare engine in the same run where
// there is one. Times are the least of several rounds, of which the machine spoils
// some. The budgets that the project sets itself:
//
//	plain    without counting, <= 1.05 x bare
//	counted  <= 2.5 x bare on branchy code, <= 1.1 x on blocks of twenty instructions
//	site     off: as its nop; redirected by memo: <= 25 ns above a direct call;
//	         decided in Go: <= 100 ns
//	turn     with an exact stop: <= 500 ns + 3 ns for each instruction
func Benchmark(b *testing.B, open func(cpu.Options) (cpu.CPU, error), bare Bare) {
	for _, c := range []struct{ name, text string }{{"branchy", branchyText}, {"blocks of 20", twentyText}} {
		b.Run("plain/"+c.name, func(b *testing.B) { benchRun(b, open, bare, c.text, true) })
		b.Run("counted/"+c.name, func(b *testing.B) { benchRun(b, open, bare, c.text, false) })
	}
	for _, site := range []string{"direct", "nop", "memo", "memo watched"} {
		b.Run("site/"+site, func(b *testing.B) { benchSite(b, open, bare, site) })
	}
	b.Run("site/decided", func(b *testing.B) { benchDecided(b, open, bare) })
	for _, n := range []uint64{1, 2, 5, 10, 48, 49, 100, 1000} {
		b.Run(fmt.Sprintf("turn/%d", n), func(b *testing.B) { benchTurn(b, open, n) })
	}
	b.Run("open", func(b *testing.B) { benchOpen(b, open) })
}

// branchyText has blocks of two to five instructions, calls and data-dependent jumps.
const branchyText = `
	xor eax, eax; mov edx, 12345
1:	imul edx, edx, 1103515245; add edx, 12345; test edx, 0x10000; jz 2f
	add eax, edx; jmp 3f
2:	xor eax, edx
3:	call f
	test eax, 1; jnz 4f
	inc eax
4:	dec rcx; jnz 1b
	ret
f:	push rbp; mov rbp, rsp; add eax, 3; pop rbp; ret`

// twentyText is a loop over one block of twenty instructions with loads and stores.
const twentyText = `
1:	mov rax, [rbx]; add rax, rcx; mov [rbx+8], rax; mov rdx, [rbx+16]; xor rdx, rax
	lea rsi, [rax+rdx*2]; mov [rbx+24], rsi; shr rsi, 3; and rsi, 0xff; add rax, rsi
	mov rdi, [rbx+rsi]; add rdi, rdx; mov [rbx+32], rdi; imul rdi, rax; sub rax, rdi
	or rdx, 1; mov [rbx], rax; mov [rbx+16], rdx; dec rcx; jnz 1b
	ret`

// rounds is how often things are measured; the best counts.
const rounds = 9

// fastest returns the least time of f in nanoseconds for each of n iterations.
func fastest(n uint64, f ...func(n uint64)) []float64 {
	best := make([]float64, len(f))
	for i := range best {
		best[i] = math.Inf(1)
	}
	for range rounds {
		for i := range f {
			begin := time.Now()
			f[i](n)
			best[i] = min(best[i], float64(time.Since(begin).Nanoseconds())/float64(n))
		}
	}
	return best
}

// loop returns what runs the rig's program to its end with rcx.
func (r *rig) loop(req cpu.Request) func(n uint64) {
	return func(n uint64) {
		r.start(textBase)
		g := r.cpu.Registers(&r.ctx)
		g.GPR[guest.RCX] = n
		r.cpu.SetRegisters(&r.ctx, &g)
		for r.run(req).Reason == cpu.Full {
		}
		if r.exit.Reason != cpu.Return {
			r.Fatalf("%s", describe(&r.exit))
		}
	}
}

func (r *rig) bareLoop(run func(guest.Addr, guest.Addr, uint64, guest.Addr)) func(n uint64) {
	return func(n uint64) {
		r.setWord(stackTop, uint64(until))
		run(textBase, stackTop, n, until)
	}
}

func benchRun(b *testing.B, open Open, bare Bare, text string, uncounted bool) {
	r := program(b, open, text)
	run := bare(b, r.mem)
	for b.Loop() {
		t := fastest(300_000, r.loop(cpu.Request{Budget: cpu.Unlimited, Uncounted: uncounted}), r.bareLoop(run))
		b.ReportMetric(t[0], "ns/iteration")
		b.ReportMetric(t[0]/t[1], "x-bare")
	}
	b.ReportMetric(0, "ns/op")
}

// callText calls f in a loop; what stands at its entry is filled in.
const callText = "1: call f; dec rcx; jnz 1b; ret; f: %s; s: push rbp; mov rbp, rsp; inc rax; pop rbp; ret; g: push rbp; mov rbp, rsp; inc rdx; pop rbp; ret"

func benchSite(b *testing.B, open Open, bare Bare, site string) {
	entry := map[string]string{"nop": ".byte 0x0f, 0x1f, 0x44, 0, 0", "memo": "call STUB", "memo watched": "call STUB"}[site]
	r := program(b, open, fmt.Sprintf(callText, entry))
	direct := program(b, open, fmt.Sprintf(callText, ""))
	r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return r.label["g"] }
	if site == "memo watched" {
		r.cpu.Watch(textBase+0x800, true)
	}
	req := cpu.Request{Budget: cpu.Unlimited, Uncounted: true}
	run := bare(b, direct.mem)
	for b.Loop() {
		t := fastest(200_000, r.loop(req), direct.bareLoop(run))
		b.ReportMetric(t[0], "ns/call")
		b.ReportMetric(t[0]-t[1], "ns-above-direct")
	}
	b.ReportMetric(0, "ns/op")
}

// benchDecided calls two sites in turn whose return addresses, TEXT+0x105 and TEXT+0x206,
// share a place in the memo of the backend that we measure; "asked" tells whether they do.
func benchDecided(b *testing.B, open Open, bare Bare) {
	const text = `
	1: call 2f; call 3f; dec rcx; jnz 1b; ret
	.org 0x100; 2: %[1]s; .org 0x105; push rbp; mov rbp, rsp; inc rax; pop rbp; ret
	.org 0x201; 3: %[1]s; .org 0x206; push rbp; mov rbp, rsp; inc rdx; pop rbp; ret`
	r := program(b, open, fmt.Sprintf(text, "call STUB"))
	direct := program(b, open, fmt.Sprintf(text, ".byte 0x0f, 0x1f, 0x44, 0, 0"))
	req := cpu.Request{Budget: cpu.Unlimited, Uncounted: true}
	run := bare(b, direct.mem)
	for b.Loop() {
		r.asked = 0
		t := fastest(50_000, r.loop(req), direct.bareLoop(run))
		b.ReportMetric(t[0]/2, "ns/call")
		b.ReportMetric((t[0]-t[1])/2, "ns-above-direct")
		b.ReportMetric(float64(r.asked)/(rounds*50_000*2), "asked")
	}
	b.ReportMetric(0, "ns/op")
}

// benchTurn takes turns between two tasks.
func benchTurn(b *testing.B, open Open, budget uint64) {
	r := program(b, open, "mov rcx, -1; "+branchyText)
	var contexts [2]cpu.Context
	for i := range contexts {
		contexts[i].CopyFrom(&r.ctx)
	}
	turns := func(n uint64) {
		for i := range n {
			if err := r.cpu.Run(&contexts[i%2], cpu.Request{Task: 1, Budget: budget}, &r.exit); err != nil || r.exit.Executed != budget {
				b.Fatal(err, describe(&r.exit))
			}
		}
	}
	for b.Loop() {
		t := fastest(20_000/(1+budget/100), turns)[0]
		b.ReportMetric(t, "ns/turn")
		b.ReportMetric(t/(500+3*float64(budget)), "of-bound")
	}
	b.ReportMetric(0, "ns/op")
}

func benchOpen(b *testing.B, open Open) {
	for b.Loop() {
		c, err := open(cpu.Options{Until: until})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
