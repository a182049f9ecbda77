// Package lines finds the source line of an address, in the line tables of DWARF.
//
//	table := lines.Of(program)
//	if l, ok := table.Find(pc); ok {
//		fmt.Println(l) // greet.c:14
//	}
//
// The tables are read when the first address is looked up. Debugging information serves
// reports alone, so what is wrong with it is no error: there is no line then.
//
// A table is safe for concurrent use.
package lines
