package experiment

import (
	"sync/atomic"

	"patchlab/guest"
	"patchlab/lab"
)

// Progress says how far a run has come, to any goroutine. The zero value is ready.
type Progress struct {
	time  atomic.Int64
	steps atomic.Uint64
}

// Time returns the virtual time.
func (p *Progress) Time() guest.Time { return guest.Time(p.time.Load()) }

// Steps returns how many steps were made.
func (p *Progress) Steps() uint64 { return p.steps.Load() }

// set brings p, which may be nil, up to date.
func (p *Progress) set(l *lab.Lab) {
	if p != nil {
		p.time.Store(int64(l.Now()))
		p.steps.Store(l.Machine.Steps())
	}
}
