package oracle

import (
	"patchlab/emu"
	"patchlab/guest"
)

// name returns what reports call a task.
func (o *Oracle) name(id guest.TaskID) string { return o.l.Machine.TaskName(id) }

// call names an activation.
func (o *Oracle) call(a emu.Activation) Call {
	if a.Fn == 0 {
		return Call{}
	}
	c := Call{Function: o.l.Symbol(a.Fn)}
	if a.Body != 0 {
		c.Body = o.l.Symbol(a.Body)
	}
	return c
}

// function names the function that an activation with a side of the p-th patch is of,
// also where the replacement itself was called.
func (o *Oracle) function(p int, a emu.Activation) string {
	for _, f := range o.funcs {
		if f.patch == p && (f.Fn == a.Fn || f.With == a.Fn) {
			return o.l.Symbol(f.Fn)
		}
	}
	return o.l.Symbol(a.Fn)
}
