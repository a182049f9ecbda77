package vfs

import "math/bits"

// A table is a list of objects with numbers from 1, of which a copy costs nothing: the
// copy shares all with the original, and who changes an object later makes a copy of that
// one, and of the chunk that it is in. Ages tell what is shared: what was made in the
// present age is in no copy.
type table[T any, P object[T]] struct {
	chunks []*chunk[T]
	age    uint64 // of the slice
	count  int
	free   int // chunks before this one are full
}

// object is a pointer to what a table holds.
type object[T any] interface {
	*T
	// detach is called on a fresh copy: it copies the slices whose elements are
	// changed in place.
	detach()
	// encode appends all of the object's state.
	encode(b []byte) []byte
}

const chunkSize = 64

type chunk[T any] struct {
	age   uint64
	sum   uint64 // of the cells; 0: not known
	used  uint64
	cells [chunkSize]*cell[T]
}

type cell[T any] struct {
	age uint64
	sum uint64 // of the value; 0: not known
	val T
}

// get returns the object with a number, to look at only.
func (t *table[T, P]) get(id int32) *T {
	c := t.cell(id)
	if c == nil {
		panic("BUG: no object of this number")
	}
	return &c.val
}

// has reports whether there is an object with the number.
func (t *table[T, P]) has(id int32) bool { return t.cell(id) != nil }

func (t *table[T, P]) cell(id int32) *cell[T] {
	if id <= 0 || int(id)/chunkSize >= len(t.chunks) {
		return nil
	}
	return t.chunks[id/chunkSize].cells[id%chunkSize]
}

// edit returns the object with a number, to be changed before the age ends. What get
// returned before may be an older copy from then on.
func (t *table[T, P]) edit(age uint64, id int32) *T {
	c := t.own(age, int(id/chunkSize))
	x := c.cells[id%chunkSize]
	if x.age != age {
		x = &cell[T]{age: age, val: x.val}
		P(&x.val).detach()
		c.cells[id%chunkSize] = x
	}
	x.sum = 0
	return &x.val
}

// own returns a chunk that no copy has.
func (t *table[T, P]) own(age uint64, i int) *chunk[T] {
	if t.age != age {
		t.chunks = append(make([]*chunk[T], 0, len(t.chunks)+1), t.chunks...)
		t.age = age
	}
	c := t.chunks[i]
	if c.age != age {
		next := *c
		next.age = age
		c = &next
		t.chunks[i] = c
	}
	c.sum = 0
	return c
}

// add gives an object the lowest number that is free.
func (t *table[T, P]) add(age uint64, val T) int32 {
	for t.free < len(t.chunks) && t.chunks[t.free].used == ^uint64(0) {
		t.free++
	}
	if t.free == len(t.chunks) {
		fresh := &chunk[T]{age: age}
		if t.free == 0 {
			fresh.used = 1 // 0 is no number
		}
		t.chunks, t.age = append(t.chunks[:t.free:t.free], fresh), age
	}
	c := t.own(age, t.free)
	i := bits.TrailingZeros64(^c.used)
	c.used |= 1 << i
	c.cells[i] = &cell[T]{age: age, val: val}
	t.count++
	return int32(t.free*chunkSize + i)
}

// remove frees the number.
func (t *table[T, P]) remove(age uint64, id int32) {
	c := t.own(age, int(id/chunkSize))
	c.used &^= 1 << (id % chunkSize)
	c.cells[id%chunkSize] = nil
	t.count--
	t.free = min(t.free, int(id/chunkSize))
}

// all calls do for each object in the order of the numbers.
func (t *table[T, P]) all(do func(id int32, x *T)) {
	for i, c := range t.chunks {
		for j, x := range c.cells {
			if x != nil {
				do(int32(i*chunkSize+j), &x.val)
			}
		}
	}
}
