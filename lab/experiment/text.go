package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/livepatch"
)

// Summary writes the report but for its timeline: transitions, calls, what was not as
// expected, the verdict, and the digest. verbose adds the registers of a guest fault, and the
// stacks of tasks that were waited for, with source lines.
func (r *Report) Summary(verbose bool) string {
	var b strings.Builder
	for i := range r.Transitions {
		r.Transitions[i].write(&b, i+1, r.Time, verbose)
		b.WriteByte('\n')
	}
	r.writeRules(&b)
	r.writeCalls(&b)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "FAILED %v\n", f)
	}
	switch fault := (*emu.Fault)(nil); {
	case errors.As(r.Err, &fault):
		fmt.Fprintf(&b, "GUEST FAULT %v\n", r.Err)
		writeStack(&b, "  ", r.Stack)
		if verbose {
			writeRegisters(&b, &fault.Regs)
		}
	case r.Err != nil:
		fmt.Fprintf(&b, "STOPPED %v\n", r.Err)
	case len(r.Failures) > 0:
		fmt.Fprintf(&b, "FAILED: %s; %s in all\n", plural(len(r.Failures), "failure"), plural(r.Expectations, "expectation"))
	case r.Expectations == 0:
		b.WriteString("ok: the script was carried out; it expects nothing\n")
	case r.Expectations == 1:
		b.WriteString("ok: the one expectation is met\n")
	default:
		fmt.Fprintf(&b, "ok: all %d expectations met\n", r.Expectations)
	}
	r.writeRest(&b, verbose)
	fmt.Fprintf(&b, "%s, %s of virtual time; scheduler %s, seed %d, %s%s\ndigest %s\n", plural(int(r.Steps), "step"),
		seconds(r.Time), r.Scheduler, r.Seed, plural(r.CPUs, "cpu"), r.breaksText(), r.Digest)
	return b.String()
}

// writeRest says where the tasks are, of a run that could not be carried on.
func (r *Report) writeRest(b *strings.Builder, stacks bool) {
	if r.Rest == nil {
		return
	}
	b.WriteString("the tasks then:\n")
	writeTable(b, nil, func(row func(...string)) {
		for _, p := range r.Rest {
			row(p.Name, p.Where)
		}
	})
	for _, p := range r.Rest {
		if stacks && p.Stack != nil {
			fmt.Fprintf(b, "  %s, as it seems:\n", p.Name)
			writeStack(b, "    ", p.Stack)
		}
	}
}

func (r *Report) breaksText() string {
	if len(r.Breaks) == 0 {
		return ""
	}
	return ", broken by " + strings.Join(r.Breaks, " and ")
}

// write writes a transition as the n-th; now is the end of the run. With stacks it shows those of
// tasks that were waited for.
func (t *Transition) write(b *strings.Builder, n int, now guest.Time, stacks bool) {
	end := t.Outcome + " at " + seconds(t.End)
	if t.Outcome == "" || t.End == 0 {
		t.End, end = now, "not complete"
	}
	fmt.Fprintf(b, "transition %d: %s %s, from %s, %s\n", n, t.Direction, t.Patch, seconds(t.Start), end)
	writeTable(b, []string{"task", "switched", "after", "by", "where it stood"}, func(row func(...string)) {
		for _, m := range t.Moves {
			row(m.Name, seconds(m.Time), millis(m.Time-t.Start), m.Rule.String(), m.Where)
		}
	})
	for i, w := range t.Waits {
		if !slices.ContainsFunc(t.Waits[:i], func(o Wait) bool { return o.Task == w.Task }) {
			t.writeWaits(b, w.Task, w.Name)
		}
		if stacks && w.Stack != nil {
			fmt.Fprintf(b, "    %s then, %s:\n", w.Name, w.Reason)
			writeStack(b, "      ", w.Stack)
		}
	}
}

// maxReasons bounds how many reasons are given for one task.
const maxReasons = 4

