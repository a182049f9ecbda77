// Package cputest is the suite that every CPU backend passes. A backend's test calls
//
//	cputest.Run(t, mybackend.New)
//
// and, when there is a second backend to hold it against,
//
//	cputest.Agree(t, mybackend.New, reference.New)
//
// The guest's code stands in the tests as assembly text; the GNU assembler and
// linker turn it into bytes at test time.
package cputest
