package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"strings"

	"patchlab/explore/count"
	"patchlab/explore/count/guestcode"
)

type countCommand struct {
	File      string `arg:"" name:"FILE" help:"The step programs: below is what they look like."`
	MaxStates int    `name:"max-states" default:"5000000" placeholder:"N" help:"Stop a search for interleavings, classes or bounds that meets more than N states (${default})."`
	Machine   bool   `name:"machine" help:"Run each program as guest code on the machine as well, in every order of its accesses, and compare."`
	Runs      uint64 `name:"max-schedules" default:"20000" placeholder:"N" help:"Stop a program on the machine after N schedules, those tried again with a higher bound included (${default}; 0: no end)."`
}

// counted is a program and what was counted of it.
type counted struct {
	program *count.Program
	result  count.Result
	machine *guestcode.Result // nil where it was not asked for
}

// count carries out "patchlab count".
func (a *app) count(c *countCommand) (status, error) {
	if c.MaxStates < 1 {
		return badInput, fmt.Errorf("-max-states %d: want 1 or more", c.MaxStates)
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return badInput, fmt.Errorf("%s: %w", c.File, err)
	}
	programs, err := count.Parse(c.File, string(text))
	if err != nil {
		return badInput, err
	}
	var done []counted
	for _, p := range programs {
		m, err := a.onMachine(c, p) // first: it refuses what is too large at once
		if err != nil {
			return badInput, err
		}
		r, err := count.Count(p, count.Options{MaxStates: c.MaxStates, Cancel: a.ctx.Done()})
		if err != nil {
			return badInput, err
		}
		if done = append(done, counted{p, r, m}); a.ctx.Err() != nil {
			break
		}
	}
	fmt.Fprint(a.out, countTable(done))
	s := a.concludeCount(done, len(programs))
	if m := a.concludeMachine(done); m == unexpected || s == asExpected {
		s = m
	}
	return s, nil
}

// concludeCount says how far the numbers reach.
func (a *app) concludeCount(done []counted, all int) status {
	s := asExpected
	fmt.Fprintln(a.out)
	for _, d := range done {
		if d.result.Complete {
			continue
		}
		s = inconclusive
		fmt.Fprintf(a.out, "inconclusive: %s: %s; %d classes met; the numbers shown are exact\n",
			d.program.Name, d.result.Why, d.result.Met)
	}
	switch {
	case a.ctx.Err() != nil:
		fmt.Fprintf(a.out, "interrupted: %d of %d programs were not begun\n", all-len(done), all)
		return interrupted
	case s == asExpected && all == 1:
		fmt.Fprintf(a.out, "complete: all %s classes\n", done[0].result.Classes)
	case s == asExpected:
		fmt.Fprintf(a.out, "complete: all classes of all %d programs\n", all)
	}
	return s
}

// countTable lays out what was counted, a row for each program.
func countTable(done []counted) string {
	rows := [][]string{{"program", "threads", "steps", "interleavings", "classes"}}
	last := []string{"within 0, 1, 2, ... preemptions"}
	// A row ends with text that may take more lines.
	add := func(row []string, text string) { rows, last = append(rows, row), append(last, text) }
	for _, d := range done {
		add([]string{
			d.program.Name, fmt.Sprint(len(d.program.Threads)), fmt.Sprint(d.program.Size()),
			number(d.result.Interleavings), number(d.result.Classes),
		}, byBound(d.result))
		if d.machine != nil {
			add(d.machineRow())
		}
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for j := 1; j < len(row); j++ {
			line += fmt.Sprintf("  %*s", widths[j], row[j])
		}
		indent := strings.Repeat(" ", len([]rune(line))+2)
		var wrapped strings.Builder
		wrap(&wrapped, indent, last[i])
		b.WriteString(line + "  " + strings.TrimPrefix(wrapped.String(), indent))
	}
	return b.String()
}

// number writes a count, which is nil when it is not known.
func number(n *big.Int) string {
	if n == nil {
		return "?"
	}
	return n.String()
}

// byBound writes the classes within bounds; dots stand for those that are not known.
func byBound(r count.Result) string {
	text := strings.Trim(fmt.Sprint(r.ByBound), "[]")
	if !r.Complete {
		text = strings.TrimSpace(text + " ...")
	}
	return text
}
