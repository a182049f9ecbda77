package randc

import "fmt"

// locals declares some variables that are made from x, and returns them with x.
func (w *writer) locals(n int) scope {
	s := scope{{name: "x", typ: u64, kept: true}}
	for i := range n {
		v := variable{name: fmt.Sprintf("v%d", i), typ: w.typ()}
		if w.IntN(4) == 0 {
			v.length = 4 << w.IntN(3)
			w.line("%s %s[%d];", v.typ, v.name, v.length)
			w.line("for (u32 i = 0; i < %d; i++)", v.length)
			w.line("\t%s[i] = (%s)(x * (i + %d));", v.name, v.typ, w.between(1, 1000))
		} else {
			w.line("%s %s = %s;", v.typ, v.name, w.expr(s, v.typ, 1))
		}
		s = append(s, v)
	}
	return s
}

// block writes n statements that compute with the variables of s. Loops in it nest depth
// deep at most, each of a few rounds.
func (w *writer) block(s scope, n, depth int) {
	for range n {
		kind := w.IntN(10)
		if depth == 0 {
			kind = 0
		}
		switch kind {
		case 6:
			w.open("if (%s)", w.expr(s, w.typ(), 2))
			w.block(s, 2, depth-1)
			if w.IntN(2) == 0 {
				w.indent--
				w.line("} else {")
				w.indent++
				w.block(s, 2, depth-1)
			}
			w.shut()
		case 7, 8:
			w.loop(s, depth)
		case 9:
			w.cases(s, depth)
		default:
			w.assign(s)
		}
	}
}

// assign writes an assignment to a variable of s.
func (w *writer) assign(s scope) {
	v := s[w.IntN(len(s))]
	if v.kept {
		w.line("mix(%s);", w.expr(s, u64, 3))
		return
	}
	to, e := w.place(s, v), w.expr(s, v.typ, w.between(2, 4))
	if v.store != "" {
		w.line("%s = "+v.store+";", to, e)
		return
	}
	// The other operators could overflow in a signed type.
	w.line("%s %s %s;", to, w.pick("=", "=", "^=", "|=", "&="), e)
}

// loop writes a loop that ends after a few rounds, whatever it computes.
func (w *writer) loop(s scope, depth int) {
	i := variable{name: fmt.Sprintf("i%d", w.fresh), typ: typ{32, false}, kept: true}
	w.fresh++
	rounds, inner := w.between(2, 9), append(s[:len(s):len(s)], i)
	switch w.IntN(3) {
	case 0:
		w.open("for (u32 %s = 0; %s < %d; %s++)", i.name, i.name, rounds, i.name)
	case 1:
		w.open("for (u32 %s = %d; %s-- > 0;)", i.name, rounds, i.name)
	default:
		w.open("for (u32 %s = 0; %s < %d && %s; %s++)", i.name, i.name, rounds, w.expr(inner, w.typ(), 2), i.name)
	}
	w.block(inner, w.between(1, 3), depth-1)
	if w.IntN(3) == 0 {
		w.line("if (%s)", w.expr(inner, w.typ(), 2))
		w.line("\t%s;", w.pick("break", "continue"))
		w.block(inner, 1, depth-1)
	}
	w.shut()
}

// cases writes a switch, of neighbouring cases or of scattered ones.
func (w *writer) cases(s scope, depth int) {
	n := w.between(2, 9)
	step := w.pick("1", "1", "37")
	w.open("switch (%s %% %d * %s)", w.expr(s, typ{32, false}, 2), n+1, step)
	for i := range n {
		w.line("case %d * %s:", i, step)
		w.indent++
		w.block(s, 1, depth-1)
		if w.IntN(4) == 0 && i < n-1 {
			w.line("/* fall through */")
		} else {
			w.line("break;")
		}
		w.indent--
	}
	w.line("default:")
	w.line("\tmix(%d);", w.IntN(100))
	w.shut()
}

// total returns an expression that depends on all variables of s.
func (w *writer) total(s scope) string {
	text := "(u64)0"
	for _, v := range s {
		if v.length > 0 {
			text = fmt.Sprintf("hash(%s, %s, sizeof %s)", text, v.name, v.name)
		} else {
			text = fmt.Sprintf("(%s * 31 + (u64)%s)", text, v.name)
		}
	}
	return text
}
