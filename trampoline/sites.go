package trampoline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/trampoline/prologue"
)

// State is the state of a site, as its variable in the protocol store holds it.
type State uint64

// The states of a site.
const (
	Off State = iota // the bytes are a nop
	On               // the bytes are a call to the stub
)

// Func is a function of the program or of a module.
type Func struct {
	Name  string
	Range guest.Range
}

// Site is a prepared site. It is immutable; whether it is installed is what its
// variable says.
type Site struct {
	prologue.Site
	Func  Func
	Var   protocol.Var // holds a [State]
	Index int          // what tables and routers call the site by
	// Removed says that the module of the site has been unloaded.
	Removed bool
}

// String writes the site as its function, the distance from there, and its
// address.
func (s *Site) String() string {
	return fmt.Sprintf("%s+%d at %s", s.Func.Name, s.At-s.Func.Range.Start, s.At)
}

// Sites are the sites of one machine: those of the program, and those of
// modules as they come and go. An index is never used again within a run.
type Sites struct {
	store *protocol.Store
	// cur is replaced and never changed, so that a snapshot can keep it.
	cur *index
}

// index is the immutable part of [Sites].
type index struct {
	sites    []Site
	byFunc   map[guest.Addr]entry // by the function's start and by the site
	byReturn map[guest.ReturnAddr]int
}

// entry is what is known of a function: its site, or why it has none.
type entry struct {
	site int
	err  *NoSiteError
}

// NewSites returns an empty collection whose states are variables of store.
func NewSites(store *protocol.Store) *Sites {
	return &Sites{store: store, cur: &index{}}
}

// Write is a change of text: the bytes b at At.
type Write struct {
	At    guest.Addr
	Bytes []byte
}

// Prepared is what [Sites.Prepare] has found.
type Prepared struct {
	// Sites are the indices of the new sites, in the order of their addresses.
	Sites []int
	// Nops are the writes that turn these sites off, for those that are not so
	// already. They have to be made before anything runs there.
	Nops []Write
}

// Prepare looks for the site of each function of a program or module that is
// being loaded, relocated and not yet running, and adds the sites that it
// finds, turned off. That a function has none is no error; [Sites.Find] says
// why when somebody wants it. Of several functions that start at one address
// the first by name gives the site its name. isFentry tells which addresses
// are profiling functions.
//
// recorded are the sites that the compiler says it has made, nil if it says
// nothing. Each has to be one that is found. A nop which is not among them is
// an ordinary instruction; a call of a profiling function is a site all the same.
//
// The error, upon which nothing is added, names the function: its text is not
// mapped, or it was prepared before; or it is a [*RecordError].
func (s *Sites) Prepare(text Reader, isFentry func(guest.Addr) bool, funcs []Func, recorded []guest.Addr) (Prepared, error) {
	program := prologue.Program{IsFentry: isFentry, ReadAt: text.ReadAt}
	next := s.cur.clone()
	var found Prepared
	funcs = inOrder(funcs)
	listed := set(recorded)
	for _, f := range funcs {
		start := f.Range.Start
		if e, known := next.byFunc[start]; known && e.err == nil && e.site >= s.Len() {
			continue // begins at the site of the function before, behind its endbr64
		} else if known {
			return Prepared{}, fmt.Errorf("function %s at %s is prepared already", f.Name, start)
		}
		code := make([]byte, min(f.Range.Size(), prologue.MaxCode))
		if err := text.ReadAt(start, code); err != nil {
			return Prepared{}, fmt.Errorf("function %s at %s: %w", f.Name, start, err)
		}
		site, err := prologue.Match(code, start, program)
		if err == nil && site.Prepared && recorded != nil && !listed[site.At] {
			err = ErrUnrecorded
		}
		if err != nil {
			next.byFunc[start] = entry{err: &NoSiteError{Name: f.Name, At: start, Err: err}}
			continue
		}
		found.Sites = append(found.Sites, next.add(Site{Site: site, Func: f}))
		if !site.Prepared {
			found.Nops = append(found.Nops, Write{site.At, site.Style.Nop(site)})
		}
	}
	if err := next.checkRecorded(funcs, recorded); err != nil {
		return Prepared{}, err
	}
	for _, i := range found.Sites {
		next.sites[i].Var = s.store.Declare("site "+next.sites[i].Func.Name, uint64(Off))
	}
	s.cur = next
	return found, nil
}

