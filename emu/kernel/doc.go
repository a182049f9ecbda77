// Package kernel answers the Linux system calls of user-style programs.
//
// [Table] says of each call how far it is answered, and is what is dispatched by. A call
// is a function of the call's arguments and of the kernel's state; it reads and writes
// guest memory and files, and returns a [Result] that says what becomes of the task:
//
//	k, err := kernel.New(kernel.Config{...})
//	start, err := k.Load(host, img)       // maps the program, builds the first stack
//	k.Born(id)
//	...
//	r := k.Call(id, &regs)                // the task has executed SYSCALL
//	k.Expired(id)                         // the time is up that it was blocked until
//
// Who runs tasks is the host's affair; see [Host]. All state is flat, and copied by
// [Kernel.Save]. A Kernel is for one goroutine.
package kernel
