// Package mem is the guest's address space: mappings of host memory, text with
// generations, snapshots and a hash of all that can change.
//
// The memory is mmapped, never on the Go heap, and stays where it is until
// [Space.Close], so that an engine and a Go slice can share it. A Space is not for
// concurrent use.
package mem
