package protocol

import (
	"encoding/binary"

	"patchlab/guest"
)

// Op says what a step asks of the machine.
type Op uint8

// The operations. [OpNext], [OpGoto], [OpCall] and [OpDone] are carried out by
// [Program.Step]; the machine sees them only as the report of what happened.
const (
	OpNext  Op = iota // go on with the step below
	OpGoto            // go on with another step of the table
	OpCall            // run another table, then go on with the step below
	OpDone            // the table is finished
	OpWait            // run this step again once a variable was written
	OpSleep           // go on with the step below once a time is reached, or the task is woken
	OpYield           // go on with the step below; the task may be rescheduled here without a register frame
	OpGuest           // call a guest function on the task's kernel stack, then go on with the step below
)

// Next is a step's answer: what to do then. It is small enough to be returned in
// registers, since the handler's steps are on the path of every redirected call;
// what needs more words is left in the frame.
type Next struct {
	op Op
	n  uint32 // OpGoto: index of the step; OpCall: the table; OpWait: the variable
}

// Continue goes on with the step below.
func Continue() Next { return Next{} }

// Goto goes on with the step of that index in the same table.
func Goto(step int) Next { return Next{op: OpGoto, n: uint32(step)} }

// Done finishes the table.
func Done() Next { return Next{op: OpDone} }

// Wait runs the same step again once v was written.
func Wait(v Var) Next { return Next{op: OpWait, n: uint32(v)} }

// Yield goes on with the step below and lets the machine reschedule the task
// before it, as a voluntary switch.
func Yield() Next { return Next{op: OpYield} }

// Sleep puts the task to sleep until t and goes on with the step below.
func (f *Frame) Sleep(t guest.Time) Next {
	f.asks[0] = uint64(t)
	return Next{op: OpSleep}
}

// Call runs another table with up to three words as its first locals, then goes on
// with the step below.
func (f *Frame) Call(id TableID, locals ...uint64) Next {
	f.asks = [4]uint64{}
	copy(f.asks[1:], locals)
	return Next{op: OpCall, n: uint32(id)}
}

// Guest calls the guest function fn with up to three arguments, then goes on with
// the step below, which there must be; the function's result is then in the frame's
// Result.
func (f *Frame) Guest(fn guest.Addr, args ...uint64) Next {
	f.asks = [4]uint64{uint64(fn)}
	copy(f.asks[1:], args)
	return Next{op: OpGuest}
}

// Request is what a step asked for, for the machine to carry out.
type Request struct {
	Op    Op
	Var   Var        // OpWait: the variable
	Until guest.Time // OpSleep: the time
	Fn    guest.Addr // OpGuest: the function
	Args  [3]uint64  // OpGuest: its first arguments
}

// request makes the machine's request of a step's answer.
func (f *Frame) request(n Next) Request {
	r := Request{Op: n.op}
	switch n.op {
	case OpWait:
		r.Var = Var(n.n)
	case OpSleep:
		r.Until = guest.Time(f.asks[0])
	case OpGuest:
		r.Fn = guest.Addr(f.asks[0])
		r.Args = [3]uint64(f.asks[1:])
	}
	return r
}

// Step is one indivisible action of a protocol.
type Step struct {
	// Name is what schedules and reports call the point before this step, such
	// as "H.front".
	Name string
	// Do carries the step out. It may touch the store and the frame and call
	// services that do not run guest code.
	Do func(f *Frame) Next
}

// Fence returns a step that is a memory barrier. In a machine that runs one
// step at a time it orders nothing by itself; it is there to be named, removed
// and modelled.
func Fence(name string) Step {
	return Step{Name: name, Do: func(*Frame) Next { return Continue() }}
}

// Table is a protocol: steps in order, of which there is at least one. It ends
// with [Done] or behind its last step, and is immutable once added to a
// [Program].
type Table struct {
	Name  string
	Steps []Step
}

// TableID names a table of a [Program].
type TableID uint8

// Locals is the number of words of locals that a frame has.
const Locals = 8

// Frame is one running table: a value without pointers.
type Frame struct {
	Actor  guest.TaskID   // the task that runs it
	Table  TableID        //
	Step   uint16         // the step that runs next
	L      [Locals]uint64 // locals; each table documents its own
	Result uint64         // what the last guest function or called table returned
	asks   [4]uint64      // what the step that ran last asked for, beyond its Next
}

// maxDepth bounds how deeply tables call each other: operator command, module
// coming, enable, patch function, text writer; one more to spare.
const maxDepth = 6

// Activation is the protocol state of one task: the tables that it is in,
// innermost last. The zero value is idle.
type Activation struct {
	frames [maxDepth]Frame
	depth  uint8
	last   uint64 // what the outermost table returned last
}

// LastResult returns what the last outermost table that ended has returned.
func (a *Activation) LastResult() uint64 { return a.last }

// AppendState appends the activation to dst: equal bytes mean equal activations.
func (a *Activation) AppendState(dst []byte) []byte {
	dst = append(dst, a.depth)
	for i := range a.frames[:a.depth] {
		f := &a.frames[i]
		dst = append(dst, byte(f.Table), byte(f.Step), byte(f.Step>>8))
		for _, l := range f.L {
			dst = binary.LittleEndian.AppendUint64(dst, l)
		}
		dst = binary.LittleEndian.AppendUint64(dst, f.Result)
	}
	return binary.LittleEndian.AppendUint64(dst, a.last)
}

// SetResult hands the innermost table what the guest function that it called has
// returned.
func (a *Activation) SetResult(v uint64) { a.frames[a.depth-1].Result = v }

// Active reports whether a table is running.
func (a *Activation) Active() bool { return a.depth > 0 }

// Top returns the innermost frame, or nil when idle. It stays valid until the
// next step.
func (a *Activation) Top() *Frame {
	if a.depth == 0 {
		return nil
	}
	return &a.frames[a.depth-1]
}

// Frames returns the frames, outermost first. The caller must not keep them.
func (a *Activation) Frames() []Frame { return a.frames[:a.depth] }
