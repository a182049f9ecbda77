package cputest

import (
	"slices"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var faultChecks = []check{
	{"faults", everyFault},
	{"fault after a long run", lateFault},
	{"fault in a rep", faultInRep},
	{"faulting instructions leave nothing", faultLeavesNothing},
	{"same fault again", sameFaultAgain},
	{"code that runs out", codeRunsOut},
	{"refused on every way", refusedOnEveryWay},
	{"refused instructions", refusedInstructions},
	{"user mode", userMode},
}

// faulting is a program that ends with a fault at the label x.
type faulting struct {
	name string
	text string
	mode guest.Mode
	want cpu.FaultInfo
	at   guest.Addr // instead of x
}

var faultings = []faulting{
	{name: "read unmapped", text: "mov edx, NOWHERE; x: mov rax, [rdx]", want: cpu.FaultInfo{Kind: cpu.ReadFault, Addr: nowhere, Size: 8}},
	{name: "read byte", text: "mov edx, NOWHERE; x: movzx eax, byte ptr [rdx+3]", want: cpu.FaultInfo{Kind: cpu.ReadFault, Addr: nowhere + 3, Size: 1}},
	{name: "read high", text: "mov rdx, 0xffff888000000000; x: mov eax, [rdx]", want: cpu.FaultInfo{Kind: cpu.ReadFault, Addr: 0xffff888000000000, Size: 4}},
	{name: "read null", text: "xor edx, edx; x: mov eax, [rdx]", want: cpu.FaultInfo{Kind: cpu.ReadFault, Size: 4}},
	{name: "write unmapped", text: "mov edx, NOWHERE; x: mov [rdx], eax", want: cpu.FaultInfo{Kind: cpu.WriteFault, Addr: nowhere, Size: 4}},
	{name: "write constant", text: "mov edx, CONST; x: mov [rdx+8], ax", want: cpu.FaultInfo{Kind: cpu.WriteFault, Addr: constBase + 8, Size: 2, Mapped: true}},
	{name: "write code", text: "mov edx, TEXT; x: mov [rdx+8], al", want: cpu.FaultInfo{Kind: cpu.WriteFault, Addr: textBase + 8, Size: 1, Mapped: true}},
	{name: "add to a constant", text: "mov edx, CONST; x: add [rdx], eax", want: cpu.FaultInfo{Kind: cpu.WriteFault, Addr: constBase, Size: 4, Mapped: true}},
	{name: "jump to nowhere", text: "mov edx, NOWHERE; jmp rdx", at: nowhere, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: nowhere}},
	{name: "jump beyond 52 bits", text: "mov rdx, 0x4500000000400000; jmp rdx", at: 0x4500000000400000, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: 0x4500000000400000}},
	{name: "jump high", text: "mov rdx, 0xffffffff81000000; jmp rdx", at: 0xffffffff81000000, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: 0xffffffff81000000}},
	{name: "jump to data", text: "jmp rbx", at: dataBase + guest.PageSize, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: dataBase + guest.PageSize, Mapped: true}},
	{name: "return to nowhere", text: "mov qword ptr [rsp], 0; ret", at: 0, want: cpu.FaultInfo{Kind: cpu.FetchFault}},
	{name: "kernel runs user text", text: "mov edx, UTEXT; call rdx", at: userTextBase, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: userTextBase, Mapped: true}},
	{name: "ud2", text: "inc eax; x: ud2", want: cpu.FaultInfo{Kind: cpu.Illegal}},
	{name: "illegal", text: "x: .byte 0x06", want: cpu.FaultInfo{Kind: cpu.Illegal}},
	{name: "int3", text: "inc eax; x: int3", want: cpu.FaultInfo{Kind: cpu.Exception, Vector: 3}},
	{name: "int 0x80", text: "x: int 0x80", want: cpu.FaultInfo{Kind: cpu.Exception, Vector: 0x80}},
	{name: "division by zero", text: "mov eax, 5; xor edx, edx; xor ecx, ecx; x: div ecx", want: cpu.FaultInfo{Kind: cpu.Exception}},
	{name: "division overflow", text: "mov edx, 5; mov ecx, 2; x: div ecx", want: cpu.FaultInfo{Kind: cpu.Exception}},
	{name: "trap flag", text: "push 0x302; popf; x: inc eax", want: cpu.FaultInfo{Kind: cpu.Exception, Vector: 1}},
	{name: "hlt", text: "inc eax; x: hlt", want: cpu.FaultInfo{Kind: cpu.Halt}},
	{name: "rdtsc", text: "inc eax; x: rdtsc", want: cpu.FaultInfo{Kind: cpu.Refused}},
	{name: "avx", text: "inc eax; x: vaddps ymm0, ymm1, ymm2", want: cpu.FaultInfo{Kind: cpu.Refused}},
	{name: "user: kernel data", mode: guest.UserMode, text: "mov edx, DATA; x: mov eax, [rdx]", want: cpu.FaultInfo{Kind: cpu.ReadFault, Addr: dataBase, Size: 4, Mapped: true}},
	{name: "user: kernel write", mode: guest.UserMode, text: "mov edx, DATA; x: mov [rdx], eax", want: cpu.FaultInfo{Kind: cpu.WriteFault, Addr: dataBase, Size: 4, Mapped: true}},
	{name: "user: kernel text", mode: guest.UserMode, text: "mov edx, TEXT; jmp rdx", at: textBase, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: textBase, Mapped: true}},
	{name: "user: until", mode: guest.UserMode, text: "mov edx, UNTIL; jmp rdx", at: until, want: cpu.FaultInfo{Kind: cpu.FetchFault, Addr: until}},
}

