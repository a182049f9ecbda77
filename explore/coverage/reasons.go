package coverage

import (
	"slices"

	"patchlab/guest"
	"patchlab/livepatch"
)

// Facts are what is known of a search before it begins.
type Facts struct {
	// What commands of the script do that is searched: load a patch, write to enabled, turn
	// a transition back by that, load one in vain.
	Enables, Writes, Reverses, Cancels bool
	// Alone says that one command of the script begins something, and nothing is under way
	// before it.
	Alone bool
	// Patching and Unpatching say that there can be transitions in this direction.
	Patching, Unpatching bool
	// Interrupts says that interrupts take tasks off their CPUs in the kernel.
	Interrupts bool
	// Patches is how many patches there are; Replaces and Callbacks say whether one of
	// them takes the place of all others, and has callbacks.
	Patches             int
	Replaces, Callbacks bool
	// Replaced are the functions that patches replace.
	Replaced []guest.Addr
	// Users says that there are tasks with a user mode.
	Users bool
	// Forks, Rescheds and Sleeps say that kernel code of the program, or of a patch,
	// calls pl_fork, pl_cond_resched, and pl_sleep or pl_wait.
	Forks, Rescheds, Sleeps bool
}

// spot is a cell, taken apart.
type spot struct {
	*position
	place  int // places for a step
	out    bool
	stage  livepatch.Stage
	left   int // the state of the side that is left; -2 outside of a transition
	target int
	state  int
}

// in reports whether the spot is a step of a table, one of those named if any are.
func (c *spot) in(table string, steps ...string) bool {
	return c.table == table && (len(steps) == 0 || slices.Contains(steps, c.name))
}

func (c *spot) at(stages ...livepatch.Stage) bool { return !c.out && slices.Contains(stages, c.stage) }

// reason says why cells cannot be visited.
type reason struct {
	text string
	is   func(s *Space, c *spot) bool
}

// reasons are tried in this order. Each is a claim about the model that a search which
// visits such a cell disproves.
var reasons = []reason{
	{"no command leads to a transition in this direction", func(s *Space, c *spot) bool {
		return !c.out && (c.target == 1 && !s.facts.Patching || c.target == 0 && !s.facts.Unpatching)
	}},
	{"no command turns a transition back", func(s *Space, c *spot) bool {
		return !s.facts.Reverses && (c.at(livepatch.Reversing) || c.in("write enabled", "P.reversing", "P.lock_unflag",
			"P.unflag[T]", "P.unlock_unflag", "sync_reverse", "P.enabled_reverse", "P.target_reverse", "wmb_reverse", "P.start_reverse"))
	}},
	{"no command loads a patch that is refused", func(s *Space, c *spot) bool {
		return !s.facts.Cancels && (c.at(livepatch.Canceling) || c.in("enable", "P.fail", "P.target_cancel", "P.cancel", "P.free") ||
			c.in("patch object", "P.undo[o]", "P.undone[o]") || c.in("unpatch objects") && c.at(livepatch.Initializing))
	}},
	{"no command starts this", func(s *Space, c *spot) bool {
		return !s.facts.Enables && (c.in("enable") || c.in("patch object")) || !s.facts.Writes && c.in("write enabled") ||
			c.in("write force") || c.in("operator waits")
	}},
	{"no patch replaces all others", func(s *Space, c *spot) bool {
		return !s.facts.Replaces && c.in("try complete transition", "P.replaced[p]", "P.replaced_next", "P.unpatch_nops", "P.discard_nops")
	}},
	{"no patch has callbacks", func(s *Space, c *spot) bool {
		return !s.facts.Callbacks && (c.name == "P.post_next" || c.name == "P.pre_unpatch_next")
	}},
	{"the search interrupts nobody in the kernel", func(s *Space, c *spot) bool {
		return !s.facts.Interrupts && c.place >= cutOff && c.place < places
	}},
	{"nobody returns to user mode", func(s *Space, c *spot) bool { return !s.facts.Users && c.in("exit gate") }},
	{"nobody forks", func(s *Space, c *spot) bool { return !s.facts.Forks && (c.in("fork") || c.place == unborn) }},
	{"nobody calls cond_resched", func(s *Space, c *spot) bool { return !s.facts.Rescheds && c.in("scheduler hook") }},
	{"nobody sleeps in the kernel", func(s *Space, c *spot) bool {
		return !s.facts.Sleeps && c.place >= asleep && c.place < asleep+3
	}},
	{"outside of a transition nobody has a side", func(_ *Space, c *spot) bool { return c.out && c.state != -1 }},
	{"in a transition everybody has a side", func(_ *Space, c *spot) bool {
		return c.state == -1 && c.at(livepatch.Starting, livepatch.Reversing, livepatch.Canceling)
	}},
	{"nobody is switched before the tasks are flagged", func(_ *Space, c *spot) bool {
		return c.at(livepatch.Initializing) && c.state == c.target || c.at(livepatch.Canceling) && c.state == 1
	}},
	{"it completes when nobody is on the side that is left", func(_ *Space, c *spot) bool {
		return c.at(livepatch.Completing) && c.state == c.left
	}},
	{"this step is of another phase: the phase changes by these steps, and not while klp_mutex is held", otherPhase},
	{"the one command of the script comes first, and then only the worker looks again", func(s *Space, c *spot) bool {
		return s.facts.Alone && (!c.out && (c.in("enable", "P.check", "P.lock", "P.init", "P.busy") || c.in("write enabled", "P.lock", "P.choose")) ||
			!c.at(livepatch.Starting) && c.in("transition work", "W.sleep", "W.woken", "W.again", "W.take", "P.lock", "W.attempt"))
	}},
	{"the worker is asleep until the first attempt, which switches it", func(s *Space, c *spot) bool {
		return s.facts.Alone && c.at(livepatch.Starting) && c.state == c.left && c.in("transition work",
			"W.sleep", "W.woken", "W.again", "W.take", "P.lock", "W.attempt")
	}},
	{"the loop that gives or takes the sides of all tasks is ahead, or behind", loopOverSides},
	{"no function of the program has a call to the stub yet", func(s *Space, c *spot) bool {
		return s.facts.Patches == 1 && s.facts.Enables && c.target == 1 && c.at(livepatch.Initializing) && c.state == -1 &&
			(c.in("handler") || c.place == inStub)
	}},
	{"without the only patch there is nothing to go to", func(s *Space, c *spot) bool {
		return s.facts.Patches == 1 && c.state == 0 && c.in("handler", "H.set_ip")
	}},
	{"functions are taken out by unpatching only", func(s *Space, c *spot) bool {
		return !s.facts.Replaces && c.target == 1 && c.at(livepatch.Completing) && (c.in("unpatch objects") || c.in("text") ||
			c.in("write site") || c.in("try complete transition", "P.unpatch", "sync_complete_unpatch"))
	}},
	{"functions are put in by patching only", func(_ *Space, c *spot) bool {
		return c.target == 0 && c.at(livepatch.Initializing) && (c.in("patch object") || c.in("text") || c.in("write site") || c.in("enable"))
	}},
	{"a task that is flagged holds the transition up", flaggedHolds},
	{"who reads that a function is in transition has a side", func(_ *Space, c *spot) bool {
		return c.in("handler", "H.rmb_state", "H.state") && c.state == -1
	}},
	{"a body is of the side that its task is on", otherSide},
	{"nobody but an attempt switches the operator, and it comes later", func(s *Space, c *spot) bool {
		return !s.facts.Reverses && c.at(livepatch.Starting) && c.state == c.target &&
			(c.in("start transition") || c.in("enable", "P.enabled", "P.attempt") || c.in("write enabled", "P.enabled", "P.attempt"))
	}},
	{"an attempt switches who makes it", func(s *Space, c *spot) bool {
		return c.at(livepatch.Starting) && c.state == c.left && (c.in("try complete transition", "P.unlock_try", "P.swappers_try", "P.decide",
			"P.signal_due", "P.lock_signal", "P.signal[T]", "P.unlock_signal", "P.count", "P.rearm", "P.hook_off", "P.completing") ||
			c.in("transition work", "W.unlock") || !s.facts.Reverses && (c.in("enable", "P.unlock") || c.in("write enabled", "P.disabled", "P.unlock")))
	}},
}

