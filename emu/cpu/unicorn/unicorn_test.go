package unicorn

import (
	"testing"

	"patchlab/emu/cpu/cputest"
)

func TestFast(t *testing.T)      { cputest.Run(t, New) }
func TestReference(t *testing.T) { cputest.Run(t, NewReference) }

func TestAgree(t *testing.T) { cputest.Agree(t, New, NewReference) }
