package fp

import (
	"testing"

	"patchlab/unwind"
	"patchlab/unwind/unwindtest"
)

func TestUnwinder(t *testing.T) {
	unwindtest.Run(t, func(code *unwind.CodeMap) unwind.Unwinder { return New(code) })
}
