package lab

import (
	"fmt"

	"patchlab/guest"
	"patchlab/lab/scenario"
)

// Point finds a point at which a task can be held: the address of an instruction, or the
// name of a protocol step.
func (l *Lab) Point(p scenario.Point) (addr guest.Addr, step string, err error) {
	if p.Step != "" {
		if place, ok := l.arena.Find(p.Step); ok {
			return place.Addr, "", nil
		}
		if l.prog.HasStep(p.Step) {
			return 0, p.Step, nil
		}
		return 0, "", fmt.Errorf("no step or place of the stub is called %q", p.Step)
	}
	name := p.Function
	if p.Label != "" {
		name = p.Label
	}
	at := l.config.Program.ByName(name)
	for _, m := range l.modules {
		at = append(at[:len(at):len(at)], m.linked.ByName(name)...)
	}
	switch len(at) {
	case 0:
		return 0, "", fmt.Errorf("no function or label %q", name)
	case 1:
		return at[0].Addr + guest.Addr(p.Offset), "", nil
	}
	return 0, "", fmt.Errorf("%q is not unique: there are %d", name, len(at))
}
