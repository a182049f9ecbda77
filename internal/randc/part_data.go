package randc

import "fmt"

// fields declares a struct of some fields, bit fields among them, and returns those as
// variables whose names begin with a point.
func (w *writer) fields(kind string, n int) scope {
	var s scope
	w.open("%s", kind)
	for i := range n {
		v := variable{name: fmt.Sprintf(".f%d", i), typ: w.typ()}
		switch width := w.between(1, v.typ.bits); w.IntN(4) {
		case 0:
			w.line("%s f%d : %d;", v.typ, i, width)
			mask := ^uint64(0) >> (64 - width)
			v.store = fmt.Sprintf("(%s)(((u64)(%%s) & %#xu) - %#xu)", v.typ, mask, lowest(v.typ, width))
		case 1:
			v.length = 2 << w.IntN(3)
			w.line("%s f%d[%d];", v.typ, i, v.length)
		default:
			w.line("%s f%d;", v.typ, i)
		}
		s = append(s, v)
	}
	w.indent--
	w.line("};")
	return s
}

// lowest returns how far below 0 a bit field goes.
func lowest(t typ, width int) uint64 {
	if !t.signed {
		return 0
	}
	return 1 << (width - 1)
}

// of returns the fields as variables of one struct.
func of(fields scope, name string) scope {
	var s scope
	for _, f := range fields {
		f.name = name + f.name
		s = append(s, f)
	}
	return s
}

// structs are structs by value, in arrays, nested, behind pointers, and with bit fields.
func structs(w *writer) {
	fields := w.fields("struct $_s", w.between(1, 8))
	w.line("static struct $_s $_all[4];")
	w.line("struct $_two { struct $_s a; u8 gap; struct $_s b; };")

	w.open("static %sstruct $_s $_make(struct $_s o, u64 x)", w.maybeNoinline())
	s := append(scope{{name: "x", typ: u64, kept: true}}, of(fields, "o")...)
	w.block(s, w.between(2, 5), 1)
	w.line("return o;")
	w.shut()

	w.open("static %su64 $_total(const struct $_s *p)", w.maybeNoinline())
	w.line("return %s;", w.total(of(fields, "(*p)")))
	w.shut()

	w.entry()
	w.line("struct $_two t = {.gap = (u8)x};")
	w.line("t.a = $_make(t.b, x);")
	w.line("t.b = $_make(t.a, x * 3);")
	w.open("for (u32 i = 0; i < %d; i++)", w.between(4, 12))
	w.line("$_all[i %% 4] = $_make(i & 1 ? t.a : $_all[(i + 1) %% 4], x + i);")
	w.line("t.a = $_all[i / 4 %% 4];")
	w.line("x += $_total(&$_all[i %% 4]);")
	w.shut()
	w.leave("x + $_total(&t.a) * 3 + $_total(&t.b) + t.gap")
}

// unions look at the same bytes as several types.
func unions(w *writer) {
	w.raw(`
union $_u {
	u64 q[2];
	s32 d[4];
	u16 h[8];
	s8 b[16];
	struct { u32 low : 5, mid : 20, high : 7; s64 : 0; u64 rest; } s;
};

`)
	w.entry()
	w.line("union $_u u = {.q = {x, ~x}};")
	s := scope{
		{name: "u.q", typ: u64, length: 2},
		{name: "u.d", typ: typ{32, true}, length: 4},
		{name: "u.h", typ: typ{16, false}, length: 8},
		{name: "u.b", typ: typ{8, true}, length: 16},
		{name: "u.s.mid", typ: typ{32, false}, store: "(%s) & 0xfffff"},
		{name: "u.s.high", typ: typ{32, false}, store: "(%s) & 0x7f"},
		{name: "u.s.rest", typ: u64},
	}
	w.block(s, w.between(5, 10), 2)
	w.leave("hash(x, &u, sizeof u)")
}

// pointers are lists, pointers to pointers, and pointers that walk through arrays.
func pointers(w *writer) {
	n := w.between(4, 40)
	w.raw(fmt.Sprintf(`
struct $_node { u32 value; struct $_node *next; };
static struct $_node $_nodes[%d];

`, n))
	w.entry()
	w.raw(fmt.Sprintf(`
	enum { N = %d };
	u64 state = x;
	struct $_node *head = NULL;
	for (struct $_node *p = $_nodes; p < $_nodes + N; p++) {
		p->value = (u32)next(&state) %% %d;
		struct $_node **at = &head;
		while (*at && (*at)->value %s p->value)
			at = &(*at)->next;
		p->next = *at;
		*at = p;
	}
	for (struct $_node **at = &head; *at;) {
		if ((*at)->value %% %d == 0)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
	struct $_node *back = NULL;
	while (head) {
		struct $_node *after = head->next;
		head->next = back;
		back = head;
		head = after;
	}
	for (struct $_node *p = back; p; p = p->next)
		x = hash(x, &p->value, sizeof p->value) + (u64)(p - $_nodes);
`, n, w.between(5, 500), w.pick("<", "<=", ">"), w.between(2, 7)))
	w.leave("x")
}
