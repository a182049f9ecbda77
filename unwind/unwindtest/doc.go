// Package unwindtest is the suite that every unwinder must pass. The test of an
// unwinder in a folder of its own below unwind is
//
//	func TestUnwinder(t *testing.T) {
//		unwindtest.Run(t, func(code *unwind.CodeMap) unwind.Unwinder { return fp.New(code) })
//	}
//
// It walks the stacks in unwind/testdata, which are files of text with what is
// expected, ending included, and then stacks made at random: whole ones, which must
// come out as they were made, and broken ones, for which the contract must hold.
package unwindtest
