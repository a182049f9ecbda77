package tracing

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"patchlab/guest"
)

// phase is what kind of event one is, as the format calls it.
type phase byte

// The phases.
const (
	begin    phase = 'B'
	end      phase = 'E'
	instant  phase = 'i'
	counter  phase = 'C'
	metadata phase = 'M'
)

// lane is a thread of a process in the viewer.
type lane struct{ pid, tid int }

// The processes.
const (
	tasksPID     = 1
	cpusPID      = 2
	livepatchPID = 3
)

// The threads of the third process.
var (
	transitions = lane{livepatchPID, 1}
	kernelLog   = lane{livepatchPID, 2}
)

// event is one entry of a trace.
type event struct {
	at   guest.Time
	kind phase
	in   lane
	name string
	call guest.Addr // of the beginning of a call: the function
	body string     // likewise: what runs, when it is not the function itself
	args []arg
}

// arg is something that a viewer shows with an event.
type arg struct {
	key   string
	value any // a string or an int
}

// colour returns the format's name of a colour, "" for any.
func (e *event) colour(patched bool) string {
	switch {
	case e.in.pid == cpusPID:
		return "thread_state_running"
	case e.call == 0 || !patched:
		return ""
	case e.body != "":
		return "good" // green
	}
	return "yellow"
}

// title returns the name that the viewer shows. It has the side in it, since Perfetto chooses colours
// by names.
func (e *event) title(patched bool) string {
	switch {
	case e.call == 0 || !patched:
		return e.name
	case e.body != "":
		return e.name + " (new)"
	}
	return e.name + " (old)"
}

// write writes e as JSON.
func (e *event) write(w *bufio.Writer, patched bool) {
	fmt.Fprintf(w, `{"name":%s,"ph":"%c","pid":%d,"tid":%d,"ts":%s`, quote(e.title(patched)), e.kind, e.in.pid, e.in.tid, micros(e.at))
	if c := e.colour(patched); c != "" && e.kind == begin {
		fmt.Fprintf(w, `,"cname":%s`, quote(c))
	}
	if e.kind == instant {
		w.WriteString(`,"s":"t"`)
	}
	args := e.args
	if e.body != "" {
		args = append(slices.Clip(args), arg{"body", e.body})
	}
	for i, a := range args {
		w.WriteString([...]string{`,"args":{`, `,`}[min(i, 1)])
		v, err := json.Marshal(a.value)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		fmt.Fprintf(w, `%s:%s`, quote(a.key), v)
	}
	if len(args) > 0 {
		w.WriteByte('}')
	}
	w.WriteByte('}')
}

// quote writes a string as JSON; what is no UTF-8 in it is replaced.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(b)
}

// micros writes a time as the format has it.
func micros(t guest.Time) string {
	if t%1000 == 0 {
		return fmt.Sprint(int64(t) / 1000)
	}
	return fmt.Sprintf("%d.%03d", int64(t)/1000, int64(t)%1000)
}

// writeTrace writes events in the order of their times; those of one time stay as they are.
func writeTrace(to io.Writer, events []event, patched func(guest.Addr) bool, note string) error {
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, `{"displayTimeUnit":"ms","otherData":{"note":%s},"traceEvents":[`, quote(note))
	for i := range events {
		w.WriteString([...]string{"\n", ",\n"}[min(i, 1)])
		events[i].write(w, events[i].call != 0 && patched(events[i].call))
	}
	w.WriteString("\n]}\n")
	return w.Flush()
}
