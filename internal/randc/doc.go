// Package randc makes up C programs, for a machine that runs programs to be held against
// another one:
//
//	features := randc.Swarm(seed)
//	text := randc.Write(seed, features)
//
// A program is one C11 source (with the extensions that gcc and clang share) without
// undefined or unspecified behaviour: it prints the same and ends with the same status
// whatever the compiler, its level of optimisation and the machine. It takes no input,
// lists a checksum for each of its parts, and makes its exit status from them.
//
// A program consists of parts, one for each feature of a closed list ([All]). A part's text
// follows from the seed and its own name alone, so a program with fewer features is the
// same program with parts left out. That is how a failing program is made smaller.
package randc
