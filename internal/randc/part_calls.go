package randc

import (
	"fmt"
	"strings"
)

// calls are functions of many arguments, and tables of pointers to functions.
func calls(w *writer) {
	n, arity := w.between(2, 6), w.between(1, 9)
	var types, params, args []string
	s := scope{}
	for i := range arity {
		v := variable{name: fmt.Sprintf("a%d", i), typ: w.typ()}
		s = append(s, v)
		types = append(types, v.typ.String())
		params = append(params, v.typ.String()+" "+v.name)
		args = append(args, fmt.Sprintf("(%s)(x >> %d)", v.typ, w.IntN(40)))
	}
	for i := range n {
		w.open("static %su64 $_f%d(%s)", w.maybeNoinline(), i, strings.Join(params, ", "))
		w.block(s, w.between(1, 3), 1)
		w.leave("%s", w.total(s))
	}
	w.line("static u64 (*const $_table[])(%s) = {", strings.Join(types, ", "))
	for i := range n {
		w.line("\t$_f%d,", i)
	}
	w.line("};")
	w.entry()
	w.open("for (u32 i = 0; i < %d; i++)", w.between(3, 20))
	w.line("u64 (*f)(%s) = $_table[x %% %d];", strings.Join(types, ", "), n)
	w.line("x = rot_u64(x, 5) + f(%s);", strings.Join(args, ", "))
	w.shut()
	w.leave("x")
}

// recursion are functions that call themselves and each other, to a depth that an
// argument bounds.
func recursion(w *writer) {
	types := []typ{w.typ(), w.typ()}
	w.line("static u64 $_b(u32 depth, %s a);", types[1])
	for i, name := range []string{"a", "b"} {
		s := scope{{name: "depth", typ: typ{32, false}, kept: true}, {name: "a", typ: types[i]}}
		w.open("static %su64 $_%s(u32 depth, %s a)", w.maybeNoinline(), name, types[i])
		w.line("if (depth == 0)")
		w.line("\treturn %s;", w.expr(s, u64, 2))
		w.assign(s)
		w.line("u64 r = $_%s(depth - 1, %s);", w.pick("a", "b"), "("+types[1-i].String()+")"+w.expr(s, u64, 2))
		if w.IntN(2) == 0 {
			w.line("if (depth > 1 && %s)", w.expr(s, w.typ(), 2))
			w.line("\tr += $_%s(depth / 2, 1);", w.pick("a", "b"))
		}
		w.leave("r * 3 + %s", w.expr(s, u64, 2))
	}
	w.entry()
	w.leave("$_a(%d, (%s)x)", w.between(5, 60), types[0])
}

// varargs are functions with as many arguments as their first one says, in registers and
// on the stack.
func varargs(w *writer) {
	w.raw(`
struct $_pair { u32 a; double b; };

static __attribute__((noinline)) u64 $_list(u64 r, const char *kinds, va_list args)
{
	for (; *kinds; kinds++) {
		switch (*kinds) {
		case 'i': r = r * 31 + (u64)va_arg(args, int); break;
		case 'u': r = r * 31 + va_arg(args, unsigned); break;
		case 'q': r = r * 31 + va_arg(args, u64); break;
		case 'd': r = r * 31 + bits(va_arg(args, double)); break;
		case 'l': r = r * 31 + bits((double)va_arg(args, long double)); break;
		case 's': r = hash(r, "+", 1) + strlen(va_arg(args, const char *)); break;
		case 'p': { struct $_pair p = va_arg(args, struct $_pair); r = r * 31 + p.a + bits(p.b); } break;
		}
	}
	return r;
}

static __attribute__((noinline)) u64 $_call(const char *kinds, ...)
{
	va_list args, copy;
	va_start(args, kinds);
	va_copy(copy, args);
	u64 r = $_list(1, kinds, args);
	va_end(args);
	r = $_list(r, kinds, copy);
	va_end(copy);
	return r;
}

`)
	arguments := map[byte]string{
		'i': "(int)(x >> %d)", 'u': "(unsigned)(x >> %d)", 'q': "x * %d",
		'd': "(double)x / %d.5", 'l': "(long double)x * %d.25L",
		's': "\"twelve letters\" + %d %% 12", 'p': "(struct $_pair){(u32)x + %d, 0.1}",
	}
	w.entry()
	for range w.between(1, 4) {
		kinds, args := "", ""
		for range w.IntN(14) {
			kind := w.pick("i", "i", "u", "q", "d", "d", "l", "s", "p")
			kinds += kind
			args += ", " + fmt.Sprintf(arguments[kind[0]], w.between(1, 30))
		}
		w.raw(fmt.Sprintf("\tx += $_call(%q%s);\n", kinds, args))
	}
	w.leave("x")
}

// stack is memory of varying size on the stack.
func stack(w *writer) {
	w.raw(fmt.Sprintf(`
static __attribute__((noinline)) u64 $_deep(u32 n, u64 x)
{
	%s a[n + 1];
	u8 *b = alloca(n %% 7 * %d + 1);
	for (u32 i = 0; i <= n; i++)
		a[i] = (%[1]s)(x + i * i);
	memset(b, (int)(n & 127), n %% 7 * %[2]d + 1);
	u64 r = n == 0 ? x : $_deep(n - 1, x * 5 + b[0]);
	return hash(r, a, sizeof a) + b[n %% 7];
}

`, w.typ(), w.between(8, 300)))
	w.entry()
	w.leave("$_deep(%d, x)", w.between(3, 50))
}
