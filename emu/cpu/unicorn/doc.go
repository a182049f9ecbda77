// Package unicorn executes guest code on the Unicorn engine. It is the only room
// of the house with cgo.
//
// [New] gives the fast backend: code runs at the speed of translated blocks, and
// what is left of a budget is single-stepped. [NewReference] single-steps
// everything; it is slow and simple, and answers the same. The work is done in C;
// the head of engine.c explains how.
//
// # Limits
//
// The engine has 52 bits of address: a data access further up wraps around. Code
// there faults as it should.
//
// There is no code that the guest can write: such a mapping is refused.
//
// From version 2.1.2 on, blocks with bt, bts, btr or btc are stepped, since the flags that
// these leave undefined would depend on the backend; and the reference backend runs each
// instruction by itself, several times slower than on 2.1.1 (pl_on_code says why).
//
// With version 2.1.1 an illegal instruction, bts, btr or btc of a register with a
// lock prefix, ends the process as soon as it is translated.
package unicorn
