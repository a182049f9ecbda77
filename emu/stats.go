package emu

// Stats is what a machine has done, counted. Nothing in a run depends on it.
type Stats struct {
	Turns        uint64 // runs of guest code
	Instructions uint64 // those that were counted
	Switches     uint64 // how often a task came on a CPU
	// Redirected counts calls that came to the handler, and Decided those for which it ran; the others had
	// the answer of an earlier one.
	Redirected, Decided uint64
	Snapshots           uint64 // taken so far, also by parts of the run that were taken back
}

// Stats returns what was counted so far. What a restore takes back does not count.
func (m *Machine) Stats() Stats {
	s := m.stats
	s.Snapshots = m.saves
	return s
}
