package lab

import (
	"slices"

	"patchlab/livepatch"
	"patchlab/trampoline"
)

// companion is what the laboratory keeps besides the machine, as part of the machine's
// snapshots.
type companion struct{ l *Lab }

// labState is what a snapshot keeps of a laboratory.
type labState struct {
	model   livepatch.Snapshot
	sites   trampoline.SitesSnapshot
	modules []*module
	hooked  []int
	windows *windows
	counts  countState
	// witnesses is what each witness has saved.
	witnesses []any
}

// Save implements [emu.Companion].
func (c companion) Save(old any) any {
	s, ok := old.(*labState)
	if !ok {
		s = &labState{}
	}
	l := c.l
	l.Model.Save(&s.model)
	l.Sites.Save(&s.sites)
	s.modules, s.hooked, s.windows = l.modules, l.hooked, l.windows
	s.counts = l.counts.state
	s.counts.mixes = slices.Clip(s.counts.mixes)
	for len(s.witnesses) < len(l.witnesses) {
		s.witnesses = append(s.witnesses, nil)
	}
	for i, w := range l.witnesses {
		s.witnesses[i] = w.Save(s.witnesses[i])
	}
	return s
}

// Restore implements [emu.Companion].
func (c companion) Restore(state any) error {
	s, l := state.(*labState), c.l
	l.Model.Restore(&s.model)
	l.Sites.Restore(&s.sites)
	l.counts.state = s.counts
	l.hooked, l.windows = s.hooked, s.windows
	for i, w := range l.witnesses {
		if err := w.Restore(s.witnesses[i]); err != nil {
			return err
		}
	}
	if slices.Equal(l.modules, s.modules) {
		return nil
	}
	for _, m := range l.modules {
		if !slices.Contains(s.modules, m) {
			if err := l.Code.Remove(m.linked.Range); err != nil {
				return err
			}
		}
	}
	for _, m := range s.modules {
		if !slices.Contains(l.modules, m) {
			if err := l.Code.Add(m.known...); err != nil {
				return err
			}
		}
	}
	l.modules = s.modules
	return nil
}
