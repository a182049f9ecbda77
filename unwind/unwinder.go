package unwind

import "patchlab/guest"

// Target is one stopped task as an unwinder sees it. It is made by the machine
// and read only.
type Target struct {
	// Regs are the registers that the task goes on with in the mode it stopped
	// in. For a task that was interrupted in kernel mode they are those of the
	// interrupt's return: rsp is the address of the register frame, rbp the same
	// encoded (see [guest.EncodedFramePointer]), rip the return address that ends
	// a call from the machine.
	Regs guest.Regs
	// Memory is where the stack lies. Only words of Stack are read.
	Memory guest.Memory
	// Stack is all of the task's kernel stack.
	Stack guest.Range
	// Top is the end of what can be on it: the address of the user-mode register
	// frame, for a kernel thread the end of the stack. The word below it is the
	// return address of the outermost function.
	Top guest.Addr
	// InUser says that the task stopped in user mode, where no function of the
	// kernel is live: its stack is empty, reliably.
	InUser bool
	// Decided is the body that the handler has decided on for the stub that the
	// task is in, from the decision until it is in the return slot; 0 for none.
	Decided guest.Addr
}

// Unwinder gets the stack of a stopped task.
//
// Preconditions of Unwind:
//   - The task is not running, and nothing of it or of the code map changes
//     during the call.
//   - In kernel mode the task stopped by itself (it stands behind the syscall of
//     a service function, or in the shim) or by an interrupt, which its
//     registers show. What else is given is refused where it can be told.
type Unwinder interface {
	// Name names the unwinder in reports and tests, such as "fp".
	Name() string
	// Unwind replaces the content of s by the stack of t: all of it, or none and
	// an [*Error] that says why the stack is unreliable. It reads no memory
	// outside of t.Stack and does not keep t or s.
	Unwind(t *Target, s *Stack) error
}
