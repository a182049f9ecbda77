package protocol

import (
	"encoding/binary"
	"fmt"
)

// Var is a variable of a [Store].
type Var uint32

// Access says how a step touches a variable, in the words of the Linux kernel
// memory model (tools/memory-model/Documentation/explanation.txt).
type Access uint8

// The kinds of access.
const (
	Plain   Access = iota // an ordinary C access
	Once                  // READ_ONCE or WRITE_ONCE
	RMW                   // an atomic read-modify-write, fully ordered
	Publish               // a release store (rcu_assign_pointer)
)

// String returns the kind's name in lower case.
func (a Access) String() string {
	switch a {
	case Plain:
		return "plain"
	case Once:
		return "once"
	case RMW:
		return "rmw"
	case Publish:
		return "publish"
	}
	return "access?"
}

// Observer is told of the accesses to a store, in their order. A method must not
// touch the store.
type Observer interface {
	// Wrote reports that v, which held old, now holds x.
	Wrote(v Var, kind Access, old, x uint64)
}

// Store holds the protocol variables of one machine: words with names. Every
// protocol variable lives here and nowhere else, so that a snapshot is a copy of
// the words and a memory model can stand under them later.
type Store struct {
	words []uint64
	names []string
	obs   []Observer
	reads *VarSet
}

// VarSet is a set of variables.
type VarSet struct{ has []bool }

// Has reports whether v is in the set.
func (s *VarSet) Has(v Var) bool { return int(v) < len(s.has) && s.has[v] }

// Clear empties the set.
func (s *VarSet) Clear() { s.has = s.has[:0] }

func (s *VarSet) add(v Var) {
	for int(v) >= len(s.has) {
		s.has = append(s.has, false)
	}
	s.has[v] = true
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{} }

// Declare adds a variable with its initial value. Names are for people; they
// should be unique, and nothing looks variables up by them.
func (s *Store) Declare(name string, initial uint64) Var {
	s.words = append(s.words, initial)
	s.names = append(s.names, name)
	return Var(len(s.words) - 1)
}

// Len returns the number of variables declared so far.
func (s *Store) Len() int { return len(s.words) }

// Name returns the name that v was declared with.
func (s *Store) Name(v Var) string { return s.names[v] }

// Observe adds an observer of all later writes.
func (s *Store) Observe(o Observer) { s.obs = append(s.obs, o) }

// Peek returns the value of v without an access: for reports and tests, never
// for a protocol's own decisions.
func (s *Store) Peek(v Var) uint64 { return s.words[v] }

// Read reads v.
func (s *Store) Read(v Var, _ Access) uint64 {
	if s.reads != nil {
		s.reads.add(v)
	}
	return s.words[v]
}

// TraceReads adds each variable that is read from now on to set, until it is
// called with nil. Read-modify-writes are not reads in this sense. It is how a
// memo of a table's answer learns which variables the answer rests on.
func (s *Store) TraceReads(set *VarSet) { s.reads = set }

// Write stores x in v.
func (s *Store) Write(v Var, kind Access, x uint64) {
	old := s.words[v]
	s.words[v] = x
	for _, o := range s.obs {
		o.Wrote(v, kind, old, x)
	}
}

// Swap stores x in v and returns what was there, as one atomic access.
func (s *Store) Swap(v Var, x uint64) uint64 {
	old := s.words[v]
	s.Write(v, RMW, x)
	return old
}

// Add adds d to v, as one atomic access, and returns the sum.
func (s *Store) Add(v Var, d uint64) uint64 {
	x := s.words[v] + d
	s.Write(v, RMW, x)
	return x
}

// Snapshot is the state of a store at one instant. The zero value is ready for
// [Store.Save]; saving again into the same value reuses its memory.
type Snapshot struct {
	words []uint64
	names []string
}

// Words returns the saved values in the order of declaration. The caller must
// not change them.
func (p *Snapshot) Words() []uint64 { return p.words }

// Save copies the store into p.
func (s *Store) Save(p *Snapshot) {
	p.words = append(p.words[:0], s.words...)
	p.names = s.names[:len(s.names):len(s.names)]
}

// Restore puts the state p back, declarations included: variables declared
// since p are gone. Observers stay and are not told; who derives something from
// the store must derive it anew.
func (s *Store) Restore(p *Snapshot) {
	s.words = append(s.words[:0], p.words...)
	s.names = p.names
}

// AppendState appends the values to dst.
func (s *Store) AppendState(dst []byte) []byte {
	for _, w := range s.words {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// String lists the variables and their values, one per line.
func (s *Store) String() string {
	var out []byte
	for i, w := range s.words {
		out = fmt.Appendf(out, "%s = %d\n", s.names[i], int64(w))
	}
	return string(out)
}
