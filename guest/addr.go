package guest

import "fmt"

// Addr is a virtual address in the guest.
type Addr uint64

// String writes the address as the reports do, in hexadecimal without padding.
func (a Addr) String() string { return fmt.Sprintf("%#x", uint64(a)) }

// ReturnAddr is an address that a call has left on a stack: the byte after the
// call instruction. It is a type of its own because a call may be the last
// instruction of its function, and then the address belongs to the next one:
// lookups go by [ReturnAddr.CallSite].
type ReturnAddr Addr

// CallSite returns an address inside the call instruction that left r.
func (r ReturnAddr) CallSite() Addr { return Addr(r) - 1 }

// Range is the half-open interval of addresses [Start, End).
type Range struct{ Start, End Addr }

// RangeOf returns the range of size bytes from start.
func RangeOf(start Addr, size uint64) Range { return Range{start, start + Addr(size)} }

// Contains reports whether a lies in r.
func (r Range) Contains(a Addr) bool { return r.Start <= a && a < r.End }

// Covers reports whether all of o lies in r.
func (r Range) Covers(o Range) bool { return r.Start <= o.Start && o.End <= r.End && o.Start <= o.End }

// Overlaps reports whether r and o share a byte.
func (r Range) Overlaps(o Range) bool { return r.Start < o.End && o.Start < r.End }

// Intersect returns what r and o have in common, which must be something.
func (r Range) Intersect(o Range) Range { return Range{max(r.Start, o.Start), min(r.End, o.End)} }

// Size returns the number of bytes in r.
func (r Range) Size() uint64 { return uint64(r.End - r.Start) }

// String writes the range as [start, end).
func (r Range) String() string { return fmt.Sprintf("[%s, %s)", r.Start, r.End) }

// PageSize is the size of a page of guest memory in bytes: the unit of
// permissions.
const PageSize = 4096

// PageDown rounds a down to a page boundary.
func PageDown(a Addr) Addr { return a &^ (PageSize - 1) }

// PageUp rounds a up to a page boundary.
func PageUp(a Addr) Addr { return PageDown(a + PageSize - 1) }
