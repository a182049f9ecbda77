package cputest

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var accessChecks = []check{
	{"accesses", accesses},
	{"accesses only where asked for", accessesNotAsked},
	{"accesses up to a fault", accessesOfFault},
	{"full list of accesses", fullAccesses},
	{"same run with accesses", accessesChangeNothing},
}

// tracing is a request without a bound that reports accesses.
func tracing() cpu.Request { return cpu.Request{Budget: cpu.Unlimited, Accesses: true} }

// told writes the accesses of a run, by distance from rbx or from the stack's top.
func told(e *cpu.Exit) string {
	var all []string
	for _, a := range e.Accesses {
		kind, from, base := "r", "b", dataBase+guest.PageSize
		if a.Write {
			kind = "w"
		}
		if a.Addr >= stackBase {
			from, base = "s", stackTop
		}
		all = append(all, fmt.Sprintf("%d:%s%s%+d,%d", a.At, kind, from, int64(a.Addr-base), a.Size))
	}
	return strings.Join(all, " ")
}

// accesses wants exactly what each instruction reads and writes, whatever its kind.
func accesses(t *testing.T, open Open) {
	for _, c := range []struct{ text, want string }{
		{"mov rax, [rbx]; mov [rbx+16], eax; mov byte ptr [rbx+3], 1; ret", "1:rb+0,8 2:wb+16,4 3:wb+3,1 4:rs+0,8"},
		{"lea rax, [rbx]; test eax, eax; nop dword ptr [rbx]; prefetcht0 [rbx]; ret", "5:rs+0,8"},
		{"lock xadd [rbx], rax; xchg [rbx+8], rax; lock inc dword ptr [rbx]; ret", "1:rb+0,8 1:wb+0,8 2:rb+8,8 2:wb+8,8 3:rb+0,4 3:wb+0,4 4:rs+0,8"},
		{"add [rbx], al; lock cmpxchg [rbx+8], rcx; cmp qword ptr [rbx], 1; ret", "1:rb+0,1 1:wb+0,1 2:rb+8,8 2:wb+8,8 3:rb+0,8 4:rs+0,8"},
		{"push rax; pop rcx; push [rbx]; pop [rbx+8]; ret", "1:ws-8,8 2:rs-8,8 3:rb+0,8 3:ws-8,8 4:rs-8,8 4:wb+8,8 5:rs+0,8"},
		{"call f; ret; f: ret", "1:ws-8,8 2:rs-8,8 3:rs+0,8"},
		{"movups xmm0, [rbx]; movups [rbx+32], xmm0; ret", "1:rb+0,16 2:wb+32,16 3:rs+0,8"},
		{"lea rsi, [rbx]; lea rdi, [rbx+64]; mov ecx, 40; rep movsb; ret", "4:rb+0,40 4:wb+64,40 5:rs+0,8"},
		{"mov ecx, 0; rep movsb; ret", "3:rs+0,8"},
		{"std; lea rdi, [rbx+64]; mov ecx, 4; rep stosq; cld; ret", "4:wb+40,32 6:rs+0,8"},
		{"mov [rbx-4], rax; mov rax, [rbx-1]; ret", "1:wb-4,8 2:rb-8,16 3:rs+0,8"}, // across pages
	} {
		r := program(t, open, c.text)
		if got := told(r.must(cpu.Return, tracing())); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

func accessesNotAsked(t *testing.T, open Open) {
	r := program(t, open, "mov rax, [rbx]; ret")
	begin := r.save()
	for _, req := range []cpu.Request{tracing(), free(), {Budget: cpu.Unlimited, Exact: true}, {Budget: cpu.Unlimited, Uncounted: true}} {
		r.restore(begin)
		if got := r.must(cpu.Return, req).Accesses; (len(got) > 0) != req.Accesses {
			t.Errorf("%+v: %v", req, got)
		}
	}
}

// accessesOfFault: such a run is exact at once, and the instruction that faults has
// accessed nothing.
func accessesOfFault(t *testing.T, open Open) {
	r := program(t, open, "mov [rbx], rax; mov rdi, [rbx]; push NOWHERE; pop [NOWHERE]; ret")
	e := r.run(tracing())
	if e.Reason != cpu.Fault || e.Executed != 3 || e.Fault.Kind != cpu.WriteFault || e.Fault.Addr != nowhere {
		t.Errorf("%s", describe(e))
	}
	if got := told(e); got != "1:wb+0,8 2:rb+0,8 3:ws-8,8" {
		t.Error(got)
	}
}

// fullAccesses runs more accesses than the list has room for.
func fullAccesses(t *testing.T, open Open) {
	r := program(t, open, "mov ecx, 3000; 1: mov [rbx], rcx; dec ecx; jnz 1b; ret")
	n, executed := 0, uint64(0)
	for {
		e := r.run(tracing())
		n += len(e.Accesses)
		executed += e.Executed
		if e.Reason == cpu.Full && e.Executed > 0 {
			continue
		}
		if e.Reason != cpu.Return || n != 3001 || executed != 9002 {
			t.Errorf("%s; %d accesses, %d executed", describe(e), n, executed)
		}
		return
	}
}

// accessesChangeNothing holds a run that reports accesses against one that does not.
func accessesChangeNothing(t *testing.T, open Open) {
	for _, p := range timelines {
		if p.want > 300 {
			continue
		}
		r := program(t, open, p.text)
		begin := r.save()
		r.must(cpu.Return, free())
		want := momentOf(r)
		r.restore(begin)
		if e := r.must(cpu.Return, tracing()); e.Executed != p.want {
			t.Errorf("%s: %s", p.name, describe(e))
		}
		want.same(t, momentOf(r), "%s", p.name)
	}
}
