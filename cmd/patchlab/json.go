package main

import (
	"encoding/json"
	"io"

	"patchlab/lab/inspect"
)

// What the commands print with -json. The schema names what is printed and its version, which grows
// when a field goes or changes its meaning; new fields come without. docs/json.md describes each.

type sitesJSON struct {
	Schema    string         `json:"schema"`
	File      string         `json:"file"`
	Functions int            `json:"functions"`
	Sites     []inspect.Site `json:"sites"`
}

type symbolsJSON struct {
	Schema  string           `json:"schema"`
	File    string           `json:"file"`
	Symbols []inspect.Symbol `json:"symbols"`
}

type versionJSON struct {
	Schema   string `json:"schema"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
	Unicorn  string `json:"libunicorn"`
}

// writeJSON writes a value for programs, in lines.
func writeJSON(to io.Writer, v any) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
