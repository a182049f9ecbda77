package trace

import "fmt"

// Digest is a running hash of a run's architectural events: a value that can be
// copied. Equal runs have equal digests on every machine; it is no defence against
// somebody who wants two runs to look alike.
type Digest struct{ a, b uint64 }

// Add mixes a word into the digest.
func (d *Digest) Add(w uint64) {
	// The summands keep zeros at the start of a run from leaving no trace.
	d.a = (d.a ^ w ^ 0x243f6a8885a308d3) * 0x9e3779b97f4a7c15
	d.a ^= d.a >> 29
	d.b = (d.b + w + 0x13198a2e03707345) * 0xd1342543de82ef95
	d.b ^= d.b>>31 ^ d.a
}

// AddString mixes a string into the digest.
func (d *Digest) AddString(s string) {
	d.Add(uint64(len(s)))
	var w uint64
	for i := range len(s) {
		w = w<<8 | uint64(s[i])
		if i%8 == 7 {
			d.Add(w)
			w = 0
		}
	}
	d.Add(w)
}

// Sum returns the digest as one word.
func (d Digest) Sum() uint64 { return d.a ^ d.b }

// String returns the digest as 32 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x%016x", d.a, d.b) }
