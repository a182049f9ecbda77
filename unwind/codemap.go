package unwind

import (
	"fmt"
	"slices"
	"sort"

	"patchlab/guest"
)

// Func is what is known about the text of one function.
type Func struct {
	Name  string
	Range guest.Range
	// Frames says that the function is known to keep frames: at each of its
	// calls, and at each place in it where a task can stop by itself, rbp holds
	// the address of {the caller's rbp, return address}.
	Frames bool
	// Why says why Frames is false, such as "calls at f+0x4 without a frame".
	Why string
	// Stops are the addresses, in rising order, at which a task that stopped by
	// itself can stand: the byte behind the syscall of a service function, the
	// hook of the shim.
	Stops []guest.Addr
	// Windows are the instructions that change what a walk of the stack finds, in
	// rising order. Of a function that could not be followed, that is every one.
	Windows []Window
	// Begins says that threads of a process begin in it. What it has called near the
	// beginning of a thread's stack is the end of the stack; further out nothing of the
	// program's is live.
	Begins bool
	// Stub marks the stub that patch sites call. The frame that returns into it
	// lies below the two that the stub lays down: one that returns into the
	// patched function (to the byte behind its site, before it has a frame of
	// its own), one that returns into that function's caller.
	Stub bool
}

// StopsAt reports whether a task that stopped by itself can stand at a.
func (f *Func) StopsAt(a guest.Addr) bool {
	_, found := slices.BinarySearch(f.Stops, a)
	return found
}

// CodeMap is the text of the kernel that is loaded: every function of program,
// modules and trampolines, each once. It is made from what is loaded and changes
// only when a module comes or goes. The zero value has no end of stack: use
// [NewCodeMap].
type CodeMap struct {
	gate  guest.Addr
	funcs []Func          // sorted by Range.Start, no two overlap
	memo  [memoSize]found // of lookups in funcs, forgotten when it changes
}

// found is one remembered lookup; fn is nil where there is no function. Entry 0
// of the zero value says rightly that there is none at address 0 as long as
// [CodeMap.Add] takes none.
type found struct {
	addr guest.Addr
	fn   *Func
}

const (
	memoBits = 9
	memoSize = 1 << memoBits
)

// NewCodeMap returns a map without functions. gate is the return address that
// ends a call from the machine into guest code: it stands at the end of every
// stack, and it is text only there.
func NewCodeMap(gate guest.Addr) *CodeMap { return &CodeMap{gate: gate} }

// Gate returns the return address at the end of every stack.
func (m *CodeMap) Gate() guest.Addr { return m.gate }

// Add adds functions, in any order: all of them, or none and an error that names
// the function in the way. The map keeps copies; Stops and Windows are not copied.
func (m *CodeMap) Add(funcs ...Func) error {
	all := slices.Concat(m.funcs, funcs)
	slices.SortStableFunc(all, func(a, b Func) int {
		if a.Range.Start < b.Range.Start {
			return -1
		}
		if a.Range.Start > b.Range.Start {
			return 1
		}
		return 0
	})
	for i, f := range all {
		switch {
		case f.Name == "":
			return fmt.Errorf("code map: function at %s has no name", f.Range)
		case f.Range.Start == 0 || f.Range.Start >= f.Range.End:
			return fmt.Errorf("code map: %s has no text at %s", f.Name, f.Range)
		case f.Range.Contains(m.gate):
			return fmt.Errorf("code map: %s at %s holds the gate's return address %s", f.Name, f.Range, m.gate)
		case i > 0 && all[i-1].Range.Overlaps(f.Range):
			return fmt.Errorf("code map: %s at %s overlaps %s at %s", f.Name, f.Range, all[i-1].Name, all[i-1].Range)
		}
	}
	m.set(all)
	return nil
}

// Remove removes the functions in r: the text of a module that goes. A function
// that lies only partly in r is an error, and nothing is removed then.
func (m *CodeMap) Remove(r guest.Range) error {
	kept := make([]Func, 0, len(m.funcs))
	for _, f := range m.funcs {
		if !r.Overlaps(f.Range) {
			kept = append(kept, f)
		} else if !r.Covers(f.Range) {
			return fmt.Errorf("code map: %s at %s lies only partly in %s", f.Name, f.Range, r)
		}
	}
	m.set(kept)
	return nil
}

func (m *CodeMap) set(funcs []Func) {
	m.funcs = funcs
	clear(m.memo[:])
}

// Funcs returns the functions in the order of their addresses. They belong to m
// and are valid until it changes.
func (m *CodeMap) Funcs() []Func { return m.funcs }

// Find returns the function that a lies in, or nil. It belongs to m and is valid
// until m changes. For a return address ask with the byte before it.
func (m *CodeMap) Find(a guest.Addr) *Func {
	// Stacks hold the same few addresses again and again; the multiplier is
	// 2^64 over the golden ratio, which spreads neighbours.
	e := &m.memo[uint64(a)*0x9e3779b97f4a7c15>>(64-memoBits)]
	if e.addr == a {
		return e.fn
	}
	*e = found{a, m.search(a)}
	return e.fn
}

func (m *CodeMap) search(a guest.Addr) *Func {
	i := sort.Search(len(m.funcs), func(i int) bool { return m.funcs[i].Range.End > a })
	if i < len(m.funcs) && m.funcs[i].Range.Contains(a) {
		return &m.funcs[i]
	}
	return nil
}

// Text names the address of f for a reader, such as "f+0x12", "gate", or the bare
// address when it is not text.
func (m *CodeMap) Text(f Frame) string {
	if f.Addr == m.gate {
		return "gate"
	}
	if fn := m.Find(f.Lookup()); fn != nil {
		return fmt.Sprintf("%s+%#x", fn.Name, uint64(f.Addr-fn.Range.Start))
	}
	return f.Addr.String()
}

// Unreliable returns the error for r about the address of f, with the name of
// the function that it lies in.
func (m *CodeMap) Unreliable(r Reason, f Frame) *Error {
	e := &Error{Reason: r, Addr: f.Addr}
	if f.Addr == m.gate {
		e.Func = "gate"
	} else if fn := m.Find(f.Lookup()); fn != nil {
		e.Func, e.Off = fn.Name, uint64(f.Addr-fn.Range.Start)
		if r == NoFrames {
			e.Detail = fn.Why
		}
	}
	return e
}
