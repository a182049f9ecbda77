package search

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// compactPrefix begins every compact string; its digit is the version of the form.
const compactPrefix = "s1."

// Compact returns the schedule as one word that can be pasted anywhere. Of the digests
// only the last one is in it: it decides whether the whole run was the same.
//
// Behind the prefix stands in base64: a CRC of the rest, the names, the different
// choices as triples of names, which choice each step is, and the digest, all numbers as
// varints.
func (s Schedule) Compact() string {
	names := map[string]uint64{}
	var list []string
	name := func(n string) uint64 {
		i, ok := names[n]
		if !ok {
			i = uint64(len(list))
			names[n] = i
			list = append(list, n)
		}
		return i
	}
	choices := map[[3]uint64]uint64{}
	var triples, steps []byte
	for _, step := range s {
		t := [3]uint64{name(step.Actor), name(step.Kind), name(step.Point)}
		i, ok := choices[t]
		if !ok {
			i = uint64(len(choices))
			choices[t] = i
			for _, n := range t {
				triples = binary.AppendUvarint(triples, n)
			}
		}
		steps = binary.AppendUvarint(steps, i)
	}
	b := binary.AppendUvarint(nil, uint64(len(list)))
	for _, n := range list {
		b = binary.AppendUvarint(b, uint64(len(n)))
		b = append(b, n...)
	}
	b = binary.AppendUvarint(b, uint64(len(choices)))
	b = append(b, triples...)
	b = binary.AppendUvarint(b, uint64(len(s)))
	b = append(b, steps...)
	var digest uint64
	if len(s) > 0 {
		digest = s[len(s)-1].Digest
	}
	b = binary.LittleEndian.AppendUint64(b, digest)
	sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b))
	return compactPrefix + base64.RawURLEncoding.EncodeToString(append(sum, b...))
}

// ParseCompact reads what Compact wrote. Errors are *SyntaxError.
func ParseCompact(word string) (Schedule, error) {
	s, err := parseCompact(strings.TrimSpace(word))
	if err != nil {
		return nil, &SyntaxError{0, err.Error()}
	}
	return s, nil
}

func parseCompact(word string) (Schedule, error) {
	code, ok := strings.CutPrefix(word, compactPrefix)
	if !ok {
		return nil, fmt.Errorf("a pasted schedule begins with %q", compactPrefix)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(code)
	if err != nil || len(b) < 4 || crc32.ChecksumIEEE(b[4:]) != binary.LittleEndian.Uint32(b) {
		return nil, fmt.Errorf("the pasted word is damaged or not all of it is there")
	}
	r := reader{b: b[4:]}
	names := make([]string, 0, r.count(1))
	for range cap(names) {
		names = append(names, string(r.bytes(r.count(1))))
	}
	choices := make([]Step, 0, r.count(3))
	for range cap(choices) {
		choices = append(choices, Step{Actor: r.pick(names), Kind: r.pick(names), Point: r.pick(names)})
	}
	var s Schedule
	for range r.count(1) {
		i := r.number()
		if i >= uint64(len(choices)) {
			return nil, errCompact
		}
		s = append(s, choices[i])
	}
	digest := r.bytes(8)
	if r.bad || len(r.b) != 0 {
		return nil, errCompact
	}
	for _, c := range choices {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	if d := binary.LittleEndian.Uint64(digest); len(s) > 0 {
		s[len(s)-1].Digest = d
	} else if d != 0 {
		return nil, errCompact
	}
	return slices.Clip(s), nil
}

var errCompact = fmt.Errorf("the pasted word is no schedule")

// reader takes a compact form apart. Once something is missing everything it returns is
// empty.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many things follow that have at least so many bytes each.
func (r *reader) count(size int) int {
	v := r.number()
	if v > uint64(len(r.b)/size) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(v)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, n)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) pick(names []string) string {
	i := r.number()
	if i >= uint64(len(names)) {
		r.bad, r.b = true, nil
		return ""
	}
	return names[i]
}
