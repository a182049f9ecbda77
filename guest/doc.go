// Package guest holds the words that every room uses for the guest: addresses,
// ranges, permissions, registers, task ids and the interface to guest memory.
// It has no behaviour beyond arithmetic on these words.
package guest