func (f *faulting) base() guest.Addr {
	if f.mode == guest.UserMode {
		return userTextBase
	}
	return textBase
}

// everyFault runs into every fault, on every way.
func everyFault(t *testing.T, open Open) {
	for _, f := range faultings {
		t.Run(f.name, func(t *testing.T) {
			r := newRig(t, open)
			r.load(f.base(), f.text+"\ninc eax; inc eax")
			at, ok := r.label["x"]
			if !ok {
				at = f.at
			}
			for _, req := range []cpu.Request{
				free(), {Budget: 20}, {Budget: cpu.Unlimited, Uncounted: true}, {Budget: cpu.Unlimited, Exact: true}, free(),
			} {
				f.check(t, r, req, at)
			}
		})
	}
}

func (f *faulting) check(t *testing.T, r *rig, req cpu.Request, at guest.Addr) {
	t.Helper()
	req.Mode = f.mode
	r.start(f.base())
	// The same instructions one at a time, up to the fault.
	var before moment
	n := uint64(0)
	for r.ctx.PC != at {
		r.must(cpu.Budget, cpu.Request{Budget: 1, Mode: f.mode})
		before = momentOf(r)
		n++
	}
	if n == 0 {
		r.must(cpu.Budget, cpu.Request{Budget: 0, Mode: f.mode})
		before = momentOf(r)
	}
	r.start(f.base())
	e := r.must(cpu.Fault, req)
	got := e.Fault
	if f.want.Kind == cpu.Refused {
		if got.Text == "" {
			t.Error("nothing said about what was refused")
		}
		got.Text = ""
	}
	if got != f.want {
		t.Errorf("%+v: fault %+v, want %+v", req, got, f.want)
	}
	if f.want.Vector == trapFlag && inAnArea(r) {
		return // behind the instruction, as a processor reports it
	}
	if !req.Uncounted && e.Executed != n {
		t.Errorf("%+v: %d instructions before the fault, want %d", req, e.Executed, n)
	}
	before.same(t, momentOf(r), "%+v", req)
}

// trapFlag is the vector of what the trap flag raises.
const trapFlag = 1

// lateFault: the count that an inexact run gives leads close to the fault.
func lateFault(t *testing.T, open Open) {
	r := program(t, open, "mov ecx, 100000; mov edx, DATA+8; a: dec ecx; jnz a; inc eax; neg eax; sub edx, 16; x: mov [rdx], eax; ret")
	before := r.save()
	e := r.run(free())
	if e.Reason == cpu.Inexact {
		if e.Executed > 200005 || e.Executed < 200000 {
			t.Fatalf("%d instructions are certain", e.Executed)
		}
		r.restore(before)
		if n := e.Executed; n > 0 {
			r.must(cpu.Budget, cpu.Request{Budget: n})
		}
		e = r.must(cpu.Fault, cpu.Request{Budget: cpu.Unlimited, Exact: true})
	}
	if e.Reason != cpu.Fault || e.Fault.Kind != cpu.WriteFault || r.ctx.PC != r.label["x"] {
		t.Errorf("%s", describe(e))
	}
}

