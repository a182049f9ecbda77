package mem

import "unsafe"

// hostAddress returns the address of memory that is not on the Go heap.
func hostAddress(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }
