package randc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Write returns the program of a seed with the parts of a set of features.
func Write(seed uint64, features Features) string {
	headers := []string{"stdbool.h", "stdint.h", "stdio.h", "stdlib.h", "string.h"}
	var body, calls strings.Builder
	for i, p := range parts {
		if features&(1<<i) == 0 {
			continue
		}
		w := &writer{Rand: rand.New(rand.NewPCG(seed, uint64(i)+1)), name: p.name}
		p.write(w)
		headers = append(headers, strings.Fields(p.headers)...)
		fmt.Fprintf(&body, "\n/* %s */\n%s", p.name, w.text.String())
		fmt.Fprintf(&calls, "\tfor (int i = 0; i < %d; i++)\n\t\tshow(%q, %s(opaque + (u64)i));\n", 1+w.IntN(3), p.name, p.name)
	}
	slices.Sort(headers)
	var b strings.Builder
	fmt.Fprintf(&b, "/* Made up from seed %d with %s. */\n#define _GNU_SOURCE\n", seed, features)
	for _, h := range slices.Compact(headers) {
		fmt.Fprintf(&b, "#include <%s>\n", h)
	}
	b.WriteString(prelude)
	fmt.Fprintf(&b, "static volatile u64 opaque = %#xu;\n%s", rand.New(rand.NewPCG(seed, 0)).Uint64(), body.String())
	fmt.Fprintf(&b, "\nint main(void)\n{\n%s\tprintf(\"sum %%016llx\\n\", (unsigned long long)sum);\n\treturn (int)(sum %% 251);\n}\n", calls.String())
	return b.String()
}

// writer writes one part.
type writer struct {
	*rand.Rand
	name   string // of the part; what it declares at file scope begins so
	text   strings.Builder
	fresh  int // numbers the variables of loops
	indent int
}

// line writes one line of text, indented, in which $ stands for the part's name.
func (w *writer) line(format string, args ...any) {
	text := strings.Repeat("\t", w.indent) + fmt.Sprintf(format, args...)
	w.raw(text + "\n")
}

// open writes a line that ends in a brace, and indents what follows.
func (w *writer) open(format string, args ...any) {
	w.line(format+" {", args...)
	w.indent++
}

// shut ends what open began.
func (w *writer) shut() {
	w.indent--
	w.line("}")
}

// entry begins the function of the part that main calls. Its argument is x.
func (w *writer) entry() { w.open("static %su64 $(u64 x)", w.maybeNoinline()) }

// leave ends it with its result.
func (w *writer) leave(format string, args ...any) {
	w.line("return "+format+";", args...)
	w.shut()
}

// maybeNoinline returns, now and then, the attribute that keeps a function apart.
func (w *writer) maybeNoinline() string {
	if w.IntN(2) == 0 {
		return "__attribute__((noinline)) "
	}
	return ""
}

// raw writes text as it is, but for an empty first line, and $.
func (w *writer) raw(text string) {
	w.text.WriteString(strings.ReplaceAll(strings.TrimPrefix(text, "\n"), "$", w.name))
}

// pick returns one of some words.
func (w *writer) pick(words ...string) string { return words[w.IntN(len(words))] }

// between returns a number from low to high, both included.
func (w *writer) between(low, high int) int { return low + w.IntN(high-low+1) }
