package judge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// Runner runs an executable file with no input. It returns what the program wrote to its
// standard output, and its status: what it gave to exit, or 128 and the number of the
// signal that ended it. The error says why the program did not run to its end.
type Runner func(prog string, args []string) (stdout []byte, status int, err error)

// patience is how long a program may run on the host. It is for those that hang.
const patience = 20 * time.Second

// Native is the host as a [Runner].
func Native(prog string, args []string) ([]byte, int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out bytes.Buffer
	c := exec.CommandContext(ctx, prog, args...)
	c.Stdout = &out
	c.WaitDelay = time.Second
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, 0, fmt.Errorf("%s: not at its end after %v", prog, patience)
	case err == nil:
		return out.Bytes(), 0, nil
	case !errors.As(err, &exit):
		return nil, 0, err
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return out.Bytes(), 128 + int(w.Signal()), nil
	}
	return out.Bytes(), exit.ExitCode(), nil
}

// Compare runs a program on the host and on a machine.
func Compare(prog string, args []string, machine Runner) error {
	want, wantStatus, err := Native(prog, args)
	if err != nil {
		return fmt.Errorf("on the host: %w", err)
	}
	got, status, err := machine(prog, args)
	if err != nil {
		return &Difference{Prog: prog, Args: args, Err: err}
	}
	if status == wantStatus && bytes.Equal(got, want) {
		return nil
	}
	return &Difference{Prog: prog, Args: args, Host: want, Machine: got, HostStatus: wantStatus, Status: status}
}
