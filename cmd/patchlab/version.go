package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"
)

// version shows what this is, and what it runs on.
func (a *app) version() (status, error) {
	revision := "unknown revision"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = "revision " + s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	major, minor := uc.Version()
	fmt.Fprintf(a.out, "patchlab, %s\n%s, libunicorn %d.%d\n", revision, runtime.Version(), major, minor)
	return asExpected, nil
}