// writeWaits says how long a task was waited for, and why.
func (t *Transition) writeWaits(b *strings.Builder, id guest.TaskID, name string) {
	text := fmt.Sprintf("%s waited %s", name, millis(t.End-t.Start))
	for _, m := range t.Moves {
		if m.Task == id {
			text = fmt.Sprintf("%s waited %s", name, millis(m.Time-t.Start))
		}
	}
	n := 0
	for _, w := range t.Waits {
		if w.Task != id {
			continue
		}
		switch n++; {
		case n == 1:
			text += ": " + w.Reason
		case n <= maxReasons:
			text += "; then " + w.Reason
		}
	}
	if n > maxReasons {
		text += fmt.Sprintf("; and %d other reasons", n-maxReasons)
	}
	writeWrapped(b, "  ", text)
}

// rulesText says what the rules are, for a reader who does not know them.
var rulesText = []struct {
	rule livepatch.Rule
	text string
}{
	{livepatch.RuleAttempt, "it was tried, as once a second, and nothing of the side it left was on its stack"},
	{livepatch.RuleExit, "it was about to return to user mode, with nothing of the kernel on its stack"},
	{livepatch.RuleSched, "it passed cond_resched, and nothing of the side it left was on its stack"},
	{livepatch.RuleFork, "it was born on that side"},
	{livepatch.RuleIdle, "its CPU had nothing else to run, and was sent once through its idle loop"},
	{livepatch.RuleForce, "the operator had all tasks go, wherever they stood"},
	{livepatch.RuleHandler, "it was in the handler of a patched function: a deliberate mistake of the model"},
}

// writeRules explains the rules by which tasks have gone over.
func (r *Report) writeRules(b *strings.Builder) {
	used := map[livepatch.Rule]bool{}
	for _, t := range r.Transitions {
		for _, m := range t.Moves {
			used[m.Rule] = true
		}
	}
	for _, rule := range rulesText {
		if used[rule.rule] {
			text := rule.text
			if len(r.Breaks) > 0 { // what the check says may be what is broken
				text = strings.Replace(text, "nothing of the side it left was on its stack", "the check, as it is, found nothing of the side it left on its stack", 1)
			}
			writeWrapped(b, "", "by "+rule.rule.String()+": "+text)
		}
	}
	if len(used) > 0 {
		b.WriteByte('\n')
	}
}

func (r *Report) writeCalls(b *strings.Builder) {
	if len(r.Functions) > 0 {
		b.WriteString("calls of patched functions, by the body that ran\n")
		writeTable(b, []string{"function", "old", "new"}, func(row func(...string)) {
			for _, f := range r.Functions {
				row(f.Name, fmt.Sprint(f.Old), fmt.Sprint(f.New))
			}
		})
	}
	if len(r.Transitions) > 0 {
		writeWrapped(b, "", r.nestedText())
		b.WriteByte('\n')
	}
}

func (r *Report) nestedText() string {
	text := fmt.Sprintf("during transitions, tasks on the old side (state 0) made %s of patched functions, "+
		"tasks on the new side (state 1) made %d; mixed: %d", plural(int(r.Nested[0]), "nested call"), r.Nested[1], r.Mixed)
	if r.TailMixes > 0 {
		text += fmt.Sprintf(", and by tail calls %d", r.TailMixes)
	}
	return text
}

// maxStack is how many lines a stack gets.
const maxStack = 16

// writeStack writes a stack, a line for each entry, and one for entries that are there many times.
func writeStack(b *strings.Builder, indent string, stack []string) {
	lines := 0
	for i, n := 0, 0; i < len(stack); i += n {
		for n = 1; i+n < len(stack) && stack[i+n] == stack[i]; n++ {
		}
		switch {
		case lines == maxStack:
			fmt.Fprintf(b, "%s... and %d more\n", indent, len(stack)-i)
			return
		case n > 1:
			fmt.Fprintf(b, "%s%s, %d times\n", indent, stack[i], n)
		default:
			b.WriteString(indent + stack[i] + "\n")
		}
		lines++
	}
}

// writeRegisters writes registers, four in a line.
func writeRegisters(b *strings.Builder, r *guest.Regs) {
	for i, v := range r.GPR {
		if i%4 == 0 {
			b.WriteString("   ")
		}
		fmt.Fprintf(b, " %3s %016x", strings.ToLower(guest.Reg(i).String()), v)
		if i%4 == 3 {
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(b, "    rip %016x flg %016x\n", uint64(r.RIP), r.RFLAGS)
}
