package prove

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
)

// batch has one process record schedules and another one replay them, at the same time,
// and compares.
func (r *Row) batch(ctx context.Context, o Options, first, count int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	name, interrupts := r.Subject.Scenario, strconv.Itoa(r.Subject.Interrupts)
	recorder, err := start("recording", o.Child(ctx, "record", name, interrupts, strconv.Itoa(first), strconv.Itoa(count)))
	if err != nil {
		return err
	}
	replayer, err := start("replaying", o.Child(ctx, "replay", name, interrupts))
	if err != nil {
		cancel()
		return errors.Join(err, recorder.wait())
	}
	var feeding sync.WaitGroup
	var fed error
	queue := make(chan told, count)
	feeding.Go(func() {
		defer close(queue)
		fed = feed(recorder.out, replayer.in, queue)
	})
	n := 0
	for t := range queue {
		if !replayer.out.Scan() {
			cancel() // there is no more to come: the recorder need not go on
			break
		}
		r.compare(first+n, t, replayer.out.Text())
		n++
	}
	feeding.Wait()
	if err := errors.Join(replayer.wait(), recorder.wait(), fed); err != nil {
		return err
	}
	if n != count {
		return fmt.Errorf("%d of %d schedules were replayed", n, count)
	}
	return nil
}

// feed passes schedules on from the recorder's lines, and what is told about them into the
// queue, which has room for all of them.
func feed(from *bufio.Scanner, to io.WriteCloser, queue chan<- told) error {
	w := bufio.NewWriter(to)
	for from.Scan() {
		t, err := parseTold(from.Text())
		if err != nil {
			return errors.Join(err, to.Close())
		}
		if _, err := w.WriteString(t.word + "\n"); err != nil {
			return errors.Join(err, to.Close())
		}
		queue <- t
	}
	return errors.Join(from.Err(), w.Flush(), to.Close())
}

// process is a child that runs.
type process struct {
	does string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	errs bytes.Buffer
}

func start(does string, cmd *exec.Cmd) (*process, error) {
	p := &process{does: does, cmd: cmd}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 1<<20)
	cmd.Stderr = &p.errs
	return p, cmd.Start()
}

// wait waits for the process to end. The error has what it wrote on standard error.
func (p *process) wait() error {
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", p.does, err, bytes.TrimSpace(p.errs.Bytes()))
	}
	return nil
}
