package profile

import (
	"compress/gzip"
	"io"
	"slices"
)

// message is a message of protocol buffers as far as it is written. Of the wire format only numbers and
// pieces of bytes are needed.
type message []byte

// varint appends a number in groups of seven bits.
func (m *message) varint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		*m = append(*m, byte(v)|0x80)
	}
	*m = append(*m, byte(v))
}

// number appends a field that is a number; 0 is the default and left out.
func (m *message) number(field int, v int64) {
	if v != 0 {
		m.varint(uint64(field) << 3)
		m.varint(uint64(v))
	}
}

// bytes appends a field that is a string or a message.
func (m *message) bytes(field int, b []byte) {
	m.varint(uint64(field)<<3 | 2)
	m.varint(uint64(len(b)))
	*m = append(*m, b...)
}

// numbers appends a field that is a list of numbers.
func (m *message) numbers(field int, list ...int64) {
	var packed message
	for _, v := range list {
		packed.varint(uint64(v))
	}
	m.bytes(field, packed)
}

// The fields of profile.proto (github.com/google/pprof/proto) that are written.
const (
	profileSampleType, profileSample, profileLocation, profileFunction, profileString = 1, 2, 4, 5, 6
	profileDuration, profileComment, profileDefaultType                               = 10, 13, 14

	valueType, valueUnit                                   = 1, 2
	sampleLocation, sampleValue, sampleLabel               = 1, 2, 3
	labelKey, labelString                                  = 1, 2
	locationID, locationAddress, locationLine              = 1, 3, 4
	lineFunction, lineNumber                               = 1, 2
	functionID, functionName, functionFile, functionLineNo = 1, 2, 4, 5
)

// encoder makes a profile. The zero value is ready.
type encoder struct {
	samples   message
	locations message // and functions, one for each
	known     []location
	strings   []string
}

// location is what is written once for each function.
type location struct{ name, file string }

// string returns the index of a string; "" has 0.
func (e *encoder) string(s string) int64 {
	if len(e.strings) == 0 {
		e.strings = append(e.strings, "")
	}
	i := slices.Index(e.strings, s)
	if i < 0 {
		e.strings = append(e.strings, s)
		i = len(e.strings) - 1
	}
	return int64(i)
}

// sample adds what was spent in the innermost function of a stack.
func (e *encoder) sample(stack []*node, calls, time int64, task string) {
	var ids []int64
	for _, n := range stack {
		ids = append(ids, e.location(n))
	}
	var s, label message
	s.numbers(sampleLocation, ids...)
	s.numbers(sampleValue, calls, time)
	label.number(labelKey, e.string("task"))
	label.number(labelString, e.string(task))
	s.bytes(sampleLabel, label)
	e.samples.bytes(profileSample, s)
}

// location returns the number of a function's location, which is that of the function too.
func (e *encoder) location(n *node) int64 {
	key := location{n.name, n.file}
	if i := slices.Index(e.known, key); i >= 0 {
		return int64(i + 1)
	}
	e.known = append(e.known, key)
	id := int64(len(e.known))
	var loc, line, fn message
	line.number(lineFunction, id)
	line.number(lineNumber, int64(n.line))
	loc.number(locationID, id)
	if n.parent >= 0 { // else it is no place in memory
		loc.number(locationAddress, int64(n.fn))
	}
	loc.bytes(locationLine, line)
	fn.number(functionID, id)
	fn.number(functionName, e.string(n.name))
	fn.number(functionFile, e.string(n.file))
	fn.number(functionLineNo, int64(n.line))
	e.locations.bytes(profileLocation, loc)
	e.locations.bytes(profileFunction, fn)
	return id
}

// write writes the profile of a run that took so long.
func (e *encoder) write(w io.Writer, duration int64) error {
	var p message
	for _, t := range [][2]string{{"calls", "count"}, {"time", "nanoseconds"}} {
		var v message
		v.number(valueType, e.string(t[0]))
		v.number(valueUnit, e.string(t[1]))
		p.bytes(profileSampleType, v)
	}
	p = append(append(p, e.samples...), e.locations...)
	p.number(profileDuration, duration)
	p.number(profileComment, e.string("virtual time: 1 us is a counted instruction"))
	p.number(profileDefaultType, e.string("time"))
	for _, s := range e.strings {
		p.bytes(profileString, []byte(s))
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(p); err != nil {
		return err
	}
	return z.Close()
}
