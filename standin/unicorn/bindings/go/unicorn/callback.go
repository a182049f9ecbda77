package unicorn

// #include <unicorn/unicorn.h>
import "C"

// enter finds the callback for an id that C hands in. It returns nil when there
// is nothing to call: the hook was removed while its block was running, or an
// earlier callback panicked and the engine has not come to a halt yet.
// After a result that is not nil the caller owes a deferred leave.
func enter(id uintptr) *entry {
	e := callbacks.lookup(id)
	if e == nil {
		return nil
	}
	if e.owner.panicked != nil {
		C.uc_emu_stop(e.owner.handle)
		return nil
	}
	e.owner.active++
	return e
}

// leave keeps a panic of the callback from unwinding the C frames below it:
// that would leave the engine's nesting level wrong for good.
func (e *entry) leave() {
	e.owner.active--
	if value := recover(); value != nil {
		e.owner.panicked = value
		C.uc_emu_stop(e.owner.handle)
	}
}

//export unicorn_go_code
func unicorn_go_code(id C.uintptr_t, addr C.uint64_t, size C.uint32_t) {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		e.Callback.(codeCallback)(e.Uc, uint64(addr), uint32(size))
	}
}

//export unicorn_go_interrupt
func unicorn_go_interrupt(id C.uintptr_t, intno C.uint32_t) {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		e.Callback.(interruptCallback)(e.Uc, uint32(intno))
	}
}

//export unicorn_go_access
func unicorn_go_access(id C.uintptr_t, access C.int, addr C.uint64_t, size C.int, value C.int64_t) {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		e.Callback.(accessCallback)(e.Uc, int(access), uint64(addr), int(size), int64(value))
	}
}

// unicorn_go_invalid returns 0 (not handled) when there is nothing to call and
// when the callback panics: the run then ends with the error of the access.
//
//export unicorn_go_invalid
func unicorn_go_invalid(id C.uintptr_t, access C.int, addr C.uint64_t, size C.int, value C.int64_t) C.int {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		if e.Callback.(invalidCallback)(e.Uc, int(access), uint64(addr), int(size), int64(value)) {
			return 1
		}
	}
	return 0
}

//export unicorn_go_in
func unicorn_go_in(id C.uintptr_t, port C.uint32_t, size C.int) C.uint32_t {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		return C.uint32_t(e.Callback.(inCallback)(e.Uc, uint32(port), uint32(size)))
	}
	return 0
}

//export unicorn_go_out
func unicorn_go_out(id C.uintptr_t, port C.uint32_t, size C.int, value C.uint32_t) {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		e.Callback.(outCallback)(e.Uc, uint32(port), uint32(size), uint32(value))
	}
}

//export unicorn_go_syscall
func unicorn_go_syscall(id C.uintptr_t) {
	if e := enter(uintptr(id)); e != nil {
		defer e.leave()
		e.Callback.(syscallCallback)(e.Uc)
	}
}
