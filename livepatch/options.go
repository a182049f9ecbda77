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
	// Breaks are deliberate faults, by the names of [BreakNames].
	Breaks []string
}
