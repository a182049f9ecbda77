package explore

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"patchlab/guest"
	"patchlab/insn"
)

// memory is which instructions of the guest have accessed which pages, and for which
// tasks, in all runs of all systems of a subject. It only ever grows. What the machine
// itself reads and writes for a service is not in it: a service is a point of its own.
//
// A page is private to a task until another one comes there. A page that more than one
// task has accessed, and one has written, is shared: the order of the accesses to it may
// matter, so that each instruction that makes one has to be a point.
type memory struct {
	mu    sync.Mutex
	pages map[guest.Addr]*page
}

// page is what is known of one page.
type page struct {
	tasks   uint64 // bit id-1 for each task that was there; the last one for all behind it
	written bool
	by      map[guest.Addr]bool // the instructions
}

func newMemory() *memory { return &memory{pages: map[guest.Addr]*page{}} }

// add notes an access by a task, of the instruction at pc.
func (m *memory) add(id guest.TaskID, pc guest.Addr, a insn.Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for at := guest.PageDown(a.Range.Start); at < a.Range.End; at += guest.PageSize {
		p := m.pages[at]
		if p == nil {
			p = &page{by: map[guest.Addr]bool{}}
			m.pages[at] = p
		}
		p.tasks |= 1 << min(id-1, 63)
		p.written = p.written || a.Write
		p.by[pc] = true
	}
}

func (p *page) shared() bool { return p.written && bits.OnesCount64(p.tasks) > 1 }

// points returns the instructions that access shared pages, in rising order.
func (m *memory) points() []guest.Addr {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[guest.Addr]bool{}
	for _, p := range m.pages {
		if p.shared() {
			maps.Copy(all, p.by)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// shared returns the pages that are shared, in rising order.
func (m *memory) shared() []guest.Addr {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []guest.Addr
	for at, p := range m.pages {
		if p.shared() {
			list = append(list, at)
		}
	}
	slices.Sort(list)
	return list
}

// Memory is what a paranoid search has found out about the pages that tasks share.
type Memory struct {
	// Searches is how many searches were made: one more each time that a page turned out
	// to be shared, with the instructions that access it as points.
	Searches int
	// Pages are the shared pages, and Points the instructions that access them.
	Pages, Points []guest.Addr
	// Settled says that the last search was with all of these points.
	Settled bool
}

// String says it in one line.
func (m *Memory) String() string {
	if len(m.Pages) == 0 {
		return "memory: no page is accessed by more than one task and written"
	}
	var pages []string
	for _, a := range m.Pages {
		pages = append(pages, a.String())
	}
	s := fmt.Sprintf("memory: tasks share the page at %s, so that the instructions that access it (%d) are points",
		strings.Join(pages, " and at "), len(m.Points))
	if m.Settled {
		return fmt.Sprintf("%s; %d searches", s, m.Searches)
	}
	return s + "; not all of them were in this search"
}
