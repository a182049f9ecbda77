// Package house checks how the source tree is kept: who imports whom, where cgo and
// unsafe are, and that every package says what it is for.
//
// The import order is one block of text in deps_test.go, which [ParseOrder] reads and
// [Check] holds against the tree:
//
//	order, err := house.ParseOrder(text)
//	problems, err := house.Check(os.DirFS(root), "patchlab", order)
//
// Adding a room means adding its name there. Only source text is read, nothing is
// built, so a tree that does not compile can be checked too.
package house
