package randc

import "fmt"

// typ is an integer type of the programs.
type typ struct {
	bits   int
	signed bool
}

// u64 is the type that sums are made of.
var u64 = typ{64, false}

// String returns the type's name in C.
func (t typ) String() string {
	if t.signed {
		return fmt.Sprintf("s%d", t.bits)
	}
	return fmt.Sprintf("u%d", t.bits)
}

// wide returns the type of at least 32 bits, signed or not, in which values of type t are
// computed. C computes those of less bits as signed ones, which can overflow.
func (t typ) wide(signed bool) typ { return typ{max(t.bits, 32), signed} }

// typ draws a type.
func (w *writer) typ() typ { return typ{8 << w.IntN(4), w.IntN(2) == 0} }

// variable is something that can be read and written.
type variable struct {
	name   string
	typ    typ
	length int    // if not 0, it is an array of this length, a power of two
	kept   bool   // not to be written: it counts a loop
	store  string // if not "", the format of what may be assigned, such as "(%s) & 7"
}

// scope are the variables that an expression may use. It is not empty.
type scope []variable

// place returns a variable, or an element of an array, as text.
func (w *writer) place(s scope, v variable) string {
	if v.length == 0 {
		return v.name
	}
	if i := s[w.IntN(len(s))]; w.IntN(2) == 0 && i.length == 0 {
		return fmt.Sprintf("%s[(u32)%s & %d]", v.name, i.name, v.length-1)
	}
	return fmt.Sprintf("%s[%d]", v.name, w.IntN(v.length))
}

// constant draws a constant of type t, one near an edge more often than not.
func (w *writer) constant(t typ) string {
	v := w.Uint64()
	switch w.IntN(4) {
	case 0:
		v = uint64(w.IntN(20)) - 4
	case 1:
		v = 1<<w.IntN(64) - uint64(w.IntN(2))
	case 2:
		v = v >> w.IntN(64)
	}
	return fmt.Sprintf("(%s)%#xu", t, v)
}

// expr draws an expression of type t, depth operators deep, without side effects.
func (w *writer) expr(s scope, t typ, depth int) string {
	if depth <= 0 || w.IntN(8) == 0 {
		if w.IntN(4) == 0 {
			return w.constant(t)
		}
		return fmt.Sprintf("(%s)%s", t, w.place(s, s[w.IntN(len(s))]))
	}
	switch w.IntN(8) {
	case 0, 1, 2:
		a, b := w.expr(s, t, depth-1), w.expr(s, t, depth-1)
		u := t.wide(false)
		return fmt.Sprintf("(%s)((%s)%s %s (%s)%s)", t, u, a, w.pick("+", "-", "*", "&", "|", "^"), u, b)
	case 3:
		return w.division(s, t, depth)
	case 4:
		return w.shift(s, t, depth)
	case 5:
		return w.choice(s, t, depth)
	case 6:
		return fmt.Sprintf("(%s)%s", t, w.expr(s, w.typ(), depth-1))
	default:
		return w.unary(s, t, depth)
	}
}

func (w *writer) division(s scope, t typ, depth int) string {
	a, b := w.expr(s, t, depth-1), w.expr(s, t, depth-1)
	if w.IntN(3) == 0 {
		// By a constant, which compilers make a multiplication of.
		b = fmt.Sprintf("(%s)%d", t, 1+w.IntN(120))
	}
	c := t.wide(t.signed)
	if t.signed {
		return fmt.Sprintf("(%s)%s_%s(%s, %s)", t, w.pick("div", "mod"), c, a, b)
	}
	return fmt.Sprintf("(%s)((%s)%s %s ((%s)%s | 1))", t, c, a, w.pick("/", "%"), c, b)
}

func (w *writer) shift(s scope, t typ, depth int) string {
	a, n := w.expr(s, t, depth-1), w.expr(s, typ{32, false}, depth-2)
	u := t.wide(false)
	switch w.IntN(3) {
	case 0:
		return fmt.Sprintf("(%s)((%s)%s << (%s & %d))", t, u, a, n, u.bits-1)
	case 1:
		return fmt.Sprintf("(%s)((%s)%s >> (%s & %d))", t, t.wide(t.signed), a, n, u.bits-1)
	default:
		return fmt.Sprintf("(%s)rot_%s((%s)%s, %s)", t, u, u, a, n)
	}
}

func (w *writer) choice(s scope, t typ, depth int) string {
	c := w.typ()
	test := fmt.Sprintf("(%s %s %s)", w.expr(s, c, depth-1), w.pick("<", "<=", ">", ">=", "==", "!="), w.expr(s, c, depth-1))
	switch w.IntN(4) {
	case 0:
		return fmt.Sprintf("(%s)%s", t, test)
	case 1:
		return fmt.Sprintf("(%s)(%s %s (%s != 0))", t, test, w.pick("&&", "||"), w.expr(s, w.typ(), depth-2))
	default:
		return fmt.Sprintf("(%s)(%s ? %s : %s)", t, test, w.expr(s, t, depth-1), w.expr(s, t, depth-2))
	}
}

func (w *writer) unary(s scope, t typ, depth int) string {
	a, u := w.expr(s, t, depth-1), t.wide(false)
	switch w.IntN(9) {
	case 0:
		return fmt.Sprintf("(%s)~(%s)%s", t, u, a)
	case 1:
		return fmt.Sprintf("(%s)((%s)0 - (%s)%s)", t, u, u, a)
	case 2:
		return fmt.Sprintf("(%s)(%s == 0)", t, a)
	case 3:
		return fmt.Sprintf("(%s)__builtin_popcountll((u64)%s)", t, a)
	case 4:
		return fmt.Sprintf("(%s)__builtin_%sll((u64)%s | 1)", t, w.pick("clz", "ctz", "parity"), a)
	case 5:
		return fmt.Sprintf("(%s)__builtin_clz((u32)%s | 1)", t, a)
	case 6:
		return fmt.Sprintf("(%s)__builtin_bswap%s(%s)", t, w.pick("16", "32", "64"), a)
	default:
		c := t.wide(w.IntN(2) == 0)
		return fmt.Sprintf("(%s)over_%s((%s)%s, (%s)%s)", t, c, c, a, c, w.expr(s, t, depth-2))
	}
}
