package randc

import (
	"fmt"
	"strings"
)

// loops are loops over arrays, such as compilers make vector code of.
func loops(w *writer) {
	n := w.between(9, 70)
	types := []string{"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "float", "double"}
	for _, t := range types {
		w.line("static %s $_a_%s[%d], $_b_%s[%d];", t, t, n, t, n)
	}
	body := func(t typ) string {
		a, b := variable{name: "a[i]", typ: t}, variable{name: "b[i]", typ: t}
		return w.expr(scope{a, b, a, b, {name: "k", typ: t}}, t, 2)
	}
	var calls []string
	for i := range w.between(3, 9) {
		t, from := w.typ(), w.typ()
		w.open("static %svoid $_%d(%s *restrict a, const %s *restrict b, u32 n, %s k)", w.maybeNoinline(), i, t, t, t)
		w.line("for (u32 i = 0; i < n; i++)")
		w.line("\ta[i] = %s;", body(t))
		w.shut()
		w.open("static %su64 $_sum%d(const %s *a, u32 n)", w.maybeNoinline(), i, from)
		w.line("%s most = a[0];", from)
		w.line("u64 r = 0;")
		w.open("for (u32 i = 0; i < n; i++)")
		w.line("r += (u64)a[i];")
		w.line("most = a[i] %s most ? a[i] : most;", w.pick("<", ">"))
		w.shut()
		w.leave("r * 3 + (u64)most")
		calls = append(calls, fmt.Sprintf("$_%d($_a_%s, $_b_%s, %d, (%s)x);\n\tx += $_sum%d($_a_%s, %d);", i, t, t, w.between(n-8, n), t, i, from, n))
	}
	w.entry()
	w.line("u64 state = x;")
	w.open("for (u32 i = 0; i < %d; i++)", n)
	for _, t := range types {
		w.line("$_a_%s[i] = (%s)(next(&state) >> 20);", t, t)
		w.line("$_b_%s[i] = (%s)$_a_%s[i] + 1;", t, t, w.pick("u8", "s16"))
	}
	w.shut()
	w.raw("\t" + strings.Join(calls, "\n\t") + "\n")
	w.floatLoop(n)
	w.leave("x")
}

// floatLoop writes loops over the arrays of floating-point numbers.
func (w *writer) floatLoop(n int) {
	for _, t := range []string{"float", "double"} {
		w.raw(fmt.Sprintf(`
	for (u32 i = 0; i < %[2]d; i++)
		$_a_%[1]s[i] = ($_a_%[1]s[i] %[3]s $_b_%[1]s[i]) %[4]s ($_b_%[1]s[i] + (%[1]s)$_b_s32[i]);
	for (u32 i = 0; i < %[2]d; i++)
		x = x * 31 + bits((double)($_a_%[1]s[i] < $_b_%[1]s[i] ? $_a_%[1]s[i] : (%[1]s)$_a_s16[i]));
`, t, n, w.pick("+", "-", "*", "/"), w.pick("+", "-", "*", "/")))
	}
}

// vectors are the vector types that gcc and clang have in common.
func vectors(w *writer) {
	lane := typ{8 << w.IntN(4), w.IntN(2) == 0}
	n := 128 / lane.bits
	// The bits of signed lanes are those of unsigned ones, which cannot overflow.
	w.raw(fmt.Sprintf(`
typedef u%d $_u __attribute__((vector_size(16)));
typedef %s $_v __attribute__((vector_size(16)));

`, lane.bits, lane))
	w.entry()
	w.line("u64 state = x;")
	for i := range 4 {
		w.line("$_u v%d;", i)
		w.line("for (u32 i = 0; i < %d; i++)", n)
		w.line("\tv%d[i] = (u%d)next(&state);", i, lane.bits)
	}
	for range w.between(4, 15) {
		to, a, b := w.IntN(4), w.IntN(4), w.IntN(4)
		switch w.IntN(5) {
		case 0:
			w.line("v%d = v%d %s %d;", to, a, w.pick("<<", ">>"), w.IntN(lane.bits))
		case 1:
			w.line("v%d = ($_u)(($_v)v%d %s ($_v)v%d);", to, a, w.pick("<", ">", "==", "!=", ">="), b)
		case 2:
			w.line("v%d = v%d / (v%d | 1);", to, a, b)
		default:
			w.line("v%d = v%d %s v%d;", to, a, w.pick("+", "-", "*", "&", "|", "^"), b)
		}
	}
	w.line("x = hash(x, &v0, 16) + hash(x, &v1, 16);")
	w.leave("hash(x, &v2, 16) + hash(x, &v3, 16)")
}

// binary and shifts are the calls that stand for one instruction of SSE2 each.
var (
	binary = strings.Fields(`add_epi8 add_epi16 add_epi32 add_epi64 sub_epi8 sub_epi16 sub_epi32 sub_epi64
		adds_epi8 adds_epi16 adds_epu8 adds_epu16 subs_epi8 subs_epi16 subs_epu8 subs_epu16 avg_epu8 avg_epu16
		madd_epi16 mulhi_epi16 mulhi_epu16 mullo_epi16 mul_epu32 sad_epu8 max_epi16 max_epu8 min_epi16 min_epu8
		packs_epi16 packs_epi32 packus_epi16 unpackhi_epi8 unpackhi_epi16 unpackhi_epi32 unpackhi_epi64
		unpacklo_epi8 unpacklo_epi16 unpacklo_epi32 unpacklo_epi64 cmpeq_epi8 cmpeq_epi16 cmpeq_epi32
		cmpgt_epi8 cmpgt_epi16 cmpgt_epi32 cmplt_epi8 and_si128 andnot_si128 or_si128 xor_si128
		sll_epi16 sll_epi32 sll_epi64 sra_epi16 sra_epi32 srl_epi16 srl_epi32 srl_epi64`)
	shifts = strings.Fields(`slli_epi16 slli_epi32 slli_epi64 srai_epi16 srai_epi32 srli_epi16 srli_epi32
		srli_epi64 slli_si128 srli_si128 shuffle_epi32 shufflehi_epi16 shufflelo_epi16`)
)

// sse2 is the instructions of SSE2, by name.
func sse2(w *writer) {
	w.entry()
	w.line("u64 state = x;")
	for i := range 4 {
		w.line("__m128i v%d = _mm_set_epi64x((s64)next(&state), (s64)(x * %d));", i, 1+w.IntN(1<<20))
	}
	w.line("__m128d d = _mm_set_pd((double)(s32)x, 0.1);")
	for range w.between(10, 40) {
		to, a, b := w.IntN(4), w.IntN(4), w.IntN(4)
		switch w.IntN(12) {
		case 0:
			w.line("x = x * 31 + (u64)_mm_movemask_epi8(v%d) + (u64)_mm_extract_epi16(v%d, %d);", a, b, w.IntN(8))
		case 1:
			w.line("v%d = _mm_insert_epi16(v%d, (int)(x & 0x7fff), %d);", to, a, w.IntN(8))
		case 2:
			w.line("d = _mm_%s_pd(d, _mm_cvtepi32_pd(v%d));", w.pick("add", "sub", "mul", "max", "min"), a)
		case 3:
			w.line("v%d = _mm_%s(%s);", to, w.pick("cvtpd_epi32", "cvttpd_epi32"), "d")
		case 4, 5:
			w.line("v%d = _mm_%s(v%d, %d);", to, w.pick(shifts...), a, w.IntN(20))
		default:
			w.line("v%d = _mm_%s(v%d, v%d);", to, w.pick(binary...), a, b)
		}
	}
	w.line("x = hash(x, &v0, 16) + hash(x, &v1, 16) + bits(_mm_cvtsd_f64(d));")
	w.leave("hash(x, &v2, 16) + hash(x, &v3, 16)")
}
