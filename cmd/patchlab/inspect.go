package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"patchlab/lab/inspect"
)

type sitesCommand struct {
	File string `arg:"" name:"FILE" help:"An ELF program or object, or a scenario: then what it is compiled to."`
	JSON bool   `name:"json" help:"Print JSON; docs/json.md describes it."`
}

type symbolsCommand struct {
	File string `arg:"" name:"FILE" help:"An ELF program or object, or a scenario: then what it is compiled to."`
	JSON bool   `name:"json" help:"Print JSON; docs/json.md describes it."`
}

type disasmCommand struct {
	File string `arg:"" name:"FILE" help:"An ELF program or object, or a scenario: then what it is compiled to."`
	What string `arg:"" optional:"" name:"FUNCTION|ADDR..ADDR" help:"A function, of each part that has one of that name, or a range of addresses; all functions without it."`
}

// sites carries out "patchlab sites".
func (a *app) sites(c *sitesCommand) (status, error) {
	f, err := inspect.Open(c.File)
	if err != nil {
		return badInput, err
	}
	sites := f.Sites()
	if c.JSON {
		return asExpected, writeJSON(a.out, sitesJSON{"patchlab/sites/1", c.File, f.Functions(), sites})
	}
	table(a.out, func(row func(...any)) {
		row("ADDRESS", "OBJECT", "FUNCTION", "STYLE", "STATE", "BYTES")
		for _, s := range sites {
			row(s.Addr, s.Object, s.Function, s.Style, s.State, s.Bytes)
		}
	})
	a.saysStripped(f)
	fmt.Fprintf(a.out, "%s in %s\n", plural(len(sites), "patch site"), plural(f.Functions(), "function"))
	return asExpected, nil
}

// symbols carries out "patchlab symbols".
func (a *app) symbols(c *symbolsCommand) (status, error) {
	f, err := inspect.Open(c.File)
	if err != nil {
		return badInput, err
	}
	symbols := f.Symbols()
	if c.JSON {
		return asExpected, writeJSON(a.out, symbolsJSON{"patchlab/symbols/1", c.File, symbols})
	}
	table(a.out, func(row func(...any)) {
		row("ADDRESS", "SIZE", "KIND", "BINDING", "OBJECT", "SYMPOS", "NAME")
		for _, s := range symbols {
			row(s.Addr, s.Size, s.Kind, s.Binding, s.Object, s.Sympos, s.Name)
		}
	})
	a.saysStripped(f)
	return asExpected, nil
}

// saysStripped says why there are no symbols, where there are none.
func (a *app) saysStripped(f *inspect.File) {
	if text := f.Stripped(); text != "" {
		fmt.Fprintf(a.errs, "patchlab: %s: %s\n", f.Name, text)
	}
}

// disasm carries out "patchlab disasm".
func (a *app) disasm(c *disasmCommand) (status, error) {
	f, err := inspect.Open(c.File)
	if err != nil {
		return badInput, err
	}
	spans, err := f.Find(c.What)
	if err != nil {
		return badInput, err
	}
	for i, s := range spans {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprint(a.out, f.Listing(s))
	}
	return asExpected, nil
}

// table writes rows in columns.
func table(to io.Writer, fill func(row func(...any))) {
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	fill(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, c)
		}
		fmt.Fprintln(w)
	})
	_ = w.Flush() // what cannot be written is noticed where the command ends
}
