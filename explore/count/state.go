package count

import (
	"encoding/binary"
	"math/bits"
)

// layout says where things stand in a state, which is a row of bytes, so that equal
// states are equal bytes and nothing else. A state holds, in this order,
//
//	a byte for each thread        its next instruction, a step, or the end of its code
//	with history:
//	a byte for each variable      its version: how often it has been written
//	a byte for each slot          0, or the version that the step met, from 1
//	in programs with conditions:
//	4 bytes                       the number of its values in the set of all that were met
//
// States without history are equal when they have the same future. States with history
// are equal when they have the same past, as a beginning of a class.
type layout struct {
	*code
	history                      bool
	versions, slots, block, size int // offsets

	// blocks holds the values that states have, 8 bytes for each variable, then 8 for each
	// register, 0 once its thread has ended. One block stands for many states.
	blocks *set
	values []byte // the block being made
}

func newLayout(c *code, history bool) *layout {
	l := &layout{code: c, history: history}
	at := len(c.threads)
	l.versions = at
	if history {
		at += len(c.init)
	}
	l.slots = at
	if history {
		at += c.slots
	}
	l.block = at
	if c.branches {
		at += 4
		l.values = make([]byte, 8*(len(c.init)+c.registers))
		l.blocks = newSet(len(l.values))
	}
	l.size = at
	return l
}

// start returns the state before the first step.
func (l *layout) start() []byte {
	s := make([]byte, l.size)
	if l.branches {
		clear(l.values)
		for v, value := range l.init {
			l.put(v, value)
		}
	}
	for t := range l.threads {
		l.advance(s, t, 0)
	}
	l.pack(s)
	return s
}

// next returns the step that thread t takes next, or nil when it has ended.
func (l *layout) next(s []byte, t int) *instruction {
	if at := int(s[t]); at < len(l.threads[t].code) {
		return &l.threads[t].code[at]
	}
	return nil
}

// enabled returns the threads that have not ended, as a set of bits.
func (l *layout) enabled(s []byte) uint64 {
	var set uint64
	for t := range l.threads {
		if int(s[t]) < len(l.threads[t].code) {
			set |= 1 << t
		}
	}
	return set
}

// step carries out the next step of thread t, which has one, and the conditions behind it.
func (l *layout) step(s []byte, t int) {
	i := l.next(s, t)
	if l.history {
		version := &s[l.versions+i.variable]
		s[l.slots+i.slot] = *version + 1
		if i.op != Read {
			*version++
		}
	}
	if l.branches {
		copy(l.values, l.blocks.row(int(binary.LittleEndian.Uint32(s[l.block:]))))
		l.access(t, i)
	}
	l.advance(s, t, int(s[t])+1)
	l.pack(s)
}

// pack puts the values into a state.
func (l *layout) pack(s []byte) {
	if l.branches {
		n, _ := l.blocks.add(l.values)
		binary.LittleEndian.PutUint32(s[l.block:], uint32(n))
	}
}

// access does to the values what the step i of thread t does.
func (l *layout) access(t int, i *instruction) {
	old := l.get(i.variable)
	value := l.operand(t, i.value)
	switch i.op {
	case Write, Exchange:
		l.put(i.variable, value)
	case Add:
		l.put(i.variable, old+value)
	}
	if i.into >= 0 {
		l.put(l.register(t, i.into), old)
	}
}

// advance sets thread t to the first step from the instruction at on.
func (l *layout) advance(s []byte, t, at int) {
	th := &l.threads[t]
	for at < len(th.code) && (th.code[at].op == jump || th.code[at].op == If) {
		if i := &th.code[at]; i.op == If && l.holds(t, i) {
			at++
		} else {
			at = i.to
		}
	}
	s[t] = byte(at)
	if at == len(th.code) && l.branches {
		clear(l.values[8*l.register(t, 0):][:8*th.registers])
	}
}

// holds tells whether the condition i of thread t holds.
func (l *layout) holds(t int, i *instruction) bool {
	return i.rel.holds(l.operand(t, i.left), l.operand(t, i.value))
}

func (r Rel) holds(a, b int64) bool {
	switch r {
	case Equal:
		return a == b
	case NotEqual:
		return a != b
	case Less:
		return a < b
	case Greater:
		return a > b
	}
	panic("BUG: count: a condition was compiled with comparison " + string(r))
}

func (l *layout) operand(t int, o operand) int64 {
	if o.register < 0 {
		return o.add
	}
	return l.get(l.register(t, o.register)) + o.add
}

// register returns where in the values register n of thread t stands; variables come first.
func (l *layout) register(t, n int) int { return len(l.init) + l.threads[t].first + n }

func (l *layout) get(n int) int64 { return int64(binary.LittleEndian.Uint64(l.values[8*n:])) }

func (l *layout) put(n int, value int64) {
	binary.LittleEndian.PutUint64(l.values[8*n:], uint64(value))
}

// dependent tells whether two steps conflict.
func dependent(a, b *instruction) bool {
	return a.variable == b.variable && (a.op != Read || b.op != Read)
}

// first returns the smallest thread of a set that is not empty.
func first(set uint64) int { return bits.TrailingZeros64(set) }
