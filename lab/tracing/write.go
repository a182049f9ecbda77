package tracing

import (
	"fmt"
	"io"
	"slices"

	"patchlab/guest"
)

// Write writes what was drawn until now; what has not ended ends now. The laboratory must be open. The
// error is that of the writer.
func (t *Tracer) Write(w io.Writer) error {
	events := slices.Concat(t.titles(), t.events, t.rest())
	for _, l := range t.l.Machine.LogLines() {
		events = append(events, event{at: l.Time, kind: instant, in: kernelLog, name: l.Text, args: []arg{{"level", l.Level}}})
	}
	note := "virtual time: a microsecond for each counted instruction"
	if t.full {
		note = fmt.Sprintf("%s; cut off after %d events", note, maxEvents)
	}
	return writeTrace(w, events, t.l.Counts().Patched, note)
}

// titles names processes and threads.
func (t *Tracer) titles() []event {
	var list []event
	name := func(kind string, in lane, name string) {
		list = append(list, event{kind: metadata, in: in, name: kind, args: []arg{{"name", name}}})
	}
	name("process_name", lane{pid: tasksPID}, "tasks")
	name("process_name", lane{pid: cpusPID}, "CPUs")
	name("process_name", lane{pid: livepatchPID}, "livepatch")
	for id := guest.TaskID(1); ; id++ {
		d, ok := t.l.Machine.Task(id)
		if !ok {
			break
		}
		name("thread_name", task(id), d.Name)
	}
	for c := range guest.CPUID(t.l.Machine.CPUs()) {
		name("thread_name", cpu(c), fmt.Sprintf("CPU %d", c))
		name("thread_name", task(guest.IdleTask(c)), t.l.Machine.TaskName(guest.IdleTask(c)))
	}
	name("thread_name", transitions, "transitions")
	name("thread_name", kernelLog, "kernel log")
	return list
}

// rest ends what has not ended.
func (t *Tracer) rest() (ends []event) {
	open := map[lane]int{}
	var lanes []lane // in the order in which they came, since maps have none
	for i := range t.events {
		e := &t.events[i]
		switch e.kind {
		case begin:
			if _, seen := open[e.in]; !seen {
				lanes = append(lanes, e.in)
			}
			open[e.in]++
		case end:
			open[e.in]--
		}
	}
	for _, in := range lanes {
		for range open[in] {
			ends = append(ends, event{at: t.l.Now(), kind: end, in: in})
		}
	}
	return ends
}
