// Package inspect looks into files without running anything: patch sites, symbols and code of ELF
// programs and objects, and of what the sources of a scenario are compiled to.
//
//	f, err := inspect.Open("mine.txtar")
//	for _, s := range f.Sites() {
//		fmt.Println(s.Addr, s.Function, s.State)
//	}
//	spans, err := f.Find("greet")
//	fmt.Print(f.Listing(spans[0]))
//
// Objects have no addresses before they are linked. They are shown where a first one would be loaded,
// each further one of a scenario behind it; what they refer to and nobody defines gets an address of
// no memory, by which its name is shown.
package inspect
