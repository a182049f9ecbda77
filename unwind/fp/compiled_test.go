package fp

import (
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/testprogs/include"
)

// compiled is C that makes the compiler build and drop frames in every way it
// knows. All of it calls something, in every build.
const compiled = `
#define NOINLINE __attribute__((noinline, noclone))
typedef __builtin_va_list va_list;
struct big { long a[40]; };
long (*pointer)(long);

NOINLINE void g(long x) { asm volatile("" :: "r"(x) : "memory"); }
NOINLINE long h(long x) { g(x); return x + 1; }
NOINLINE __attribute__((noreturn)) void panic(long x) { g(x); for (;;) asm volatile(""); }
NOINLINE __attribute__((cold)) void unlikely(long x) { g(x); asm volatile(""); }
NOINLINE struct big make(long n) { struct big b; for (int i = 0; i < 40; i++) b.a[i] = h(i + n); return b; }
NOINLINE long use(struct big b) { return h(b.a[3]) + b.a[7]; }
NOINLINE long many(long a, long b, long c, long d, long e, long f, long x, long y)
{
	return h(a) + h(b) * h(c) + h(d) * h(e) + h(f) + x * y;
}

long loop(long n) { long s = 0; for (long i = 0; i < n; i++) s += h(i); return s; }
long recurse(long n) { return n ? n * recurse(n - 1) + h(n) : 1; }
long tail(long n) { g(n); return h(n); }
long indirect(long n) { return pointer(n) + 1; }
long indirect_tail(long n) { g(n); return pointer(n); }
long shrink(long *p) { if (!p) return 0; long s = 0; for (int i = 0; i < 10; i++) s += h(p[i]) * i; return s; }
long noreturn_inside(long n) { g(n); if (n > 3) panic(n); return h(n) * 2; }
void noreturn_last(long n) { g(n); panic(n); }
long dynamic(long n) { char b[n]; g((long)b); return h((long)b) + b[1]; }
long aligned(long n) { char b[64] __attribute__((aligned(64))); g((long)b); return h((long)b) + b[1]; }
long aligned_dynamic(long n)
{
	char b[64] __attribute__((aligned(64))), c[n];
	g((long)b); g((long)c);
	return h((long)b) + b[1];
}
long variadic(long n, ...)
{
	va_list ap;
	long s = 0;
	__builtin_va_start(ap, n);
	for (long i = 0; i < n; i++) s += h(__builtin_va_arg(ap, long));
	__builtin_va_end(ap);
	return s;
}
long pass(long n) { struct big b = make(n); return use(b) + b.a[2]; }
long pushed(long n) { return many(n, n, n, n, n, n, h(n), h(n + 1)) + 1; }
long cold(long n) { g(n); if (__builtin_expect(n == 7, 0)) { unlikely(n); g(n * 3); } return h(n) + 2; }
long choose(long n)
{
	switch (n) {
	case 0: return h(1);
	case 1: return h(5) + 2;
	case 2: g(1); return 7;
	case 3: return h(9) * 3;
	case 4: return h(2) + h(3);
	case 5: g(77); g(8); return 2;
	default: return 0;
	}
}
`

// leaves are the functions of compiled that make no calls, or only tail calls, in
// some builds.
var leaves = map[string]bool{"g": true, "unlikely": true}

func TestCompiled(t *testing.T) {
	frames := []string{"-fno-omit-frame-pointer", "-fno-jump-tables"}
	for _, flags := range [][]string{
		{"-O0"},
		{"-O1"},
		{"-O2"},
		{"-O3"},
		{"-Os"},
		{"-O2", "-mstackrealign"},
		{"-O2", "-fcf-protection"},
		{"-O2", "-fno-schedule-insns2"},
		{"-O2", "-mno-omit-leaf-frame-pointer"},
		{"-O2", "-fstack-clash-protection"},
	} {
		t.Run(strings.Join(flags, ""), func(t *testing.T) {
			for name, why := range verdicts(t, build(t, ".c", compiled, append(flags, frames...)...)) {
				if why != "" && !(leaves[name] && why == noCalls) {
					t.Errorf("%s: %s", name, why)
				}
			}
		})
	}
}

// Without frames nothing may be vouched for but what needs rbp anyway, since its
// rsp is not a constant.
func TestCompiledWithoutFrames(t *testing.T) {
	needs := map[string]bool{"dynamic": true, "aligned": true, "aligned_dynamic": true}
	why := verdicts(t, build(t, ".c", compiled, "-O2", "-fomit-frame-pointer"))
	for name, why := range why {
		if why == "" && !needs[name] {
			t.Errorf("%s keeps frames?", name)
		}
	}
	if len(why) < 20 {
		t.Errorf("only %d functions", len(why))
	}
}

// A jump table is not followed: what lies behind it may be anything.
func TestCompiledTable(t *testing.T) {
	for _, o := range []string{"-O0", "-O2"} {
		why := verdicts(t, build(t, ".c", compiled, o, "-fno-omit-frame-pointer", "-fjump-tables"))["choose"]
		if !strings.HasSuffix(why, "to where it cannot be followed") {
			t.Errorf("%s: %q", o, why)
		}
	}
}

