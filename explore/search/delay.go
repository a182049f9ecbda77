package search

type delays struct{ most int }

// Delays returns delay bounding (Emmi, Qadeer and Rakamaric, POPL 2011), iterative: the
// system's first choice is the scheduler that nobody disturbs, and taking another one
// costs as many delays as there are choices before it. With d delays there are at most
// (n+1)^d schedules over n steps, however many actors there are. A negative most means
// until no schedule needs more.
func Delays(most int) Strategy { return delays{most} }

// Name is the strategy's name.
func (delays) Name() string { return "delays" }

func (s delays) search(d *driver) error {
	d.unit = "delay"
	return d.iterate(limit{kind: delayCost}, s.most)
}
