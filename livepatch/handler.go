package livepatch

import "patchlab/protocol"

// Locals of the handler.
const (
	hSite       = 0 // the site
	hAnswer     = 1 // 1: only answer, as Route wants it; do not redirect
	hFunc       = 2 // a reference to the function that is looked at
	hTransition = 3 // its transition, as read
	hState      = 4 // the task's patch_state, as read
)

// handlerTable is klp_ftrace_handler (kernel/livepatch/patch.c). From H.trylock to
// H.unlock the CPU cannot be preempted, so nobody can switch the task there. In the
// kernel the recursion bit is cleared behind the point where unlocking may reschedule;
// here both are one step, as the bit belongs to the task alone.
func (m *Model) handlerTable() *protocol.Table {
	return &protocol.Table{Name: "handler", Steps: []protocol.Step{
		{Name: "H.trylock", Do: m.handlerTrylock},
		{Name: "H.front", Do: m.handlerFront},
		protocol.Fence("H.rmb_front"),
		{Name: "H.transition", Do: m.handlerTransition},
		protocol.Fence("H.rmb_state"),
		{Name: "H.state", Do: m.handlerState},
		{Name: "H.pick", Do: m.handlerPick},
		{Name: "H.set_ip", Do: m.handlerSetIP},
		{Name: "H.unlock", Do: m.handlerUnlock},
	}}
}

// Places in the handler that steps go to.
const (
	stepPick   = 6
	stepUnlock = 8
)

func (m *Model) handlerTrylock(f *protocol.Frame) protocol.Next {
	t := m.mustTask(f.Actor)
	if m.store.Swap(t.recursion, 1) != 0 {
		m.warnOnce(warnRecursion, "klp_ftrace_handler: recursion in task %d", f.Actor)
		return protocol.Done()
	}
	m.preemptOff(f.Actor)
	return protocol.Continue()
}

func (m *Model) handlerFront(f *protocol.Frame) protocol.Next {
	head := uint64(0)
	if o := m.opsAt(int(f.L[hSite])); o != nil {
		head = m.store.Read(o.head, protocol.Once)
	}
	f.L[hFunc] = head
	if isHead(head) {
		m.warnOnce(warnEmptyStack, "klp_ftrace_handler: no function at site %d", f.L[hSite])
		return protocol.Goto(stepUnlock)
	}
	return protocol.Continue()
}

func (m *Model) handlerTransition(f *protocol.Frame) protocol.Next {
	f.L[hTransition] = m.store.Read(m.funcs[referee(f.L[hFunc])].transition, protocol.Plain)
	if f.L[hTransition] == 0 {
		return protocol.Goto(stepPick)
	}
	return protocol.Continue()
}

func (m *Model) handlerState(f *protocol.Frame) protocol.Next {
	f.L[hState] = m.store.Read(m.mustTask(f.Actor).state, protocol.Plain)
	if f.L[hState] == Idle {
		m.warnOnce(warnIdleState, "klp_ftrace_handler: task %d has no patch state during a transition", f.Actor)
	}
	return protocol.Continue()
}

// handlerPick makes the decision: the front entry, or the next one for a task that is
// still on the side without the patch.
func (m *Model) handlerPick(f *protocol.Frame) protocol.Next {
	if f.L[hTransition] != 0 && f.L[hState] == Unpatched {
		f.L[hFunc] = m.store.Read(m.funcs[referee(f.L[hFunc])].below, protocol.Once)
	}
	// The read tells who remembers the answer of a whole run that it rests on the flag.
	if m.breaks.switchInHandler && m.store.Read(m.mustTask(f.Actor).flag, protocol.Once) != 0 {
		m.updatePatchState(f.Actor, RuleHandler)
	}
	if isHead(f.L[hFunc]) || m.funcs[referee(f.L[hFunc])].nop {
		return protocol.Goto(stepUnlock)
	}
	return protocol.Continue()
}

func (m *Model) handlerSetIP(f *protocol.Frame) protocol.Next {
	body := m.funcs[referee(f.L[hFunc])].newFunc
	if f.L[hAnswer] == 0 && m.machine.SetIP(f.Actor, body) != nil {
		return protocol.Continue()
	}
	f.Result = uint64(body)
	return protocol.Continue()
}

func (m *Model) handlerUnlock(f *protocol.Frame) protocol.Next {
	m.preemptOn(f.Actor)
	m.store.Write(m.mustTask(f.Actor).recursion, protocol.Plain, 0)
	if m.options.UnlockMayReschedule {
		return protocol.Yield()
	}
	return protocol.Continue()
}
