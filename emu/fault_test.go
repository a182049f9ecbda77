package emu

import (
	"regexp"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/guest"
)

// Programs that do what they must not. A case is the code of one task, which runs in
// user mode up to the word "kernel", and from there in the function of a gate.
//
// The two parts of a program share no symbol, so each names the other's addresses by
// number: kernel text begins at 0x400000, kernel data at 0x402000.
var faultCases = []struct {
	name, code string
	want       string // a pattern for the whole error
}{
	{
		"user reads kernel data", "mov 0x402000, %rax",
		`^case:1 in user mode at 0x8000000 \(user\): reads 8 bytes at 0x40[0-9a-f]+, in program \(rw-k\): mov rax, qword ptr \[0x40[0-9a-f]+\]$`,
	},
	{
		"user reads kernel text", "movb 0x400000, %al",
		`^case:1 in user mode at 0x8000000 \(user\): reads 1 byte at 0x400000, in program \(r-xk\): mov al, `,
	},
	{
		"user reads a kernel stack", "xor %eax, %eax; mov 0x30004ff8, %rax",
		`^case:1 in user mode at 0x8000002 \(user\+0x2\): reads 8 bytes at 0x30004ff8, in kernel stack of case \(rw-k\): mov rax, `,
	},
	{
		"user writes kernel data", "nop; movw $5, 0x402002",
		`^case:1 in user mode at 0x8000001 \(user\+0x1\): writes 2 bytes at 0x40[0-9a-f]+, in program \(rw-k\): mov word ptr `,
	},
	{
		"user runs kernel text", "mov $0x400000, %eax; jmp *%rax",
		`^case:1 in user mode at 0x400000 \(fn\): runs what is no code for this mode, in program \(r-xk\)`,
	},
	{
		"user calls the stub", "mov $0x20000007, %eax; call *%rax",
		`^case:1 in user mode at 0x20000007 \(stub\.entry\): runs what is no code for this mode, in arena \(r-xk\)`,
	},
	{
		"user runs data", "mov $udata, %eax; jmp *%rax",
		`^case:1 in user mode at 0x8[0-9a-f]+ \(udata\): runs what is no code for this mode, in program \(rw-u\)`,
	},
	{
		"user returns", "ret", // nothing is mapped there
		`^case:1 in user mode at 0x0: runs where nothing is mapped$`,
	},
	{
		"user writes its text", "movb $0x90, user",
		`^case:1 in user mode at 0x8000000 \(user\): writes 1 byte at 0x8000000, in program \(r-xu\): mov byte ptr `,
	},
	{
		"user calls an unknown gate", "mov $0x1fff, %eax; syscall",
		`^case:1 in user mode at 0x8000007 \(user\+0x7\): no gate has the number 0x1fff$`,
	},
	{"user halts", "hlt", `^case:1 in user mode at 0x8000000 \(user\): .*hlt$`},
	{"user runs cli", "cli", `^case:1 in user mode at 0x8000000 \(user\): .*(#GP|privileged).*cli$`},
	{"user reads the clock", "rdtsc", `^case:1 in user mode at 0x8000000 \(user\): executes a privileged or time-dependent instruction.*: rdtsc$`},
	{"user runs AVX", "vaddps %xmm0, %xmm1, %xmm2", `^case:1 in user mode at 0x8000000 \(user\): executes AVX code.* compile with -mno-avx`},
	{"user's breakpoint", "int3", `^case:1 in user mode at 0x800000[01] .*: executes a breakpoint \(int3, #BP\)`},
	{
		"kernel writes its text", "kernel; movb $0x90, fn",
		`^case:1 in kernel mode at 0x40[0-9a-f]+ \(fn\+0x[0-9a-f]+\): writes 1 byte at 0x400000, in program \(r-xk\): mov byte ptr `,
	},
	{
		"kernel writes a constant", "kernel; movq $0, kconst",
		`^case:1 in kernel mode at 0x40[0-9a-f]+ \(fn\+0x[0-9a-f]+\): writes 8 bytes at 0x40[0-9a-f]+, in program \(r--k\): mov qword ptr `,
	},
	{
		"kernel writes the arena", "kernel; movb $0xc3, 0x20000007",
		`^case:1 in kernel mode at .* \(fn\+.*\): writes 1 byte at 0x20000007, in arena \(r-xk\): mov byte ptr `,
	},
	{
		"kernel writes the arena's cell", "kernel; movq $0, 0x20001000",
		`^case:1 in kernel mode at .* \(fn\+.*\): writes 8 bytes at 0x20001000, in arena data \(r--k\): mov qword ptr `,
	},
	{
		"kernel runs user text", "kernel; mov $0x8000000, %eax; jmp *%rax",
		`^case:1 in kernel mode at 0x8000000 \(user\): runs what is no code for this mode, in program \(r-xu\)`,
	},
	{
		"kernel runs data", "kernel; mov $kdata, %eax; call *%rax",
		`^case:1 in kernel mode at .* \(kdata\): runs what is no code for this mode, in program \(rw-k\)`,
	},
	{
		"kernel jumps wild", "kernel; mov $0x12345678, %eax; jmp *%rax",
		`^case:1 in kernel mode at 0x12345678: runs where nothing is mapped$`,
	},
	{
		"kernel reads nothing", "kernel; xor %eax, %eax; mov 0x18(%rax), %rdx",
		`^case:1 in kernel mode at .* \(fn\+.*\): reads 8 bytes at 0x18, where nothing is mapped: mov rdx, qword ptr \[rax\+0x18\]$`,
	},
	{"kernel divides by zero", "kernel; xor %ecx, %ecx; mov $1, %eax; cltd; idiv %ecx", `^case:1 in kernel mode at .* \(fn\+.*\): divides by zero .*\(#DE\): idiv ecx$`},
	{"kernel runs no instruction", "kernel; .byte 0x0f, 0x0b", `^case:1 in kernel mode at .* \(fn\+.*\): .*(no instruction|#UD).*: ud2$`},
	{"kernel reads the clock", "kernel; rdtsc", `^case:1 in kernel mode .*: executes a privileged or time-dependent instruction.*: rdtsc$`},
	{"kernel runs cli", "kernel; cli", `^case:1 in kernel mode .*: executes a privileged or time-dependent instruction.*: cli$`},
	{"kernel halts", "kernel; hlt", `^case:1 in kernel mode .* \(fn\+.*\): halts the CPU: hlt$`},
	{"kernel asks for no service", "kernel; mov $0x2fff, %eax; syscall", `^case:1 in kernel mode at .* \(fn\+.*\): no service has the number 0x2fff$`},
	{"kernel asks as user mode does", "kernel; mov $1, %eax; syscall", `^case:1 in kernel mode at .* \(fn\+.*\): no service has the number 0x1$`},
	{
		"kernel recurses for ever", "kernel; 1: push %rax; call 2f; 2: jmp 1b",
		`^case:1 in kernel mode at .* \(fn\+.*\): writes 8 bytes at 0x30003ff8, below the kernel stack of case: the stack is full: (push|call) `,
	},
	{
		"user recurses for ever", "1: push %rax; call 2f; 2: jmp 1b",
		`^case:1 in user mode at .* \(user\+.*\): writes 8 bytes at 0x40005ff8, below the user stack of case: the stack is full: (push|call) `,
	},
	{"kernel sleeps while atomic", "kernel; call pl_preempt_disable; mov $1000, %edi; call pl_sleep", `^case:1 in kernel mode at .* \(pl_sleep\+.*\): scheduling while atomic: preemption is off$`},
	{"kernel schedules while atomic", "kernel; call pl_preempt_disable; call pl_schedule", `^case:1 in kernel mode at .* \(pl_schedule\+.*\): scheduling while atomic: preemption is off$`},
	{"kernel waits while atomic", "kernel; call pl_preempt_disable; call pl_wait", `^case:1 in kernel mode at .* \(pl_wait\+.*\): scheduling while atomic: preemption is off$`},
	{"kernel forks while atomic", "kernel; call pl_preempt_disable; call pl_fork", `^case:1 in kernel mode at .* \(pl_fork\+.*\): pl_fork with preemption off$`},
	{"kernel leaves while atomic", "kernel; call pl_preempt_disable; pop %rbp; ret", `^case:1 in kernel mode .*: returned from the kernel with preemption off$`},
	{"kernel enables what is on", "kernel; call pl_preempt_enable", `^case:1 in kernel mode at .* \(pl_preempt_enable\+.*\): preemption switched on that was not off$`},
	{
		"kernel returns with a wrong stack", "kernel; pop %rbp; ret $16",
		`^case:1 in kernel mode at 0x7ffff000 \(the machine's return address\): returned from the kernel with the stack pointer at 0x30005f68 instead of 0x30005f58$`,
	},
	{"kernel logs nothing", "kernel; mov $16, %edi; call pl_log", `^case:1 in kernel mode at .* \(pl_log\+.*\): pl_log: string at 0x10: 1 bytes at 0x10: address not mapped$`},
	{"kernel logs without end", "kernel; mov $endless, %edi; call pl_log", `^case:1 in kernel mode at .*: pl_log: string at 0x40[0-9a-f]+: no end within 4096 bytes$`},
	{"kernel puts out nothing", "kernel; mov $16, %edi; mov $4, %esi; call pl_out", `^case:1 in kernel mode at .*: pl_out: 4 bytes at 0x10: address not mapped$`},
	{"kernel puts out everything", "kernel; mov $fn, %edi; mov $-1, %rsi; call pl_out", `^case:1 in kernel mode at .*: pl_out: 18446744073709551615 bytes are more than all output may be$`},
	{
		"kernel calls the stub", "kernel; mov $0x20000007, %eax; call *%rax",
		`^case:1 in kernel mode at 0x20000007 \(stub\.entry\): control came to the stub with the return address 0x40[0-9a-f]+, which is no patch site`,
	},
	{
		"kernel jumps into the shim", "kernel; mov $0x20000004, %eax; xor %ebp, %ebp; jmp *%rax",
		`^case:1 in kernel mode at 0x20000004 \(shim\.hook\): control came to the shim's hook with the frame pointer 0x0, which is no stack`,
	},
	{"kernel wants an interrupt", "kernel; int $0x80", `^case:1 in kernel mode at .* raises interrupt 0x80`},
}

