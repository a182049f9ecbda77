// Package build compiles the guest programs and patches of scenarios with the ordinary C
// compiler: a program to a static ELF executable of kernel style, a patch to a
// relocatable object.
//
//	var b build.Builder
//	elf, err := b.Program(sources)
//	patch, err := b.Patch("evening", sources)
//
// The result depends on the sources, the flags (flags.go), the guest's headers and the
// compiler only. It is kept in the user's cache under a hash of all of these; a builder
// that cannot write there builds every time. What the compiler objects to is reported as
// it says it, with the lines of the scenario file ([Error]).
//
// A Builder can be used by several goroutines and processes at once.
package build
