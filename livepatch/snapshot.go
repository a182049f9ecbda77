package livepatch

import "patchlab/guest"

// Snapshot is the state of a model at one instant, without the store's, which is saved
// beside it. The zero value is ready for [Model.Save]; saving again into the same value
// reuses its memory.
type Snapshot struct{ run run }

// Save copies the state of the model into p.
func (m *Model) Save(p *Snapshot) { p.run.copy(&m.run) }

// Restore puts the state p back; the store is restored to the same
// instant. It allocates nothing when nothing was added since.
func (m *Model) Restore(p *Snapshot) { m.run.copy(&p.run) }

// copy makes r equal to from, in r's own memory.
func (r *run) copy(from *run) {
	r.patches = append(r.patches[:0], from.patches...)
	r.objects = append(r.objects[:0], from.objects...)
	r.funcs = append(r.funcs[:0], from.funcs...)
	r.states = append(r.states[:0], from.states...)
	r.list = append(r.list[:0], from.list...)
	r.ops = append(r.ops[:0], from.ops...)
	r.bySite = append(r.bySite[:0], from.bySite...)
	r.tasks = append(r.tasks[:0], from.tasks...)
	r.idles = append(r.idles[:0], from.idles...)
	r.attempt, r.warned, r.stage = from.attempt, from.warned, from.stage
}

// AppendState appends what the model's future depends on and is not in the store: equal
// bytes, of equal stores, mean equal futures. Times, records of checks and switches and
// other things that only tell of the past are left out.
func (m *Model) AppendState(dst []byte) []byte {
	dst = append(dst, byte(len(m.patches)), byte(len(m.list)))
	for _, id := range m.list {
		dst = append(dst, byte(id))
	}
	for i := range m.patches {
		p := &m.patches[i]
		dst = append(dst, bits(p.listed, p.moduleGet, p.forced))
	}
	for i := range m.objects {
		o := &m.objects[i]
		dst = append(dst, bits(o.loaded, o.postUnpatch))
	}
	for i := range m.tasks {
		t := &m.tasks[i]
		passed := false
		if t.holdout {
			passes, _ := m.machine.Quiescence(guest.TaskID(i))
			passed = passes != t.passes
		}
		dst = append(dst, bits(t.live, t.holdout, passed))
	}
	return append(dst, byte(m.warned))
}

func bits(on ...bool) (b byte) {
	for i, x := range on {
		if x {
			b |= 1 << i
		}
	}
	return b
}