// faultSource makes the program of a case.
func faultSource(code string) string {
	user, kernel, inKernel := strings.Cut(code, "kernel;")
	if inKernel {
		user += "mov $0x1001, %eax; syscall;"
	}
	return `// asm
	.text
	SYM_FUNC_START(fn)
	push	%rbp
	mov	%rsp, %rbp
	` + kernel + `
	pop	%rbp
	ret
	SYM_FUNC_END(fn)
	GATE(0x1001, fn)
	.data
	.balign	4096
	.globl	kdata
kdata:	.quad	0x9090909090909090
	.globl	endless
endless: .fill	5000, 1, 'x'
	.section .rodata
	.globl	kconst
kconst:	.quad	1
	.section .user.text, "ax"
	SYM_FUNC_START(user)
	` + user + `
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	.section .user.data, "aw"
	.globl	udata
udata:	.quad	0x9090909090909090
`
}

// TestFaults wants each to end in one clear line, and both backends to say the same, at
// the same instant, with the same digest.
func TestFaults(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			source := faultSource(c.code)
			r := faultRig(t, source, unicorn.New)
			f := r.fails()
			if !regexp.MustCompile(c.want).MatchString(f.Error()) {
				t.Errorf("got  %s\nwant %s", f, c.want)
			}
			if f.Task != 1 || f.PC != f.Regs.RIP || f.Time != r.Now() || strings.ContainsRune(f.Error(), '\n') {
				t.Errorf("%+v", f)
			}
			other := faultRig(t, source, unicorn.NewReference)
			g := other.fails()
			if *f != *g {
				t.Errorf("fast:\n%+v\nreference:\n%+v", f, g)
			}
			if r.outcome(f) != other.outcome(g) {
				t.Errorf("fast:\n%s\nreference:\n%s", r.outcome(f), other.outcome(g))
			}
		})
	}
}

