package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/profile"
	"patchlab/lab/tracing"
)

// look is one who looks on at a run, and what it writes to a file.
type look struct {
	file   *os.File
	attach func(*lab.Lab)
	write  func(io.Writer) error
}

// looks are those of a run. A nil one is nobody.
type looks struct{ list []*look }

// openLooks makes those that the flags name, and has them attached to the run.
func (c *runCommand) openLooks(o *experiment.Options) (*looks, error) {
	l := &looks{}
	trace, prof := &look{}, &look{}
	trace.attach = func(l *lab.Lab) { trace.write = tracing.Attach(l).Write }
	prof.attach = func(l *lab.Lab) { prof.write = profile.Attach(l).Write }
	for _, x := range []struct {
		flag, name string
		look       *look
	}{{"-trace", c.Trace, trace}, {"-profile", c.Profile, prof}} {
		if x.name == "" {
			continue
		}
		file, err := os.Create(x.name)
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			err = path.Err
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s %s: %w", x.flag, x.name, err), l.close())
		}
		x.look.file = file
		l.list = append(l.list, x.look)
	}
	if len(l.list) > 0 {
		o.AllCalls = true
		o.Attach = func(on *lab.Lab) {
			for _, x := range l.list {
				x.attach(on)
			}
		}
	}
	return l, nil
}

// write writes what was seen, and closes the files.
func (l *looks) write() (err error) {
	if l == nil {
		return nil
	}
	for _, x := range l.list {
		if werr := x.write(x.file); werr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", x.file.Name(), werr))
		}
	}
	return errors.Join(err, l.close())
}

// close closes the files.
func (l *looks) close() (err error) {
	if l == nil {
		return nil
	}
	for _, x := range l.list {
		err = errors.Join(err, x.file.Close())
	}
	return err
}
