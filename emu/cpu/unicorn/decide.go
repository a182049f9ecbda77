package unicorn

// #include <stdint.h>
import "C"

import (
	"runtime/cgo"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// called is what the hook's callback needs of a backend; C holds a handle to it.
type called struct {
	decide func(guest.TaskID, guest.ReturnAddr) guest.Addr
	panic  any // what decide panicked with: it must not unwind through the engine
}

//export goDecide
func goDecide(h C.uint64_t, task C.int64_t, ip C.uint64_t) (body C.uint64_t) {
	c := cgo.Handle(h).Value().(*called)
	defer func() {
		if p := recover(); p != nil {
			c.panic = p
			body = C.uint64_t(cpu.NotASite)
		}
	}()
	to := c.decide(guest.TaskID(task), guest.ReturnAddr(ip))
	if to == 0 {
		return ip
	}
	return C.uint64_t(to)
}
