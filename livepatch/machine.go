package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/unwind"
)

// Machine is what the model needs of the machine that it runs on. Every method is
// called from a step, on the machine's own thread, and must not step a table.
type Machine interface {
	// Tasks returns the task list in ascending pid order, without idle tasks. It
	// is valid until the next step. Each task in it was declared by
	// [Model.TaskBorn].
	Tasks() []guest.TaskID
	// TaskName returns the task's name (comm).
	TaskName(guest.TaskID) string
	// CPUs returns the number of CPUs. Each was declared by [Model.CPUAdded].
	CPUs() int
	// Online reports whether a CPU runs anything, if only its idle task.
	Online(guest.CPUID) bool
	// CPUOf returns the CPU that a task is running on, else [guest.NoCPU]. The
	// task that runs a step is running; an idle task is while no other task runs there.
	CPUOf(guest.TaskID) guest.CPUID
	// WakeIdle has the idle task of a CPU, if it is running, go once through its loop
	// (wake_up_if_idle): at the end of it is [Model.IdlePass].
	WakeIdle(guest.CPUID)
	// Preempt returns the variable that holds the CPU's preempt count. Steps
	// write it; while it is not zero the machine takes no task off that CPU.
	Preempt(guest.CPUID) protocol.Var
	// Quiescence says how often a task has passed a point where it is in no
	// trampoline since it was born (it left its CPU voluntarily, or was in user
	// mode), and whether it is at such a point now. It is what Tasks RCU looks
	// at (kernel/rcu/tasks.h): a task that was preempted inside the stub is at
	// no such point.
	Quiescence(guest.TaskID) (passes uint64, now bool)
	// Now returns the virtual time.
	Now() guest.Time
	// Unwind replaces the content of the stack by the task's: all of it, or an
	// error that says why it is unreliable. The task is not running, or is the
	// one that runs the step and stands in a service function. That of an idle task
	// holds nothing of the guest's.
	Unwind(guest.TaskID, *unwind.Stack) error
	// SetIP redirects the stub that the task is in to body: it writes regs.ip of
	// the stub's frame. An error is the machine's to report; the handler then
	// leaves the original function in place.
	SetIP(task guest.TaskID, body guest.Addr) error
	// Log takes one line of the kernel log, without newline.
	Log(level Level, line string)
	// Fork puts a copy of a task on the task list, declares it with
	// [Model.TaskBorn], and lets it not run before WakeNew. The error says that the
	// machine has no room for it; then there is no copy.
	Fork(parent guest.TaskID) (child guest.TaskID, err error)
	// WakeNew lets a task that Fork has made run for the first time.
	WakeNew(guest.TaskID)
	// Kick prods a task that holds a transition up, as klp_send_signals does: a
	// kernel thread is woken from an interruptible sleep (wake_up_state), a user
	// task gets set_notify_signal, which wakes it or makes it pass the exit gate.
	Kick(guest.TaskID)
}

// Sites is what the model needs of the trampoline: the places in the text where
// functions can be redirected.
type Sites interface {
	// Find returns the site of the function that starts at fn, as
	// ftrace_location does. Sites are small numbers that mean the same site for
	// the whole of a run.
	Find(fn guest.Addr) (site int, ok bool)
	// Writer returns the table that installs and uninstalls a site: locals L0 the
	// site, L1 1 to install and 0 to uninstall. Its result is 0, or a negative
	// [Errno] as the steps of this package return it ([Errno.Result]).
	Writer() protocol.TableID
}

// Symbols is what the model needs to know of the symbols of the program and its
// modules: kallsyms. An object is a module's name, or "" for the program itself.
type Symbols interface {
	// Loaded reports whether the object is loaded and alive. The program is.
	Loaded(object string) bool
	// Occurrences returns the addresses of all symbols of that name in the
	// object, in the order of kallsyms.
	Occurrences(object, name string) []guest.Addr
	// Size returns the size in bytes of what starts at addr: the distance to the
	// next symbol, padding included, as kallsyms_lookup_size_offset does.
	Size(addr guest.Addr) (size uint64, ok bool)
	// Parts returns where the parts are that the compiler has moved away from the
	// function that starts at addr. The caller must not change the slice.
	Parts(addr guest.Addr) []guest.Range
}

// Needs is what a model is made of.
type Needs struct {
	Machine  Machine
	Sites    Sites
	Symbols  Symbols
	Observer Observer // nil: nobody is told
}
