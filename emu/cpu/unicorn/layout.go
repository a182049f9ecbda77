package unicorn

// #include "engine.h"
import "C"

// What the tests do with the layout of contexts stands here, because a test cannot
// use cgo.

// forgetLayout makes the C side ask the library for every register, as it does with
// a version whose contexts it does not understand. It tells whether it did understand
// them.
func (b *backend) forgetLayout() bool {
	found := bool(b.c.layout.ok)
	b.c.layout.ok = false
	return found
}

// layoutBytes returns the places in a context of the vector and x87 registers and the
// bases.
func (b *backend) layoutBytes() []int {
	l := &b.c.layout
	var places []int
	add := func(at C.size_t, size int) {
		for i := range size {
			places = append(places, int(at)+i)
		}
	}
	for i := range C.size_t(16) {
		add(l.xmm+i*l.xmm_stride, 16)
	}
	for i := range C.size_t(8) {
		add(l.fp+i*l.fp_stride, 10)
	}
	add(l.fs, 8)
	add(l.gs, 8)
	add(l.mxcsr, 2)
	add(l.fpcw, 2)
	return places
}
