package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// status is an exit status of the command.
type status int

// The exit statuses.
const (
	asExpected   status = 0
	unexpected   status = 1   // a failed expectation, a kernel warning, a guest fault
	badInput     status = 2   // or a tool that failed
	notConverged status = 3   // within the bounds of the run
	inconclusive status = 4   // a search that found nothing, and did not try everything
	interrupted  status = 130 // by Ctrl-C: 128 and the number of SIGINT, as shells expect
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(int(command(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

// command carries out a command line. What it reports goes to out; an error of the
// user's is one line on errs, a compiler's as many as it has messages.
func command(ctx context.Context, args []string, out, errs io.Writer) status {
	w := &writer{Writer: out}
	a := &app{ctx: ctx, out: w, errs: errs, now: time.Now}
	if f, is := errs.(*os.File); is {
		a.terminal = isTerminal(f)
	}
	s, err := a.parseAndRun(args)
	if err == nil && w.err != nil {
		s, err = badInput, fmt.Errorf("the report is not complete: %w", w.err)
	}
	if err != nil {
		fmt.Fprintln(errs, "patchlab:", err)
	}
	return s
}

// app is one call of the command.
type app struct {
	ctx  context.Context
	out  io.Writer
	errs io.Writer
	// terminal says that somebody looks at errs; now is the host's clock. Both are for
	// progress only.
	terminal bool
	now      func() time.Time
}

// writer remembers that a report could not be written.
type writer struct {
	io.Writer
	err error
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}
