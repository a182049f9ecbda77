package livepatch

// Phase is where a patch stands in its life. The edges between phases are in
// states.dot.
//
//	absent      not in klp_patches: not enabled yet, refused, disabled or replaced
//	listed      in klp_patches, neither enabled nor in transition: on its way in or out
//	patching    in transition, tasks move to the patched side
//	patched     enabled, no transition of it
//	unpatching  in transition, tasks move to the unpatched side
type Phase uint8

// The phases.
const (
	PhaseAbsent Phase = iota
	PhaseListed
	PhasePatching
	PhasePatched
	PhaseUnpatching
)

// String returns the phase's name.
func (p Phase) String() string {
	switch p {
	case PhaseAbsent:
		return "absent"
	case PhaseListed:
		return "listed"
	case PhasePatching:
		return "patching"
	case PhasePatched:
		return "patched"
	case PhaseUnpatching:
		return "unpatching"
	}
	return "phase?"
}

// Phase returns where a patch stands.
func (m *Model) Phase(id PatchID) Phase {
	inTransition := m.store.Peek(m.vars.transitionPatch) == uint64(id)+1
	switch {
	case !m.patches[id].listed:
		return PhaseAbsent
	case inTransition && m.store.Peek(m.vars.target) == Patched:
		return PhasePatching
	case inTransition && m.store.Peek(m.vars.target) == Unpatched:
		return PhaseUnpatching
	case m.store.Peek(m.patches[id].enabled) != 0:
		return PhasePatched
	}
	return PhaseListed
}
