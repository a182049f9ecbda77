package count

import (
	"encoding/binary"
	"math/big"
)

// paths returns in how many orders all steps of a program can be carried out. With
// reduce it counts only those that sleep sets leave: one for each class, the first in
// the order of threads. It returns nil when the limits stop it.
//
// All beginnings with k steps are kept in one layer, merged by state and sleep set, with
// the number of ways into each; the layer after it holds those with k+1.
func paths(c *code, reduce bool, m *meter) *big.Int {
	w := &walk{layout: newLayout(c, false), reduce: reduce, meter: m, total: new(big.Int)}
	now, after := w.newLayer(), w.newLayer()
	if !w.enter(now, append(w.start(), make([]byte, 8)...), big.NewInt(1)) {
		return nil
	}
	for now.states.n > 0 {
		for n := range now.states.n {
			if !w.expand(now.states.row(n), now.ways[n], after) {
				return nil
			}
		}
		now, after = after, now
		after.states.reset()
		after.ways = after.ways[:0]
	}
	return w.total
}

// walk is one run of paths.
type walk struct {
	*layout
	reduce bool
	meter  *meter
	total  *big.Int
	row    []byte // the state being made
}

// layer holds states, each with the sleep set behind it in 8 bytes, and the number of
// ways into each.
type layer struct {
	states *set
	ways   []*big.Int
}

func (w *walk) newLayer() *layer { return &layer{states: newSet(w.size + 8)} }

// expand takes each step that is to be taken in a state. It returns false when the
// limits stop it.
func (w *walk) expand(row []byte, ways *big.Int, after *layer) bool {
	enabled := w.enabled(row)
	asleep := binary.LittleEndian.Uint64(row[w.size:])
	for awake := enabled &^ asleep; awake != 0; awake &= awake - 1 {
		t := first(awake)
		w.row = append(w.row[:0], row...)
		if w.reduce {
			binary.LittleEndian.PutUint64(w.row[w.size:], w.independent(row, asleep, t))
			asleep |= 1 << t
		}
		w.step(w.row, t)
		if !w.enter(after, w.row, ways) {
			return false
		}
	}
	return true
}

// independent returns those threads of a set whose next step does not conflict with
// that of thread t.
func (w *walk) independent(row []byte, set uint64, t int) uint64 {
	step := w.next(row, t)
	for rest := set; rest != 0; rest &= rest - 1 {
		if u := first(rest); dependent(step, w.next(row, u)) {
			set &^= 1 << u
		}
	}
	return set
}

// enter notes that there are ways more into a state. It returns false when the limits
// stop it.
func (w *walk) enter(to *layer, row []byte, ways *big.Int) bool {
	enabled := w.enabled(row)
	if enabled == 0 {
		w.total.Add(w.total, ways)
		return true
	}
	if asleep := binary.LittleEndian.Uint64(row[w.size:]); enabled&^asleep == 0 {
		return true // the same classes are counted elsewhere
	}
	n, isNew := to.states.add(row)
	if !isNew {
		to.ways[n].Add(to.ways[n], ways)
		return true
	}
	to.ways = append(to.ways, new(big.Int).Set(ways))
	return w.meter.take()
}
