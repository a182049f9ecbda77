// Package image reads ELF files as data: what is to lie where, under which names,
// and what the file declares to the laboratory. The same bytes give the same value.
//
// A program is a static executable:
//
//	img, err := image.Parse("demo", bytes)
//	for _, s := range img.Segments {
//		// map s.Range with s.Perm, fill it with s.Data and zeros
//	}
//
// A patch or another module is a relocatable object that is linked to an address,
// its undefined symbols found in the program:
//
//	obj, err := image.ParseObject("livepatch_greet", bytes)
//	mod, err := obj.Link(base, img)
//	decl, ok, err := mod.Patch() // what it replaces, if it is a patch
//
// Both have a [Symtab], which finds symbols and functions the way the kernel's
// kallsyms does: a function reaches to the next symbol, padding included.
//
// Nothing here recognises a patch site; a [Function] carries the bytes to look at.
// Values that come out share memory with the bytes that went in and are immutable;
// so they can be used by several goroutines at once.
package image