// otherPhase: the step belongs to phases that this is none of.
func otherPhase(_ *Space, c *spot) bool {
	at := idle
	if !c.out {
		at = 1 << c.stage
	}
	return c.when != 0 && c.when&at == 0
}

// loopOverSides: the operator is among the tasks that P.state[T] and P.idle[T] go through.
func loopOverSides(_ *Space, c *spot) bool {
	switch {
	case c.at(livepatch.Initializing) && c.state == -1:
		return c.when != 0 && !c.in("init transition", "P.lock_state", "P.state[T]") && !c.in("transition work")
	case c.at(livepatch.Initializing):
		return c.in("init transition", "P.lock_state")
	case c.at(livepatch.Completing) && c.state == -1:
		return c.when != 0 && !c.in("try complete transition", "P.idle[T]", "P.unlock_idle", "P.swappers_idle", "P.post[o]", "P.post_next", "P.complete") &&
			!c.in("transition work")
	case c.at(livepatch.Completing):
		return c.in("try complete transition", "P.unlock_idle", "P.swappers_idle", "P.post[o]", "P.post_next", "P.complete")
	}
	return false
}

// flaggedHolds: at the exit gate, and behind the first look of the scheduler hook, a task is
// flagged and on the side that is left. It runs, so nothing else switches it, and the
// transition cannot complete.
func flaggedHolds(s *Space, c *spot) bool {
	if s.facts.Reverses || s.facts.Cancels {
		return false
	}
	// An interrupt can come between S.flag and S.flag2.
	hook := !s.facts.Interrupts && c.in("scheduler hook", "S.flag2", "rmb_sched", "S.try")
	return (hook || c.in("exit gate")) && !(c.at(livepatch.Starting) && c.state == c.left)
}

// otherSide: with one patch the original is the side of state 0, and the replacement that
// of state 1; without a state there is one of them only, once a transition is complete.
func otherSide(s *Space, c *spot) bool {
	if c.place < running || c.place >= places || s.facts.Patches != 1 {
		return false
	}
	switch (c.place - running) % 3 {
	case original:
		return c.state == 1 || c.state == -1 && (c.target == 1 && c.at(livepatch.Completing) || c.target == 0 && c.at(livepatch.Initializing))
	case replacement:
		return c.state == 0 || c.state == -1 && (c.target == 0 && c.at(livepatch.Completing) || c.target == 1 && c.at(livepatch.Initializing))
	}
	return false
}

// reason returns the number of the first reason that a cell cannot be visited for, plus 1,
// or 0.
func (s *Space) reason(cell int) uint8 {
	i, ph, state := split(cell)
	c := &spot{position: &s.positions[i], place: min(i, places), out: ph == outside, left: -2, target: -2, state: state}
	if !c.out {
		stage, target := stageOf(ph)
		c.stage, c.target, c.left = stage, int(target), 1-int(target)
	}
	for i := range reasons {
		if reasons[i].is(s, c) {
			return uint8(i + 1)
		}
	}
	return 0
}
