package main

import (
	"fmt"
	"strings"

	"patchlab/explore/count"
	"patchlab/explore/count/guestcode"
	"patchlab/explore/search"
)

// onMachine runs a program that was counted on the machine as well, where that is asked for.
func (a *app) onMachine(c *countCommand, p *count.Program) (*guestcode.Result, error) {
	if !c.Machine {
		return nil, nil
	}
	return guestcode.Search(a.ctx, p, search.Options{MaxRuns: c.Runs})
}

// machineRow is the row below that of a program, and what stands behind it.
func (d *counted) machineRow() (row []string, last string) {
	r := d.machine
	row = []string{"  on the machine", "", "", "?", "?"}
	last = strings.Trim(fmt.Sprint(r.ByBound), "[]")
	if !r.Search.Complete {
		return row, strings.TrimSpace(last + " ...")
	}
	row[3], row[4] = fmt.Sprint(r.Search.Counts.Runs), fmt.Sprint(r.Search.Counts.Classes)
	return row, last
}

// concludeMachine says what the machine did, and whether its numbers are those computed.
func (a *app) concludeMachine(done []counted) status {
	s := asExpected
	var b, verdicts strings.Builder
	agree := 0
	for _, d := range done {
		if d.machine == nil {
			continue
		}
		wrap(&b, "  ", d.program.Name+": "+d.machine.Search.Counts.String())
		r := d.machine.Search
		switch err := d.machine.Compare(d.result); {
		case err != nil:
			s = unexpected
			fmt.Fprintf(&verdicts, "DIFFERENT: %s: %v\n", d.program.Name, err)
		case !r.Complete:
			s = max(s, inconclusive)
			wrap(&verdicts, "", fmt.Sprintf("inconclusive: %s on the machine: %s; the numbers shown are exact", d.program.Name, r.Reason))
		default:
			agree++
		}
	}
	if b.Len() == 0 {
		return s
	}
	fmt.Fprintf(a.out, "\non the machine, with the last bound:\n%s\n%s", b.String(), verdicts.String())
	fmt.Fprintf(a.out, "the machine agrees: %d of %s in full", agree, plural(len(done), "program"))
	if s == inconclusive {
		fmt.Fprint(a.out, ", the others as far as they went")
	}
	fmt.Fprintln(a.out)
	return s
}
