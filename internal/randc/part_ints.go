package randc

import "fmt"

// ints is arithmetic of all widths.
func ints(w *writer) {
	w.entry()
	s := w.locals(w.between(3, 8))
	for range w.between(6, 14) {
		w.assign(s)
	}
	w.leave("%s", w.total(s))
}

// control is loops, branches, and jumps between labels, which fuel bounds.
func control(w *writer) {
	w.entry()
	s := w.locals(w.between(3, 5))
	w.block(s, w.between(3, 6), 3)
	n, computed := w.between(3, 6), w.IntN(2) == 0
	if computed {
		w.line("static const void *const labels[] = {")
		for i := range n {
			w.line("\t&&at%d,", i)
		}
		w.line("};")
	}
	w.line("u32 fuel = %d;", w.between(20, 60))
	for i := range n {
		w.line("at%d:", i)
		w.line("if (fuel-- == 0)")
		w.line("\tgoto end;")
		w.assign(s)
		if computed {
			w.line("goto *labels[%s %% %d];", w.expr(s, typ{32, false}, 2), n)
			continue
		}
		w.line("if (%s)", w.expr(s, w.typ(), 2))
		w.line("\tgoto at%d;", w.IntN(n))
	}
	if !computed {
		w.line("goto at0;")
	}
	w.line("end:")
	w.leave("%s", w.total(s))
}

// arrays are global arrays, one of them of two dimensions, and a constant one.
func arrays(w *writer) {
	w.raw("static const u32 $_odd[8] = {")
	for range 8 {
		w.raw(fmt.Sprintf("%#xu, ", w.Uint32()|1))
	}
	w.raw("};\n")
	a := variable{name: "$_a", typ: w.typ(), length: 8 << w.IntN(3)}
	b := variable{name: "$_b", typ: w.typ(), length: 8 << w.IntN(3)}
	grid := variable{name: "$_grid", typ: w.typ()}
	h := w.between(2, 9)
	width := w.between(2, 9)
	w.line("static %s %s[%d];", a.typ, a.name, a.length)
	w.line("static %s %s[%d] = {1, 2, 3};", b.typ, b.name, b.length)
	w.line("static %s %s[%d][%d];", grid.typ, grid.name, h, width)
	w.entry()
	s := append(w.locals(2), a, b)
	w.block(s, w.between(3, 6), 2)
	w.open("for (u32 i = 0; i < %d; i++)", h)
	w.open("for (u32 j = 0; j < %d; j++)", width)
	inner := append(s[:len(s):len(s)], variable{name: "i", typ: typ{32, false}}, variable{name: "j", typ: typ{32, false}})
	w.line("%s[i][j] = (%s)(%s * $_odd[(i + j) %% 8]);", grid.name, grid.typ, w.expr(inner, typ{32, false}, 2))
	w.shut()
	w.shut()
	w.leave("hash(%s, %s, sizeof %s)", w.total(s), grid.name, grid.name)
}

// wide is integers of 128 bits.
func wide(w *writer) {
	w.raw(`
typedef unsigned __int128 $_t;

static u64 $_fold($_t a) { return (u64)a ^ rot_u64((u64)(a >> 64), 17); }

`)
	w.entry()
	w.line("u64 state = x;")
	for i := range 3 {
		w.line("$_t w%d = ($_t)next(&state) << %d;", i, w.IntN(65))
		w.line("w%d += next(&state);", i)
	}
	for range w.between(6, 12) {
		to, a, b := w.IntN(3), w.IntN(3), w.IntN(3)
		switch w.IntN(6) {
		case 0:
			w.line("w%d = w%d %s (w%d | 1);", to, a, w.pick("/", "%"), b)
		case 1:
			w.line("w%d = w%d %s ((u32)w%d & 127);", to, a, w.pick("<<", ">>"), b)
		case 2:
			w.line("w%d = ($_t)((__int128)w%d >> ((u32)w%d & 127));", to, a, b)
		case 3:
			w.line("w%d += (__int128)w%d < (__int128)w%d ? w%d : %d;", to, a, b, a, w.IntN(1000))
		case 4:
			w.line("w%d = ($_t)((__int128)(w%d >> 2) %s ((__int128)(s64)w%d | 1));", to, a, w.pick("/", "%"), b)
		default:
			w.line("w%d = w%d %s w%d;", to, a, w.pick("+", "-", "*", "*", "^"), b)
		}
	}
	w.leave("$_fold(w0) + 3 * $_fold(w1) + 5 * $_fold(w2)")
}
