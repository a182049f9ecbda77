package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"
)

// version shows what this is, and what it runs on.
func (a *app) version(c *versionCommand) (status, error) {
	v := versionJSON{Schema: "patchlab/version/1", Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	major, minor := uc.Version()
	v.Unicorn = fmt.Sprintf("%d.%d", major, minor)
	if c.JSON {
		return asExpected, writeJSON(a.out, v)
	}
	revision := "unknown revision"
	if v.Revision != "" {
		revision = "revision " + v.Revision
	}
	fmt.Fprintf(a.out, "patchlab, %s\n%s, libunicorn %s\n", revision, v.Go, v.Unicorn)
	return asExpected, nil
}
