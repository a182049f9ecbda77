package lab

import (
	"fmt"
	"slices"

	"patchlab/guest"
	"patchlab/protocol"
)

// Call is a call that comes through a patch site which is on.
type Call struct {
	Task guest.TaskID
	Fn   guest.Addr // the function's entry
	// Original is where the function goes on behind its site.
	Original guest.Addr
	// Model is where the model's handler sends the call: a body, or Original.
	Model guest.Addr
}

// Handler decides where calls go, behind the model's handler. It is asked at every call
// through a site that is on, whether a patch or [Lab.Hook] has switched it on.
//
// Decide is called on the laboratory's goroutine and may look at the laboratory, but must
// not change it. The same run must get the same answers. What a handler remembers is not
// part of snapshots.
type Handler interface {
	// Decide returns the address at which the call goes on: c.Original, c.Model, or any
	// other function that may be called in the place of c.Fn.
	Decide(c Call) guest.Addr
}

// HandlerFunc is a function that is a [Handler].
type HandlerFunc func(Call) guest.Addr

// Decide calls f.
func (f HandlerFunc) Decide(c Call) guest.Addr { return f(c) }

// Hook begins to switch on the site of the function that starts at fn, without a patch, for
// the [Handler]. Run the machine until [Lab.Done], then ask [Lab.Result]. The site stays
// on; no patch can replace the function afterwards. The error is that the laboratory has no
// handler, or the function no site.
func (l *Lab) Hook(fn guest.Addr) error {
	if l.config.Handler == nil {
		return fmt.Errorf("hook of %s: the laboratory has no handler", l.Symbol(fn))
	}
	site, err := l.Sites.Find(fn)
	if err != nil {
		return err
	}
	if !l.isHooked(site) {
		l.hooked = append(slices.Clip(l.hooked), site)
	}
	l.Machine.Start(l.Operator, l.write, uint64(site), 1)
	return nil
}

func (l *Lab) isHooked(site int) bool { return slices.Contains(l.hooked, site) }

// route takes the handler of a site whole; 0 is the original.
func (l *Lab) route(task guest.TaskID, site int) (body guest.Addr, once bool) {
	if !l.isHooked(site) {
		body = l.Model.Route(task, site)
	}
	if l.config.Handler == nil {
		return body, false
	}
	return l.ask(task, site, body), true
}

// ask has the handler decide, where the model has chosen body; 0 is the original.
func (l *Lab) ask(task guest.TaskID, site int, body guest.Addr) guest.Addr {
	s := l.Sites.Site(site)
	c := Call{Task: task, Fn: s.Func.Range.Start, Original: s.At + guest.Addr(s.Size), Model: body}
	if body == 0 {
		c.Model = c.Original
	}
	if body = l.config.Handler.Decide(c); body == c.Original {
		return 0
	}
	return body
}

// handlerTable is the handler in steps: the model's, then the one that decides. L0 is the
// site.
func (l *Lab) handlerTable() *protocol.Table {
	return &protocol.Table{Name: "own handler", Steps: []protocol.Step{
		{Name: "U.model", Do: func(f *protocol.Frame) protocol.Next {
			if l.isHooked(int(f.L[0])) {
				return protocol.Continue()
			}
			return f.Call(l.Model.Tables().Handler, f.L[0])
		}},
		{Name: "U.decide", Do: func(f *protocol.Frame) protocol.Next {
			site := int(f.L[0])
			f.Result = uint64(l.ask(f.Actor, site, guest.Addr(f.Result)))
			to := guest.Addr(f.Result)
			if to == 0 {
				to = l.Sites.Site(site).At + guest.Addr(l.Sites.Site(site).Size)
			}
			// An error is the machine's to report; the original stays in place.
			_ = l.Machine.SetIP(f.Actor, to)
			return protocol.Done()
		}},
	}}
}
