package trampoline

import (
	"bytes"
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
)

// Writer installs and uninstalls sites, in the steps of a protocol. Each form
// of writing is a table of its own; they share the lock, the check and the
// encoding of results. A frame of such a table has the locals
//
//	L0  the index of the site
//	L1  1 to install, 0 to uninstall
//
// and ends with an [Outcome] as its result.
type Writer struct {
	store *protocol.Store
	sites *Sites
	text  Text
	stub  guest.Addr
	mutex protocol.Var // text_mutex: the task that holds it, or 0
}

// NewWriter returns a writer of text for the sites, which will call stub. It
// declares text_mutex in store, the store of sites.
func NewWriter(store *protocol.Store, sites *Sites, text Text, stub guest.Addr) *Writer {
	return &Writer{store: store, sites: sites, text: text, stub: stub, mutex: store.Declare("text_mutex", 0)}
}

// OneWrite returns the table that writes all bytes of a site at once, which is
// right as long as tasks change over between instructions only: a site is one
// instruction, before and after. Its steps:
//
//	T.lock    takes text_mutex; waits while another task holds it
//	T.check   the site's state allows it, and its bytes are those of the state
//	T.write   writes the bytes and the state
//	T.sync    every CPU has seen the new text
//	T.unlock  releases text_mutex
//
// After a refusal of T.check or T.write it goes on with T.unlock.
func (w *Writer) OneWrite() *protocol.Table {
	const unlock = 4
	return &protocol.Table{Name: "text", Steps: []protocol.Step{
		{Name: "T.lock", Do: w.lock},
		{Name: "T.check", Do: orElse(unlock, w.check)},
		{Name: "T.write", Do: orElse(unlock, w.write)},
		protocol.Fence("T.sync"),
		{Name: "T.unlock", Do: w.unlock},
	}}
}

// orElse makes a step of do, which goes to the step failed unless it succeeds.
func orElse(failed int, do func(site int, install bool) Outcome) func(f *protocol.Frame) protocol.Next {
	return func(f *protocol.Frame) protocol.Next {
		if f.L[1] > 1 {
			panic(fmt.Sprintf("BUG: text writer called with L1 = %d", f.L[1]))
		}
		out := do(int(f.L[0]), f.L[1] == 1)
		f.Result = uint64(out)
		if out != 0 {
			return protocol.Goto(failed)
		}
		return protocol.Continue()
	}
}

func (w *Writer) lock(f *protocol.Frame) protocol.Next {
	if f.Actor == 0 {
		panic("BUG: text_mutex taken by no task")
	}
	switch owner := guest.TaskID(w.store.Read(w.mutex, protocol.RMW)); owner {
	case 0:
		w.store.Write(w.mutex, protocol.RMW, uint64(f.Actor))
		return protocol.Continue()
	case f.Actor:
		panic(fmt.Sprintf("BUG: task %d takes text_mutex twice", owner))
	default:
		return protocol.Wait(w.mutex)
	}
}

func (w *Writer) unlock(*protocol.Frame) protocol.Next {
	w.store.Write(w.mutex, protocol.Publish, 0)
	return protocol.Done()
}

// check holds the site's state and the bytes that stand there against each
// other and against what is asked for.
func (w *Writer) check(i int, install bool) Outcome {
	if i < 0 || i >= w.sites.Len() || w.sites.Site(i).Removed {
		return refuse(removed)
	}
	s := w.sites.Site(i)
	switch state := State(w.store.Read(s.Var, protocol.Plain)); {
	case install && state == On:
		return refuse(installed)
	case !install && state == Off:
		return refuse(notInstalled)
	}
	old, _, err := w.change(s, install)
	if err != nil {
		return refuse(reach)
	}
	found := make([]byte, s.Size)
	if err := w.text.ReadAt(s.At, found); err != nil {
		return refuse(unmapped)
	}
	if !bytes.Equal(found, old) {
		return refuseBytes(found)
	}
	return 0
}

// write carries out what check has allowed.
func (w *Writer) write(i int, install bool) Outcome {
	s := w.sites.Site(i)
	_, b, err := w.change(s, install)
	if err != nil {
		panic("BUG: unchecked write: " + err.Error())
	}
	if err := w.text.WriteText(s.At, b); err != nil {
		return refuse(unwritable)
	}
	state := Off
	if install {
		state = On
	}
	w.store.Write(s.Var, protocol.Plain, uint64(state))
	return 0
}

// change returns the bytes of a site before and after it is installed or
// uninstalled. The error is a [*prologue.ReachError].
func (w *Writer) change(s *Site, install bool) (before, after []byte, err error) {
	nop := s.Style.Nop(s.Site)
	call, err := s.Style.Call(s.Site, w.stub)
	if err != nil {
		return nil, nil, err
	}
	if install {
		return nop, call, nil
	}
	return call, nop, nil
}
