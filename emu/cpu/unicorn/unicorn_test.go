package unicorn

import (
	"testing"

	"patchlab/emu/cpu/cputest"
)

func TestFast(t *testing.T)      { cputest.Run(t, New) }
func TestReference(t *testing.T) { cputest.Run(t, NewReference) }

// TestArea holds both against the contract where all memory is in an area.
func TestArea(t *testing.T) {
	cputest.Run(t, cputest.InArea(New))
	cputest.Run(t, cputest.InArea(NewReference))
}

func TestAgree(t *testing.T) { cputest.Agree(t, New, NewReference) }