// faultInRep: what was done before the fault stays done, and the instruction goes on
// where it was.
func faultInRep(t *testing.T, open Open) {
	for _, req := range []cpu.Request{free(), {Budget: 20}, {Budget: cpu.Unlimited, Exact: true}} {
		r := program(t, open, "mov ecx, 100; mov edi, DATA+3*4096-24; mov al, 5; x: rep stosb; ret")
		e := r.must(cpu.Fault, req)
		if e.Executed != 3 || r.ctx.PC != r.label["x"] || e.Regs.GPR[guest.RCX] != 76 || e.Fault.Addr != dataBase+dataSize {
			t.Fatalf("%s, rcx %d", describe(e), e.Regs.GPR[guest.RCX])
		}
		if got := r.bytes(dataBase + dataSize - 24); got[0] != 5 || got[23] != 5 {
			t.Error("the stores before the fault are lost")
		}
		r.add(dataBase+dataSize, pages(t, guest.PageSize), guest.Read|guest.Write)
		if e := r.must(cpu.Return, req); e.Executed != 2 || r.bytes(dataBase + dataSize)[75] != 5 {
			t.Errorf("went on: %s", describe(e))
		}
	}
}

// faultLeavesNothing: instructions that access memory more than once, and fault on
// the second access, have changed nothing.
func faultLeavesNothing(t *testing.T, open Open) {
	const end = "DATA+3*4096"
	for _, text := range []string{
		"mov rax, -1; x: mov [rdx-4], rax",           // across pages
		"x: movups [rdx-8], xmm3",                    // in two halves
		"fld1; x: fstp tbyte ptr [rdx-8]",            // likewise
		"fninit; x: fnstenv [rdx-20]",                // many stores
		"sub rdx, 128; x: fxsave [rdx]",              // likewise
		"lea rsi, [rdx-2]; mov edi, DATA; x: movsd",  // load across pages
		"mov esi, NOWHERE; mov edi, DATA; x: movsq",  // load fails, the store must not happen
		"mov edi, NOWHERE; mov esi, DATA; x: movsq",  // the other way round
		"x: push qword ptr [rdx]",                    // likewise
		"x: pop qword ptr [rdx-4]",                   // rsp stays
		"x: call [rdx-4]",                            // no return address
		"x: xchg [rdx-4], rax",                       // loads, then stores
		"x: lock xadd [rdx-4], rax",                  // likewise
		"mov rax, [rdx-16]; x: cmpxchg [rdx-4], rcx", // likewise
		"x: inc dword ptr [rdx-2]",                   // flags stay
		"mov edx, CONST; x: sub [rdx], eax",          // likewise
		"mov edx, CONST; x: xchg [rdx], rax",
		"mov edx, CONST; x: pop [rdx]",
		"mov esp, CONST+16; x: enter 16, 1",
		"mov esp, CONST+16; x: pushf",
		"mov edx, CONST; x: movups [rdx], xmm1",
		"x: fxrstor [rdx-128]", // registers filled in part
		"x: fxrstor [rdx-256]",
	} {
		r := program(t, open, "stc; mov edx, "+end+"; mov eax, 77; "+text+"; nop; nop")
		for i := range r.bytes(dataBase) {
			r.bytes(dataBase)[i] = byte(i * 3)
		}
		start := r.save()
		for _, req := range []cpu.Request{free(), {Budget: 20}, {Budget: cpu.Unlimited, Uncounted: true}, {Budget: cpu.Unlimited, Exact: true}} {
			r.restore(start)
			var before moment
			for r.ctx.PC != r.label["x"] {
				r.must(cpu.Budget, cpu.Request{Budget: 1})
				before = momentOf(r)
			}
			r.restore(start)
			e := r.must(cpu.Fault, req)
			if r.ctx.PC != r.label["x"] || e.Fault.Kind != cpu.ReadFault && e.Fault.Kind != cpu.WriteFault {
				t.Fatalf("%s: %s", text, describe(e))
			}
			if inAnArea(r) && slices.ContainsFunc(inPieces, func(p string) bool { return strings.Contains(text, p) }) {
				continue
			}
			before.same(t, momentOf(r), "%s, %+v", text, req)
		}
	}
}

// inPieces are instructions of which a part may be done when they fail in an area.
var inPieces = []string{"movups", "fstp", "fnstenv", "fxsave", "fxrstor"}

