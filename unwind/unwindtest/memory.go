package unwindtest

import (
	"encoding/binary"

	"patchlab/guest"
)

// Memory is one stack, and notes every read that goes beyond it.
type Memory struct {
	Hole guest.Addr // memory from here up cannot be read; 0 for none

	stack   guest.Range
	bytes   []byte
	reads   int           // calls of ReadAt
	outside []guest.Range // reads beyond the stack, which no unwinder may make
}

// filler is a word that is neither a frame, nor text.
const filler = 0xdead

// NewMemory returns the memory of a stack that is filled with 0xdead.
func NewMemory(stack guest.Range) *Memory {
	m := &Memory{stack: stack, bytes: make([]byte, stack.Size())}
	for i := 0; i+8 <= len(m.bytes); i += 8 {
		binary.LittleEndian.PutUint64(m.bytes[i:], filler)
	}
	return m
}

// ReadAt implements [guest.Memory].
func (m *Memory) ReadAt(a guest.Addr, p []byte) error {
	m.reads++
	r := guest.RangeOf(a, uint64(len(p)))
	if !m.stack.Covers(r) {
		m.outside = append(m.outside, r)
		return guest.ErrUnmapped
	}
	if m.Hole != 0 && r.End > m.Hole {
		return guest.ErrUnmapped
	}
	copy(p, m.bytes[a-m.stack.Start:])
	return nil
}

// WriteAt implements [guest.Memory].
func (m *Memory) WriteAt(a guest.Addr, p []byte) error {
	if !m.stack.Covers(guest.RangeOf(a, uint64(len(p)))) {
		return guest.ErrUnmapped
	}
	copy(m.bytes[a-m.stack.Start:], p)
	return nil
}
