package randc

// part is what a program has for one feature.
type part struct {
	name    string
	headers string // further headers that it includes, separated by spaces
	// write writes the part's declarations and functions. The last of these is the one
	// that main calls: "static u64 NAME(u64 x)", see writer.entry.
	write func(w *writer)
}

// parts are all parts, in the order in which they stand in a program. A new one goes to
// the end: a seed's features are drawn by position.
var parts []part

// The table is filled here because the functions in it lead back to it.
func init() {
	parts = []part{
		{"ints", "", ints},
		{"control", "", control},
		{"arrays", "", arrays},
		{"structs", "", structs},
		{"unions", "", unions},
		{"pointers", "", pointers},
		{"calls", "", calls},
		{"recursion", "", recursion},
		{"varargs", "stdarg.h", varargs},
		{"stack", "alloca.h", stack},
		{"floats", "math.h", floats},
		{"x87", "math.h", x87},
		{"rounding", "fenv.h math.h", rounding},
		{"fpflags", "fenv.h", fpFlags},
		{"wide", "", wide},
		{"loops", "", loops},
		{"vectors", "", vectors},
		{"sse2", "emmintrin.h", sse2},
		{"strings", "", stringCalls},
		{"numbers", "errno.h", numbers},
		{"sorting", "", sorting},
		{"heap", "", heap},
		{"jumps", "setjmp.h", jumps},
		{"atomics", "", atomics},
		{"threads", "pthread.h", threads},
		{"signals", "setjmp.h signal.h sys/mman.h unistd.h", signals},
	}
}
