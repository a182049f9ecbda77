package unicorn

// #include <stdint.h>
import "C"

import (
	"slices"
	"sync"
	"sync/atomic"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// called is what the hook's callback needs of a backend.
type called struct {
	decide func(guest.TaskID, guest.ReturnAddr) (body guest.Addr, once bool)
	panic  any // what decide panicked with: it must not unwind through the engine
}

// callees are those of all open backends; C holds the index of its own. The callback
// comes so often that it must not wait for a lock: a change makes a new list.
var callees struct {
	mu   sync.Mutex // for changes
	list atomic.Pointer[[]*called]
}

// register returns a number for c, until it is removed.
func register(c *called) int {
	callees.mu.Lock()
	defer callees.mu.Unlock()
	var list []*called
	if old := callees.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	i := slices.Index(list, nil)
	if i < 0 {
		i = len(list)
		list = append(list, nil)
	}
	list[i] = c
	callees.list.Store(&list)
	return i
}

func unregister(i int) {
	callees.mu.Lock()
	defer callees.mu.Unlock()
	list := slices.Clone(*callees.list.Load())
	list[i] = nil
	callees.list.Store(&list)
}

//export goDecide
func goDecide(callee C.uint64_t, task C.int64_t, ip C.uint64_t, once *C.uint8_t) (body C.uint64_t) {
	c := (*callees.list.Load())[callee]
	defer c.recover(&body)
	to, forThis := c.decide(guest.TaskID(task), guest.ReturnAddr(ip))
	if forThis {
		*once = 1
	}
	if to == 0 {
		return ip
	}
	return C.uint64_t(to)
}

// recover keeps a panic of decide for Run, and answers in its place.
func (c *called) recover(body *C.uint64_t) {
	if p := recover(); p != nil {
		c.panic = p
		*body = C.uint64_t(cpu.NotASite)
	}
}