func set(addrs []guest.Addr) map[guest.Addr]bool {
	m := make(map[guest.Addr]bool, len(addrs))
	for _, a := range addrs {
		m[a] = true
	}
	return m
}

// checkRecorded wants each recorded site to be that of one of funcs, which are in order.
func (x *index) checkRecorded(funcs []Func, recorded []guest.Addr) error {
	for _, a := range recorded {
		i, _ := slices.BinarySearchFunc(funcs, a, func(f Func, a guest.Addr) int { return cmp.Compare(f.Range.End, a+1) })
		if i == len(funcs) || !funcs[i].Range.Contains(a) {
			return &RecordError{At: a}
		}
		f := funcs[i]
		switch e := x.byFunc[f.Range.Start]; {
		case e.err != nil:
			return &RecordError{At: a, Func: f, Err: e.err.Err}
		case x.sites[e.site].At != a:
			return &RecordError{At: a, Func: f, Err: fmt.Errorf("its site is at %s", x.sites[e.site].At)}
		}
	}
	return nil
}

// inOrder returns funcs sorted by address, one for each.
func inOrder(funcs []Func) []Func {
	sorted := slices.SortedFunc(slices.Values(funcs), func(a, b Func) int {
		return cmp.Or(cmp.Compare(a.Range.Start, b.Range.Start), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(sorted, func(a, b Func) bool { return a.Range.Start == b.Range.Start })
}

func (x *index) clone() *index {
	c := &index{sites: slices.Clone(x.sites), byFunc: maps.Clone(x.byFunc), byReturn: maps.Clone(x.byReturn)}
	if c.byFunc == nil {
		c.byFunc, c.byReturn = map[guest.Addr]entry{}, map[guest.ReturnAddr]int{}
	}
	return c
}

func (x *index) add(s Site) int {
	s.Index = len(x.sites)
	x.sites = append(x.sites, s)
	x.byFunc[s.Func.Range.Start] = entry{site: s.Index}
	x.byFunc[s.At] = entry{site: s.Index}
	x.byReturn[s.Return()] = s.Index
	return s.Index
}

// Remove forgets the functions of a module that is being unloaded and had its
// code in r. Their sites keep their indices, for reports.
func (s *Sites) Remove(r guest.Range) {
	next := s.cur.clone()
	maps.DeleteFunc(next.byFunc, func(a guest.Addr, _ entry) bool { return r.Contains(a) })
	maps.DeleteFunc(next.byReturn, func(a guest.ReturnAddr, _ int) bool { return r.Contains(a.CallSite()) })
	for i := range next.sites {
		if r.Contains(next.sites[i].At) {
			next.sites[i].Removed = true
		}
	}
	s.cur = next
}

// Find returns the site of the function that starts at fn; like ftrace_location
// of the Linux kernel it takes the address of the site itself as well. The
// error is a [*NoSiteError].
func (s *Sites) Find(fn guest.Addr) (int, error) {
	e, ok := s.cur.byFunc[fn]
	if !ok {
		return 0, &NoSiteError{At: fn, Err: prologue.ErrNoSite}
	}
	if e.err != nil {
		return 0, e.err
	}
	return e.site, nil
}

// ByReturn returns the site that has left the return address r. It is asked
// whenever a redirected function is entered: one lookup, no allocation.
func (s *Sites) ByReturn(r guest.ReturnAddr) (int, bool) {
	i, ok := s.cur.byReturn[r]
	return i, ok
}

// Len returns the number of sites, removed ones included.
func (s *Sites) Len() int { return len(s.cur.sites) }

// Site returns the site with that index, which must be one.
func (s *Sites) Site(i int) *Site { return &s.cur.sites[i] }

// State returns the state of a site, for reports.
func (s *Sites) State(i int) State { return State(s.store.Peek(s.cur.sites[i].Var)) }

// SitesSnapshot remembers which sites there are.
type SitesSnapshot struct{ cur *index }

// Save stores in p which sites there are. Their states are saved with the
// store.
func (s *Sites) Save(p *SitesSnapshot) { p.cur = s.cur }

// Restore puts back what was saved, together with the store as it was then.
func (s *Sites) Restore(p *SitesSnapshot) { s.cur = p.cur }
