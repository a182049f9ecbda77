package unicorn

import (
	"testing"

	"patchlab/emu/cpu/cputest"
)

func TestFast(t *testing.T)      { cputest.Run(t, New) }
func TestReference(t *testing.T) { cputest.Run(t, NewReference) }