// A part that the compiler put elsewhere keeps the frames of its function; taken for
// a function of its own it would be one that calls without a frame.
func TestCompiledPart(t *testing.T) {
	list := build(t, ".c", compiled, "-O2", "-fno-omit-frame-pointer", "-fno-jump-tables")
	if why, found := verdicts(t, list)["cold.cold"]; !found || why != "" {
		t.Fatalf("cold.cold: found %v, %s", found, why)
	}
	for i := range list {
		list[i].Part = false
	}
	if why := verdicts(t, list); why["cold"] == "" && why["cold.cold"] == "" {
		t.Error("a part without its function keeps frames?")
	}
}

// The services of kernel-style programs are where tasks sleep: each keeps frames
// and has one place to stop, behind its system call.
func TestSupport(t *testing.T) {
	fsys := include.Files()
	source := readFile(t, fsys, include.Support)
	header := readFile(t, fsys, include.Header)
	list := build(t, ".S", strings.ReplaceAll(source, "#include <patchlab.h>", header))
	funcs, err := Analyse(list)
	if err != nil {
		t.Fatal(err)
	}
	services := 0
	for _, f := range funcs {
		if !strings.HasPrefix(f.Name, "pl_") || f.Name == "pl_entry" {
			continue
		}
		services++
		if !f.Frames || len(f.Stops) != 1 {
			t.Errorf("%s: frames %v (%s), stops at %v", f.Name, f.Frames, f.Why, f.Stops)
			continue
		}
		for _, text := range list {
			off := f.Stops[0] - f.Range.Start
			if text.Name == f.Name && (text.Code[off-2] != 0x0f || text.Code[off-1] != 0x05) {
				t.Errorf("%s stops at +%#x, which is not behind a syscall", f.Name, uint64(off))
			}
		}
	}
	if services == 0 {
		t.Error("no services")
	}
}

func TestAnalyseRefuses(t *testing.T) {
	ret := []byte{0xc3}
	one := func(at guest.Addr) Text { return Text{Name: "f", Range: guest.RangeOf(at, 1), Code: ret} }
	sited := one(0x1000)
	sited.Site = guest.RangeOf(0x1000, 5)
	short := one(0x1000)
	short.Code = nil
	for _, c := range []struct {
		texts []Text
		want  string
	}{
		{[]Text{short}, "analyse f: 0 bytes of code for [0x1000, 0x1001)"},
		{[]Text{{Name: "f", Range: guest.Range{Start: 5, End: 5}}}, "analyse f: 0 bytes of code for [0x5, 0x5)"},
		{[]Text{sited}, "analyse f: site [0x1000, 0x1005) is not in [0x1000, 0x1001)"},
		{[]Text{one(0x1000), one(0x2000), one(0x1000)}, "analyse f: [0x1000, 0x1001) overlaps f at [0x1000, 0x1001)"},
	} {
		funcs, err := Analyse(c.texts)
		if err == nil || err.Error() != c.want || funcs != nil {
			t.Errorf("got %v, %v, want error %q", funcs, err, c.want)
		}
	}
}

// FuzzAnalyse: any bytes have a verdict, and code that keeps frames has a call.
func FuzzAnalyse(f *testing.F) {
	f.Add([]byte{0x55, 0x48, 0x89, 0xe5, 0xe8, 0, 1, 0, 0, 0x5d, 0xc3}, uint8(0), uint8(0))
	f.Add([]byte{0x0f, 0x1f, 0x44, 0, 0, 0x55, 0x48, 0x89, 0xe5, 0x0f, 5, 0xc9, 0xe9, 0xf0, 0xff, 0xff, 0xff}, uint8(5), uint8(9))
	f.Fuzz(func(t *testing.T, code []byte, site, split uint8) {
		if len(code) == 0 {
			return
		}
		cut := min(max(int(split), 1), len(code))
		list := []Text{{Name: "f", Range: guest.RangeOf(0x1000, uint64(cut)), Code: code[:cut]}}
		if cut < len(code) {
			list = append(list, Text{Name: "f.cold", Range: guest.RangeOf(0x1000+guest.Addr(cut), uint64(len(code)-cut)), Code: code[cut:], Part: true})
		}
		if int(site) <= cut {
			list[0].Site = guest.RangeOf(0x1000, uint64(site))
		}
		funcs, err := Analyse(list)
		if err != nil || len(funcs) != len(list) {
			t.Fatal(funcs, err)
		}
		for _, fn := range funcs {
			if fn.Frames != (fn.Why == "") {
				t.Errorf("%s: keeps frames %v, why not: %q", fn.Name, fn.Frames, fn.Why)
			}
			for _, stop := range fn.Stops {
				if at := stop - 0x1000; at < 2 || code[at-2] != 0x0f || code[at-1] != 0x05 {
					t.Errorf("%s stops at %s, which is not behind a syscall", fn.Name, stop)
				}
			}
		}
	})
}
