package cputest

import (
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// check is one part of the suite.
type check struct {
	name string
	run  func(*testing.T, Open)
}

// Run holds the backend that open opens against the contract of [cpu.CPU]. Names of
// subtests begin with the backend's.
func Run(t *testing.T, open func(cpu.Options) (cpu.CPU, error)) {
	c, err := open(cpu.Options{Arena: guest.RangeOf(arenaBase, guest.PageSize), Until: until})
	if err != nil {
		t.Fatal(err)
	}
	backend := c.Name()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run(backend, func(t *testing.T) {
		for _, list := range [][]check{
			stopChecks, markChecks, stubChecks, decisionChecks, faultChecks, textChecks, registerChecks, lifeChecks, accessChecks,
		} {
			for _, c := range list {
				t.Run(c.name, func(t *testing.T) { c.run(t, open) })
			}
		}
	})
}
