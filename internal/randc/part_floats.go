package randc

import "fmt"

// floatExpr draws an expression over the variables NAME0 to NAME3 of a floating-point type.
// What C calls unspecified (the sign of what is no number) must not come out of it.
func (w *writer) floatExpr(name, suffix string, depth int) string {
	if depth <= 0 {
		switch w.IntN(4) {
		case 0:
			return fmt.Sprintf("%d.%d%s", w.IntN(1000), w.IntN(1000), suffix)
		case 1:
			return fmt.Sprintf("%d.5e%d%s", w.IntN(10), w.between(-30, 30), suffix)
		}
		return fmt.Sprintf("%s%d", name, w.IntN(4))
	}
	a, b := w.floatExpr(name, suffix, depth-1), w.floatExpr(name, suffix, depth-1-w.IntN(2))
	switch w.IntN(10) {
	case 0:
		return fmt.Sprintf("sqrt%s(fabs%s(%s))", suffix, suffix, a)
	case 1:
		return fmt.Sprintf("%s%s(%s)", w.pick("floor", "ceil", "trunc", "rint", "fabs"), suffix, a)
	case 2:
		return "(-" + a + ")"
	case 3:
		return fmt.Sprintf("(%s %s %s ? %s : %s)", a, w.pick("<", "<=", ">", "==", "!="), b, b, a)
	case 4:
		return fmt.Sprintf("(%s / (%s + %d))", a, b, w.IntN(9))
	default:
		return fmt.Sprintf("(%s %s %s)", a, w.pick("+", "-", "*", "/"), b)
	}
}

// floats is arithmetic of double and float, and conversions from and to integers.
func floats(w *writer) {
	w.entry()
	w.line("u64 state = x;")
	for i := range 4 {
		w.line("double d%d = (double)(s64)next(&state) %s;", i, w.pick("", "* 0x1p-60", "/ 3", "* 0x1p-1070", "* 1e290"))
		w.line("float f%d = (float)%s(next(&state) >> %d) / %d;", i, w.pick("(u32)", "(s32)", ""), w.IntN(40), w.between(1, 9))
	}
	for range w.between(5, 12) {
		i := w.IntN(4)
		switch w.IntN(6) {
		case 0:
			w.line("d%d = %s;", i, w.pick("(double)f0", "(double)(s32)whole(d1)", "(double)(u64)whole(d2)", "(double)whole((double)f3)"))
		case 1:
			w.line("f%d = (float)%s;", i, w.pick("d0", "(s64)whole(d1)", "(u32)whole(d2)", "(s16)whole((double)f1)"))
		case 2:
			w.line("f%d = %s;", i, w.floatExpr("f", "f", 3))
		default:
			w.line("d%d = %s;", i, w.floatExpr("d", "", 3))
		}
	}
	w.line("printf(\"%%a %%.17g %%g\\n\", canon(d0), canon(d1), canon((double)f0));")
	w.open("for (u32 i = 0; i < %d; i++)", w.between(2, 30))
	w.line("d0 = %s;", w.floatExpr("d", "", 2))
	w.line("d1 = d0 * 0.75 + fmod(d2, %d.5);", w.between(1, 99))
	w.line("x = x * 31 + bits(d0) + bits(d1) + whole(d0);")
	w.shut()
	for i := range 4 {
		w.line("x = x * 31 + bits(d%d) + bits((double)f%d);", i, i)
	}
	w.leave("x")
}

// x87 is arithmetic of long double.
func x87(w *writer) {
	w.raw(`
static u64 $_bits(long double l)
{
	u8 b[10] = {0};
	if (l == l)
		memcpy(b, &l, sizeof b);
	return hash(1, b, sizeof b);
}

`)
	w.entry()
	w.line("u64 state = x;")
	for i := range 4 {
		w.line("long double l%d = (long double)%snext(&state) %s;", i, w.pick("", "(s64)", "(s32)"), w.pick("", "* 0x1p-60L", "/ 3", "* 0x1p-16400L", "* 1e4900L"))
	}
	for range w.between(4, 12) {
		if w.IntN(5) == 0 {
			w.line("l%d = (long double)%s;", w.IntN(4), w.pick("(double)l0", "(float)l1", "(u64)whole((double)l2)", "(s32)whole((double)l3)"))
			continue
		}
		w.line("l%d = %s;", w.IntN(4), w.floatExpr("l", "l", 3))
	}
	w.line("if (l0 == l0 && l1 == l1)")
	w.line("\tprintf(\"%%La %%.21Lg\\n\", l0, l1);")
	w.leave("$_bits(l0) + 3 * $_bits(l1) + 5 * $_bits(l2) + 7 * $_bits(l3)")
}

// volatileOps writes operations whose operands and results the compiler must load and
// store, so that they stay where they stand between other calls.
func (w *writer) volatileOps() {
	switch w.IntN(6) {
	case 0:
		w.line("d = (double)(s64)a;")
	case 1:
		w.line("f = (float)d;")
	case 2:
		w.line("f = f * %d.1f;", w.IntN(30))
	case 3:
		w.line("d = (double)l;")
	case 4:
		w.line("l = l / %d.0L;", w.between(2, 30))
	default:
		w.line("d = d %s %d.3;", w.pick("+", "*", "/"), w.between(1, 300))
	}
}

// rounding is arithmetic under each way of rounding.
func rounding(w *writer) {
	w.entry()
	w.line("volatile u64 a = x;")
	w.line("volatile double d = (double)x / 3;")
	w.line("volatile float f = (float)(x %% 1000) / 7;")
	w.line("volatile long double l = (long double)x / 11;")
	for range w.between(2, 8) {
		w.line("if (fesetround(FE_%s) != 0)", w.pick("UPWARD", "DOWNWARD", "TOWARDZERO", "TONEAREST"))
		w.line("\tshow(\"no such rounding\", 0);")
		for range w.between(1, 4) {
			w.volatileOps()
		}
		w.line("a = a * 31 + whole(d / 1e6);")
	}
	w.line("fesetround(FE_TONEAREST);")
	w.leave("a + bits(d) + bits((double)f) + bits((double)l)")
}

// fpFlags are the flags that floating-point arithmetic raises.
func fpFlags(w *writer) {
	w.entry()
	w.line("volatile u64 a = x;")
	w.line("volatile double d = (double)x / 3;")
	w.line("volatile float f = (float)(x %% 1000) / 7;")
	w.line("volatile long double l = (long double)x / 11;")
	for range w.between(3, 8) {
		w.line("feclearexcept(FE_ALL_EXCEPT);")
		switch w.IntN(4) {
		case 0:
			w.line("d = d / (d - d);")
		case 1:
			w.line("d = %s; d = d * d;", w.pick("1e300", "1e-300", "2.0", "1e-160"))
		default:
			w.volatileOps()
		}
		w.line("a = a * 31 + (u64)fetestexcept(FE_ALL_EXCEPT);")
		w.line("d = (double)(a %% 100000) / 3;")
	}
	w.leave("a")
}
