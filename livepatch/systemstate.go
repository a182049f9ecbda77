package livepatch

// compatible is klp_is_patch_compatible (kernel/livepatch/state.c): a patch may only
// leave a system state of an installed patch out if it does not replace that patch, and
// may not bring an older version of it.
func (m *Model) compatible(id PatchID) bool {
	for _, old := range m.list {
		for _, state := range m.statesOf(old) {
			if !m.compatibleState(id, state) {
				return false
			}
		}
	}
	return true
}

func (m *Model) compatibleState(id PatchID, old State) bool {
	for _, state := range m.statesOf(id) {
		if state.ID == old.ID {
			return state.Version >= old.Version
		}
	}
	return !m.patches[id].replace
}

func (m *Model) statesOf(id PatchID) []State {
	p := &m.patches[id]
	return m.states[p.states:][:p.nstat]
}