// sameFaultAgain: a block that always faults in the middle ends every run there,
// whichever ran before.
func sameFaultAgain(t *testing.T, open Open) {
	r := program(t, open, "inc eax; mov esi, [rcx]; inc eax; xor edx, edx; div esi; inc eax; vzeroupper; ret")
	for i := range 12 {
		req := []cpu.Request{free(), {Budget: cpu.Unlimited, Uncounted: true}, {Budget: 100}}[i%3]
		for _, c := range []struct {
			rcx  guest.Addr
			kind cpu.FaultKind
			n    uint64
		}{{nowhere, cpu.ReadFault, 1}, {dataBase, cpu.Exception, 4}, {dataBase + 8, cpu.Refused, 6}} {
			r.start(textBase)
			g := r.cpu.Registers(&r.ctx)
			g.GPR[guest.RCX] = uint64(c.rcx)
			r.setWord(dataBase+8, 0x7fffffff)
			r.cpu.SetRegisters(&r.ctx, &g)
			e := r.must(cpu.Fault, req)
			if e.Fault.Kind != c.kind || !req.Uncounted && e.Executed != c.n {
				t.Fatalf("round %d: %s", i, describe(e))
			}
		}
	}
}

// codeRunsOut: code that runs into a page that is missing, or not code, executes all
// instructions before it.
func codeRunsOut(t *testing.T, open Open) {
	const end = textBase + textSize
	for _, c := range []struct {
		name, tail string
		n          uint64
		rest       guest.Addr // bytes of an instruction that the page cuts
	}{
		{"whole", "inc eax; add ecx, 1000; nop; lea rdx, [rdx+rax*4+100000]; inc eax", 5, 0},
		{"cut", "inc eax; inc eax; .byte 0x81, 0xc1, 1, 2", 2, 4},
		{"cut opcode", "inc eax; .byte 0x0f", 1, 1},
		{"rep", "inc eax; xor ecx, ecx; rep stosb; mov ecx, 3; mov edi, DATA; rep stosb", 6, 0},
		{"jump", "inc eax; jmp 1f; ud2; 1: inc eax", 3, 0},
	} {
		for _, mapped := range []bool{false, true} {
			r := newRig(t, open)
			tail := assemble(t, textBase, c.tail)
			begin := end - guest.Addr(len(tail.bytes))
			r.load(begin, c.tail)
			if mapped {
				r.add(end, pages(t, guest.PageSize), guest.Read)
			}
			for _, req := range []cpu.Request{
				free(), {Budget: 20}, {Budget: cpu.Unlimited, Uncounted: true}, {Budget: cpu.Unlimited, Exact: true}, free(),
			} {
				for n := range c.n + 1 {
					r.start(begin)
					r.must(cpu.Budget, cpu.Request{Budget: n})
					e := r.must(cpu.Fault, req)
					if !req.Uncounted && e.Executed != c.n-n || r.ctx.PC != end-c.rest || e.Fault.Kind != cpu.FetchFault ||
						e.Fault.Addr != end || e.Fault.Mapped != mapped {
						t.Fatalf("%s, after %d: %s", c.name, n, describe(e))
					}
				}
			}
			r.start(begin)
			r.cpu.Break(begin, 1, true)
			r.must(cpu.Break, free())
			r.cpu.Break(begin, 1, false)
			if !mapped { // the code goes on after all
				code := pages(t, guest.PageSize)
				copy(code, "\x03\x04\xb8\xff\xc3\xc3\xc3\xc3")
				copy(code, []byte{3, 4}[:max(0, int(c.rest)-2)])
				r.add(end, code, guest.Read|guest.Exec)
				if c.rest == 0 {
					code[0] = 0xc3
					r.start(begin)
					if e := r.must(cpu.Return, free()); e.Executed != c.n+1 {
						t.Errorf("%s went on: %s", c.name, describe(e))
					}
				}
			}
		}
	}
}

// refusedOnEveryWay comes to a refused instruction by every kind of entry, again and
// again, also where an engine has translated it before.
func refusedOnEveryWay(t *testing.T, open Open) {
	r := program(t, open, `
	first:	rdtsc; nop
	second:	inc eax; jmp third
	third:	inc eax; rdtsc
	fourth:	call 1f; jmp third
	1:	ret
	fifth:	mov ecx, 3; 2: dec ecx; jnz 2b; test ecx, ecx; jz third
	sixth:	mov edx, OFFSET third; jmp rdx
	seventh: syscall; rdtsc`)
	for i := range 30 {
		req := []cpu.Request{
			{Budget: cpu.Unlimited, Uncounted: true}, {Budget: cpu.Unlimited, Uncounted: true}, free(), {Budget: 20},
		}[i%4]
		for _, label := range []string{"first", "second", "third", "fourth", "fifth", "sixth", "fourth", "second"} {
			r.start(r.label[label])
			e := r.must(cpu.Fault, req)
			if e.Fault.Kind != cpu.Refused || r.bytes(r.ctx.PC)[0] != 0x0f || r.bytes(r.ctx.PC)[1] != 0x31 {
				t.Fatalf("round %d, %s: %s", i, label, describe(e))
			}
		}
		r.start(r.label["seventh"])
		r.must(cpu.Syscall, req)
		r.must(cpu.Fault, req)
	}
}

