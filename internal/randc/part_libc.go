package randc

import "fmt"

// stringCalls are the C library's functions on bytes and strings.
func stringCalls(w *writer) {
	n := w.between(20, 300)
	w.entry()
	w.line("enum { N = %d };", n)
	w.raw(`
	static char a[2 * N + 64], b[2 * N + 64];
	u64 state = x;
	for (u32 i = 0; i < N; i++) {
		a[i] = (char)('a' + next(&state) % 5);
		b[i] = (char)('a' + next(&state) % 5);
	}
	a[N] = b[N] = 0;
`)
	for range w.between(6, 16) {
		at, length := w.IntN(n), w.IntN(n)
		switch w.IntN(10) {
		case 0:
			w.line("memmove(a + %d, a + %d, %d);", at%16, length%16, n-16)
		case 1:
			w.line("memcpy(b + %d, a + %d, %d);", at/2, length/2, n/2)
		case 2:
			w.line("memset(a + %d, 'a' + (int)(x %% 26), %d);", at, (n-at)/3)
		case 3:
			w.line("x += (u64)(%s(a, b) < 0) + (u64)(memcmp(a, b, %d) > 0);", w.pick("strcmp", "strcmp"), length)
		case 4:
			w.line("x = x * 31 + strspn(a, \"abc\") + strcspn(b + %d, \"%c\") + strlen(a + %d);", at, 'a'+w.IntN(5), length)
		case 5:
			w.line("{ char *p = %s; x += p ? (u64)(p - a) : 7; }", w.pick("strstr(a, \"ab\")", "strchr(a, 'c')", "strrchr(a, 'b')", "strpbrk(a, \"ed\")"))
		case 6:
			w.line("{ const char *p = memchr(a, '%c', %d); x += p ? (u64)(p - a) : 3; }", 'a'+w.IntN(6), length)
		case 7:
			w.line("a[%d] = 0;", at)
			w.line("strcat(a, \"%s\");", w.pick("abc", "d", "ecadb"))
			w.line("a[N] = 0;")
		case 8:
			w.line("for (char *p = strtok(b, \"%s\"); p; p = strtok(NULL, \"e\"))", w.pick("a", "be"))
			w.line("\tx = hash(x, p, strlen(p));")
			w.line("memset(b, 'b', N);")
		default:
			w.line("strncpy(b + %d, a + %d, %d);", at/2, length, n/2)
			w.line("b[N] = 0;")
		}
	}
	w.leave("hash(hash(x, a, sizeof a), b, sizeof b)")
}

// numbers are numbers from text and to text.
func numbers(w *writer) {
	w.entry()
	w.line("char text[512];")
	w.line("char *end;")
	w.line("u64 state = x;")
	for range w.between(3, 9) {
		base := w.between(2, 36)
		switch w.IntN(5) {
		case 0:
			w.line("snprintf(text, sizeof text, \"%%%s%d.%dllx\", (unsigned long long)next(&state));", w.pick("", "-", "#"), w.between(1, 30), w.IntN(20))
		case 1:
			w.line("snprintf(text, sizeof text, \"%%%s%d%s\", (int)next(&state));", w.pick("", "-", "+", " "), w.between(1, 20), w.pick("d", "i"))
		case 2:
			w.line("snprintf(text, sizeof text, \"%%.%d%s\", (double)(s64)next(&state) * 0x1p-%d);", w.IntN(30), w.pick("f", "e", "g", "a"), w.IntN(90))
			w.line("x = x * 31 + bits(strtod(text, &end));")
		case 3:
			w.line("snprintf(text, sizeof text, \"%%c%%.%ds|%%o\", (int)('A' + next(&state) %% 26), \"some words\", (unsigned)x);", w.IntN(12))
		default:
			w.line("snprintf(text, sizeof text, \"%%s%%u\", \"%s\", (unsigned)next(&state));", w.pick("", "-", "0x", "  +", "99999999999999"))
		}
		w.line("puts(text);")
		w.line("errno = 0;")
		w.line("x = x * 31 + (u64)%s(text, &end, %d);", w.pick("strtol", "strtoll", "strtoul", "strtoull"), base)
		w.line("x += (u64)(end - text) + (errno == ERANGE);")
	}
	w.leave("x")
}

// sorting is qsort and bsearch with functions of ours.
func sorting(w *writer) {
	n := w.between(2, 300)
	w.raw(fmt.Sprintf(`
struct $_item { %[1]s key; u8 fill[%[2]d]; u32 place; };
static struct $_item $_items[%[3]d];
static u32 $_asked;

static int $_compare(const void *a, const void *b)
{
	const struct $_item *p = a, *q = b;
	$_asked++;
	if (p->key != q->key)
		return p->key %[4]s q->key ? -1 : 1;
	return (p->place > q->place) - (p->place < q->place);
}

`, w.typ(), w.between(1, 40), n, w.pick("<", ">")))
	w.entry()
	w.raw(fmt.Sprintf(`
	enum { N = %d };
	u64 state = x;
	for (u32 i = 0; i < N; i++) {
		memset(&$_items[i], 0, sizeof $_items[i]);
		$_items[i].key += next(&state) %% %d;
		$_items[i].place = i;
	}
	qsort($_items, N, sizeof $_items[0], $_compare);
	for (u32 i = 0; i < N; i++)
		x = x * 31 + (u64)$_items[i].key + $_items[i].place;
	for (u32 i = 0; i < %d; i++) {
		struct $_item key = $_items[next(&state) %% N], *p;
		key.place += (u32)i %% 2;
		p = bsearch(&key, $_items, N, sizeof key, $_compare);
		x = x * 31 + (p ? (u64)(p - $_items) : 9999);
	}
`, n, w.between(2, 120), w.between(1, 20)))
	w.leave("x + ($_asked > 0)")
}

// heap is memory from malloc, calloc and realloc.
func heap(w *writer) {
	slots := w.between(2, 40)
	w.line("static struct { u8 *at; u32 size; } $_slots[%d];\n", slots)
	w.entry()
	w.raw(fmt.Sprintf(`
	enum { SLOTS = %d };
	u64 state = x;
	for (u32 i = 0; i < %d; i++) {
		u32 n = (u32)(next(&state) %% SLOTS), size = 1 + (u32)(next(&state) %% (i %% %d ? %d : 300000));
		u8 **at = &$_slots[n].at;
		switch (next(&state) %% 3) {
		case 0:
			free(*at);
			*at = calloc(size, 1);
			break;
		case 1: {
			u8 *more = realloc(*at, size);
			for (u32 j = $_slots[n].size; more && j < size; j++)
				more[j] = (u8)(j * 7);
			*at = more;
			break;
		}
		default:
			free(*at);
			*at = malloc(size);
			if (*at)
				memset(*at, (int)(n & 127), size);
		}
		if (!*at)
			return 1;
		$_slots[n].size = size;
		(*at)[size / 2] ^= (u8)i;
		x = hash(x, *at, size < 64 ? size : 64) + ((uintptr_t)*at %% 16 == 0);
	}
	for (u32 n = 0; n < SLOTS; n++) {
		if ($_slots[n].at)
			x = hash(x, $_slots[n].at, $_slots[n].size);
		free($_slots[n].at);
		$_slots[n].at = NULL;
		$_slots[n].size = 0;
	}
`, slots, w.between(10, 120), w.between(5, 30), w.between(10, 3000)))
	w.leave("x")
}
