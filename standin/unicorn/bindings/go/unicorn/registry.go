package unicorn

import (
	"sync"
	"sync/atomic"
)

// callbacks holds the callback of every hook of every engine: C gets an id
// instead of a Go pointer.
var callbacks registry

// entry is one registered callback.
type entry struct {
	HookData
	owner *uc
	id    uintptr
}

// registry maps ids to entries. An id is the slot in the low half and the
// slot's generation, from 1, in the high half (this needs 64 bits). So a slot
// can be used again, and an id that was removed finds nothing: a block
// that the engine is just running may call a hook that was deleted in it.
//
// Lookups take no lock, because every hook hit makes one.
type registry struct {
	slots atomic.Pointer[[]atomic.Pointer[entry]] // replaced under mu when it grows

	mu          sync.Mutex
	generations []uintptr // of each slot, protected by mu
	free        []int     // slots without an entry, protected by mu
}

const (
	slotBits = 32
	slotMask = 1<<slotBits - 1
)

// add registers e and sets its id.
func (r *registry) add(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.free) == 0 {
		r.grow()
	}
	slot := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	r.generations[slot]++
	e.id = r.generations[slot]<<slotBits | uintptr(slot)
	(*r.slots.Load())[slot].Store(e)
}

// grow doubles the number of slots; mu is held.
func (r *registry) grow() {
	old := len(r.generations)
	grown := make([]atomic.Pointer[entry], max(16, 2*old))
	for i := range old {
		grown[i].Store((*r.slots.Load())[i].Load())
	}
	r.generations = append(r.generations, make([]uintptr, len(grown)-old)...)
	for i := len(grown) - 1; i >= old; i-- {
		r.free = append(r.free, i)
	}
	r.slots.Store(&grown)
}

// remove releases the entry with this id.
func (r *registry) remove(id uintptr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lookup(id) == nil {
		return
	}
	slot := int(id & slotMask)
	(*r.slots.Load())[slot].Store(nil)
	r.free = append(r.free, slot)
}

// lookup returns the entry with this id, or nil if there is none (any more).
func (r *registry) lookup(id uintptr) *entry {
	slots := r.slots.Load()
	slot := id & slotMask
	if slots == nil || slot >= uintptr(len(*slots)) {
		return nil
	}
	if e := (*slots)[slot].Load(); e != nil && e.id == id {
		return e
	}
	return nil
}

// len counts the registered callbacks.
func (r *registry) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.generations) - len(r.free)
}
