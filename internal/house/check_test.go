package house

import (
	"slices"
	"testing"
	"testing/fstest"
)

// sound is a tree without a problem; each case of TestCheck breaks one thing in it.
var sound = map[string]string{
	"go.mod":                     "module m\n",
	"low/doc.go":                 "// Package low is low.\npackage low\n",
	"low/low.go":                 "package low\n\nimport \"fmt\"\n",
	"low/raw_unsafe.go":          "package low\n\nimport \"unsafe\"\n",
	"low/raw_unsafe_test.go":     "package low\n\nimport \"unsafe\"\n",
	"low/low_test.go":            "package low_test\n\nimport (\n\t\"m/high\"\n\t\"m/internal/help\"\n)\n",
	"low/gen.go":                 "//go:build ignore\n\npackage main\n\nimport \"m/high\"\n",
	"low/testdata/x.go":          "package x\n\nimport \"unsafe\"\n",
	"high/high.go":               "// Package high is high.\npackage high\n\nimport \"m/low\"\n",
	"internal/help/help_test.go": "// Package help has tests only.\npackage help\n",
	"cmd/m/main.go":              "// M is a command.\npackage main\n\nimport \"m/high\"\n",
	"emu/cpu/unicorn/cpu.go":     "// Package unicorn calls C.\npackage unicorn\n\nimport (\n\t\"C\"\n\t\"unsafe\"\n)\n",
	"standin/unicorn/go.mod":     "module other\n",
	"standin/unicorn/go/uc.go":   "// Package uc calls C.\npackage uc\n\nimport \"C\"\n",
	"bin/tool":                   "see " + outside,
	".git/config":                "see " + outside,
	"notes.md":                   "nothing\n",
}

const soundOrder = "low\nemu/cpu/unicorn\nhigh\ncmd/m\ntests internal/..."

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name       string
		file, text string // what is put into the sound tree
		want       []string
	}{
		{name: "sound", file: "notes.md", text: "nothing\n"},
		{
			"upward", "low/low.go", "package low\n\nimport (\n\t\"fmt\"\n\t\"m/high\"\n)\n",
			[]string{"low/low.go:5: low may not import high: that is a higher layer"},
		},
		{
			"helper of tests", "high/x.go", "package high\n\nimport \"m/internal/help\"\n",
			[]string{"high/x.go:3: high may not import internal/help: only tests may"},
		},
		{
			"new room", "attic/attic.go", "// Package attic is new.\npackage attic\n",
			[]string{"attic/attic.go:1: attic has no place in the import order"},
		},
		{
			"root package", "m.go", "// Package m is new.\npackage m\n",
			[]string{"m.go:1: . has no place in the import order"},
		},
		{
			"import of a new room", "high/x.go", "package high\n\nimport \"m/attic\"\n",
			[]string{"high/x.go:3: imports attic, which has no place in the import order"},
		},
		{
			"cgo in a room", "high/x.go", "package high\n\nimport \"C\"\n",
			[]string{"high/x.go:3: uses cgo, which only emu/cpu/unicorn and standin/unicorn may"},
		},
		{
			"cgo in a file for go run", "low/gen.go", "//go:build ignore\n\npackage main\n\nimport \"C\"\n",
			[]string{"low/gen.go:5: uses cgo, which only emu/cpu/unicorn and standin/unicorn may"},
		},
		{
			"unsafe", "high/x.go", "package high\n\nimport \"unsafe\"\n",
			[]string{"high/x.go:3: imports unsafe, so its name must end in _unsafe.go"},
		},
		{
			"unsafe in a test", "high/x_test.go", "package high\n\nimport \"unsafe\"\n",
			[]string{"high/x_test.go:3: imports unsafe, so its name must end in _unsafe.go"},
		},
		{
			"unsafe beside cgo", "emu/cpu/unicorn/x.go", "package unicorn\n\nimport \"unsafe\"\n",
			[]string{"emu/cpu/unicorn/x.go:3: imports unsafe, so its name must end in _unsafe.go"},
		},
		{
			"unsafe in a nested module", "standin/unicorn/go/x.go", "package uc\n\nimport \"unsafe\"\n",
			[]string{"standin/unicorn/go/x.go:3: imports unsafe, so its name must end in _unsafe.go"},
		},
		{
			"no comment", "high/high.go", "package high\n",
			[]string{`high/high.go:1: package high has no package comment ("Package high ...")`},
		},
		{
			"comment of another package", "high/high.go", "// Package low is low.\npackage high\n",
			[]string{`high/high.go:1: package high has no package comment ("Package high ...")`},
		},
		{
			"comment in a test", "low/doc.go", "package low\n",
			[]string{`low/doc.go:1: package low has no package comment ("Package low ...")`},
		},
		{
			"command without comment", "cmd/m/main.go", "package main\n",
			[]string{`cmd/m/main.go:1: package main has no package comment ("...")`},
		},
		{
			"outside", "notes.md", "one\ntwo " + outside + "/three\n",
			[]string{"notes.md:2: mentions " + outside + ", which a clone does not have"},
		},
		{
			"outside from a test's data", "low/testdata/x.txt", outside,
			[]string{"low/testdata/x.txt:1: mentions " + outside + ", which a clone does not have"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for name, text := range sound {
				tree[name] = &fstest.MapFile{Data: []byte(text)}
			}
			tree[tt.file] = &fstest.MapFile{Data: []byte(tt.text)}
			order, err := ParseOrder(soundOrder)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Check(tree, "m", order)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestCheckUnparsable(t *testing.T) {
	tree := fstest.MapFS{"low/low.go": {Data: []byte("package low\n\nimport fmt\n")}}
	got, err := Check(tree, "m", Order{})
	if err == nil || got != nil {
		t.Fatalf("got %q, %v, want an error alone", got, err)
	}
	const want = "reading imports: low/low.go:3:11: missing import path"
	if err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
