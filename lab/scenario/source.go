package scenario

// Source is one source file of a program or patch.
type Source struct {
	// Name is the file's own name, without folder: "program.c", "user.S".
	Name string
	// File and Line say where the text stands: the scenario file, and the line there
	// of the text's first line, from 1. A compiler's messages count from them.
	File string
	Line int
	Text string
	// Flags are the compiler flags that the scenario adds, in order.
	Flags []string
}
