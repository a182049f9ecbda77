package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// search carries out the search of an explore command: from its checkpoint, if it has one,
// and with a line of progress where somebody looks.
func (a *app) search(ctx context.Context, c *exploreCommand, s *explore.Subject, f *checkpointFile, strategy search.Strategy) (*explore.Result, error) {
	o := search.Options{Strategy: strategy, Workers: c.Workers, MaxRuns: c.Runs, Twice: c.Check}
	if f != nil {
		o.Subject, o.From, o.Checkpoint = f.subject, f.from, f.between
		if f.from != nil {
			fmt.Fprintf(a.out, "goes on from %s\n", f.name)
		}
	}
	p := a.progress(c)
	o.Progress = p.update()
	r, err := explore.Explore(ctx, s, o)
	p.clear()
	if err != nil || f == nil {
		return r, err
	}
	return r, f.end(r.Rest)
}

// checkpointFile is the file of -checkpoint. Its first line has a checksum of what
// follows, which is a [search.Checkpoint].
type checkpointFile struct {
	name    string
	subject string
	from    *search.Checkpoint // what it held at first; nil when it was not there
	next    time.Time          // when it is written next
}

// checkpointHead is the format of the first line.
const checkpointHead = "patchlab checkpoint %08x\n"

// checkpoint opens the command's file, whether it is there or not; nil when the command
// has none.
func (c *exploreCommand) checkpoint(built *experiment.Built, s *explore.Subject, strategy search.Strategy) (*checkpointFile, error) {
	if c.Checkpoint == "" {
		return nil, nil
	}
	f := &checkpointFile{name: c.Checkpoint}
	var err error
	if f.subject, err = c.identity(built, s); err == nil {
		err = f.open(strategy.Name())
	}
	if err != nil {
		return nil, f.error(err)
	}
	return f, nil
}

// open reads the file, if it is there, and wants it to be of the same search.
func (f *checkpointFile) open(strategy string) error {
	if strategy == "merging" {
		return errors.New("the strategy merging cannot go on from a file; exhaustive, reexecution, preemptions, delays, random and pct-1 to pct-3 can")
	}
	data, err := os.ReadFile(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	head, text, _ := bytes.Cut(data, []byte("\n"))
	if string(head)+"\n" != fmt.Sprintf(checkpointHead, crc32.ChecksumIEEE(text)) {
		return errors.New("it is no checkpoint, or damaged")
	}
	if f.from, err = search.ReadCheckpoint(bytes.NewReader(text)); err != nil {
		return err
	}
	if f.from.Strategy != strategy {
		return fmt.Errorf("it is of the strategy %s, not of %s", f.from.Strategy, strategy)
	}
	if f.from.Subject != f.subject {
		return fmt.Errorf("it is of (%s), not of (%s)", f.from.Subject, f.subject)
	}
	return nil
}

// identity says what is searched, and within what: a search goes on only where this is
// the same. The number stands for the scenario's text and the code that it was compiled to.
func (c *exploreCommand) identity(built *experiment.Built, s *explore.Subject) (string, error) {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return "", err
	}
	h := fnv.New64a()
	h.Write(text)
	for _, s := range built.Program.Segments {
		h.Write(s.Data)
	}
	seeds := c.seeds()
	classes := ""
	if c.Classes {
		classes = "-classes "
	}
	return fmt.Sprintf("%s%s-bound %d -seeds %d-%d %s %016x", s.Flags(), classes, c.Bound, seeds.First, seeds.Last, filepath.Base(c.File), h.Sum64()), nil
}

// between takes a checkpoint between two rounds. Writing takes a small part of the time
// only.
func (f *checkpointFile) between(c *search.Checkpoint) error {
	begin := time.Now()
	if begin.Before(f.next) {
		return nil
	}
	if err := f.write(c); err != nil {
		return err
	}
	f.next = time.Now().Add(max(2*time.Second, 20*time.Since(begin)))
	return nil
}

// end leaves what is left of the search in the file, or no file when nothing is.
func (f *checkpointFile) end(rest *search.Checkpoint) error {
	if rest != nil {
		return f.write(rest)
	}
	if err := os.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.error(err)
	}
	return nil
}

// write replaces the file: it is there in full, the old one or the new one, at any time.
func (f *checkpointFile) write(c *search.Checkpoint) error {
	var text bytes.Buffer
	if err := c.Write(&text); err != nil {
		return err
	}
	to, err := os.CreateTemp(filepath.Dir(f.name), filepath.Base(f.name)+".*")
	if err != nil {
		return f.error(err)
	}
	_, err = fmt.Fprintf(to, checkpointHead+"%s", crc32.ChecksumIEEE(text.Bytes()), text.Bytes())
	if err = errors.Join(err, to.Close()); err == nil {
		err = os.Rename(to.Name(), f.name)
	}
	if err != nil {
		return errors.Join(f.error(err), os.Remove(to.Name()))
	}
	return nil
}

// error says that something is wrong with the file, and names it once.
func (f *checkpointFile) error(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("-checkpoint %s: %w", f.name, err)
}
