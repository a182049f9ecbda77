// Package unicorn executes guest code on the Unicorn engine. It is the only room
// of the house with cgo.
//
// [New] gives the fast backend: code runs at the speed of translated blocks, and
// what is left of a budget is single-stepped. [NewReference] single-steps
// everything; it is slow and simple, and answers the same. The work is done in
// engine.c, whose head explains how.
package unicorn
