package livepatch

// Options change the model. The zero value is Linux 6.12 on a kernel whose
// handler cannot be rescheduled.
type Options struct {
	// UnlockMayReschedule lets a task be rescheduled where the handler switches
	// preemption back on, behind its decision and before the jump, as
	// preempt_enable_notrace does with CONFIG_PREEMPTION. Default: it goes on.
	UnlockMayReschedule bool
	// CheckDecided makes the check of a stack look at bodies that a handler has
	// decided on and that no word of the stack shows yet ([unwind.Decided]).
	// Default: like the kernel, which cannot see them, it does not.
	CheckDecided bool
	// CheckParts makes the check of a stack look for all of a function: also for the parts
	// of it that the compiler has moved away, and for the return address that a call as
	// its last instruction leaves, which lies behind it. Default: like the kernel, it
	// looks for what lies from the function's symbol to the next one.
	CheckParts bool
	// Breaks are deliberate faults, by the names of [BreakNames].
	Breaks []string
}