func refusedInstructions(t *testing.T, open Open) {
	refused := `rdtsc; rdtscp; sysenter; .byte 0x0f, 0x35; rdpmc; rdmsr; wrmsr; in al, dx; in eax, 5; out dx, al; insb; rep outsd; cli; sti; iretq
		mov rax, cr0; mov cr3, rax; mov rax, dr7; lgdt [rbx]; sidt [rbx]; invlpg [rbx]; swapgs; clts; wbinvd; invd; sysretq
		rdrand eax; rdseed rax; ltr ax; str eax; mov ss, eax; lss eax, [rbx]; monitor; mwait; stac
		vzeroupper; vaddsd xmm0, xmm1, xmm2; vpxor ymm1, ymm2, ymm3; andn eax, ebx, ecx; rorx eax, ebx, 3
		vpaddd zmm1, zmm2, zmm3; kmovw k1, eax; vmovups [rbx], ymm0; rex.w rdtsc; rdpid rax; smsw eax
		.byte 0x66, 0x0f, 0x31; .byte 0x48, 0x66, 0x0f, 0x31; .byte 0x8f, 0xe9, 0x78, 0x81, 0xc1`
	allowed := `pop [rbx]; xgetbv; mov ds, ecx; cpuid; pause; lfence; clflush [rbx]; prefetcht0 [rbx]; rep stosb; lods al, [rsi]
		cmpxchg8b [rbx]; bswap eax; fnop; emms; mov eax, ds; lsl eax, ecx; endbr64; popcnt eax, ecx; in_order: ud2`
	for i, text := range []string{refused, allowed} {
		for instruction := range strings.SplitSeq(strings.ReplaceAll(text, "\n", ";"), ";") {
			instruction = strings.TrimSpace(instruction)
			r := program(t, open, instruction+"; nop; nop")
			if instruction == "xgetbv" {
				continue // not refused, but an exception, as the system has not switched it on
			}
			e := r.exactly(cpu.Request{Budget: 1})
			got := e.Reason == cpu.Fault && e.Fault.Kind == cpu.Refused
			if want := i == 0; got != want {
				t.Errorf("%s: %s", instruction, describe(e))
			}
			vector := strings.Contains(e.Fault.Text, "AVX")
			first := r.bytes(textBase)[0]
			if got && vector != (first == 0xc4 || first == 0xc5 || first == 0x62 || first == 0x8f) {
				t.Errorf("%s: %s", instruction, e.Fault.Text)
			}
		}
	}
}

// userMode runs in user mode, where user memory is all there is, and takes turns
// with the kernel.
func userMode(t *testing.T, open Open) {
	r := newRig(t, open)
	r.load(userTextBase, "mov edx, UDATA; mov ecx, 20; 1: add [rdx], ecx; dec ecx; jnz 1b; syscall; jmp 1b")
	kernel := assemble(t, textBase, "mov edx, UDATA; mov eax, [rdx]; inc dword ptr [rdx]; ret")
	copy(r.bytes(textBase), kernel.bytes)
	for _, uncounted := range []bool{false, true} {
		r.setWord(userDataBase, 0)
		r.start(userTextBase)
		e := r.must(cpu.Syscall, cpu.Request{Mode: guest.UserMode, Budget: cpu.Unlimited, Uncounted: uncounted})
		if !uncounted && e.Executed != 63 || r.word(userDataBase) != 210 {
			t.Fatalf("%s, sum %d", describe(e), r.word(userDataBase))
		}
		r.start(textBase)
		e = r.must(cpu.Return, cpu.Request{Budget: cpu.Unlimited, Uncounted: uncounted})
		if e.Regs.GPR[guest.RAX] != 210 || r.word(userDataBase) != 211 {
			t.Errorf("the kernel read %d", e.Regs.GPR[guest.RAX])
		}
	}
}