func faultRig(t *testing.T, source string, open func(cpu.Options) (cpu.CPU, error)) *rig {
	t.Helper()
	r := newRig(t, setup{source: source, tasks: []string{"user"}, open: open})
	r.task(1).name = "case"
	for _, p := range r.mem.Mappings() {
		p.Name = strings.Replace(p.Name, "user-1", "case", 1)
	}
	return r
}

// TestFaultsInCompany has a task fail in a run with others, at a place where the fast
// backend has to repeat many steps, some of which have log lines and output.
func TestFaultsInCompany(t *testing.T) {
	img := compile(t, `
	static volatile u64 sum;
	void work(u64 n) { while (n--) sum += n; pl_log("worked"); }
	void crash(u64 n) { work(n); *(volatile u64 *)n = 1; }
	void say(void) { pl_print("said "); pl_cond_resched(); }
	GATE(0x1001, work);
	GATE(0x1002, crash);
	GATE(0x1003, say);
	__user void worker(u64 n)
	{
		for (;;) {
			gate(0x1001, n);
			gate(0x1003);
		}
	}
	__user void crasher(u64 n)
	{
		for (int i = 0; i < 40; i++)
			gate(0x1001, n);
		gate(0x1002, n);
	}`)
	for _, policy := range testPolicies(5) {
		s := setup{tasks: []string{"worker:100", "crasher:77", "worker:300"}, cpus: 2}
		var outcomes []string
		for _, open := range []func(cpu.Options) (cpu.CPU, error){unicorn.New, unicorn.NewReference} {
			s.open, s.policy = open, policy()
			r := newRigOf(t, s, img)
			var o told
			r.Observe(&o)
			f := r.fails()
			if f.Name != "crasher-2" || !strings.HasPrefix(f.Symbol, "crash+") || f.Mode != guest.KernelMode {
				t.Errorf("%s: %v", s.policy.Name(), f)
			}
			if n := len(r.Output()) + len(r.LogLines()); len(o) != n {
				t.Errorf("%s: told %d things, of %d", s.policy.Name(), len(o), n)
			}
			outcomes = append(outcomes, r.outcome(f))
		}
		if outcomes[0] != outcomes[1] {
			t.Errorf("%s: fast\n%.200s\nreference\n%.200s", s.policy.Name(), outcomes[0], outcomes[1])
		}
	}
}
