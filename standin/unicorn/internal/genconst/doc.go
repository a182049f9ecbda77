// Command genconst writes the constants of the Go binding from the C headers
// of the installed libunicorn.
//
// The names are read from the text of the headers (the enumerators and the
// object-like macros that begin with UC_); their values are computed by the
// C compiler, so that nothing here has to understand C expressions.
//
// The committed files describe one version of the headers, the oldest that
// the binding supports. With newer headers of the same major version nothing
// is written: the command then checks that every committed constant still has
// its value, so that it can be part of a check on any machine.
//
//	usage: genconst [-headers /usr/include/unicorn] [-out .]
package main
