package trampoline

import "patchlab/guest"

// Reader reads guest memory with the rights of the kernel.
type Reader interface {
	// ReadAt fills p with the bytes at a. The error is a [guest.ErrUnmapped].
	ReadAt(a guest.Addr, p []byte) error
}

// Text is the guest's code as its writer needs it.
type Text interface {
	Reader
	// WriteText puts b at at, all of it or nothing and an error, and begins a
	// new generation of the text: whatever was derived from the old bytes,
	// translations above all, is dropped before the next instruction runs. b is
	// not kept.
	WriteText(at guest.Addr, b []byte) error
}
