package include

import (
	"embed"
	"io/fs"
)

// The names of the files in [Files].
const (
	Header       = "patchlab.h"  // programs and patches, C and assembler
	PatchHeader  = "livepatch.h" // patches
	Support      = "support.S"   // services, __fentry__, the style's note
	LinkerScript = "kernel.ld"   // layout of a program
)

//go:embed guest
var tree embed.FS

// Files returns the guest's files, flat.
func Files() fs.FS {
	guest, err := fs.Sub(tree, "guest")
	if err != nil {
		panic("BUG: include: " + err.Error())
	}
	return guest
}
