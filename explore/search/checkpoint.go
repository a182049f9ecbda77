package search

import (
	"encoding/json"
	"fmt"
	"io"
)

// checkpointVersion changes whenever older files can no longer be read.
const checkpointVersion = 1

// Checkpoint is where a search stands: what is left of the tree, as the choices at each
// depth, and what has been counted. It is read and written as JSON text.
type Checkpoint struct {
	Version  int      `json:"version"`
	Subject  string   `json:"subject"`
	Strategy string   `json:"strategy"`
	Levels   []Level  `json:"levels,omitempty"` // those done
	Before   uint64   `json:"before"`           // runs of the levels done
	Bound    int      `json:"bound"`            // of the level being searched
	Counts   Counts   `json:"counts"`           // of that level
	Mass     float64  `json:"mass"`             // likewise
	Points   []uint32 `json:"points"`
	Found    []failed `json:"found,omitempty"`
	Classes  *pairSet `json:"classes"`
	Jobs     []*job   `json:"jobs,omitempty"`

	// Of strategies that sample:
	Schedules *pairSet `json:"schedules,omitempty"`
	Seed      uint64   `json:"seed,omitempty"` // the next one
	PCT       *pctRun  `json:"pct,omitempty"`
}

// failed is a finding.
type failed struct {
	Failure Failure  `json:"failure"`
	Path    []Choice `json:"path"`
	Run     uint64   `json:"run"`
	Seed    uint64   `json:"seed,omitempty"`
}

// MarshalText writes a choice as three numbers.
func (c Choice) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%d.%d", c.Actor, c.Kind, c.Point), nil
}

// UnmarshalText reads what MarshalText wrote.
func (c *Choice) UnmarshalText(text []byte) error {
	var n Choice
	if _, err := fmt.Sscanf(string(text), "%d.%d.%d", &n.Actor, &n.Kind, &n.Point); err != nil {
		return fmt.Errorf("%q is no choice", text)
	}
	if back, _ := n.MarshalText(); string(back) != string(text) {
		return fmt.Errorf("%q is no choice", text)
	}
	*c = n
	return nil
}

// Write writes the checkpoint.
func (c *Checkpoint) Write(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(c); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// ReadCheckpoint reads what Write wrote.
func ReadCheckpoint(r io.Reader) (*Checkpoint, error) {
	var c Checkpoint
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return &c, nil
}

// check wants what a search may rely on without looking at the system.
func (c *Checkpoint) check() error {
	if c.Version != checkpointVersion {
		return fmt.Errorf("its version is %d; this program reads %d", c.Version, checkpointVersion)
	}
	if c.Classes == nil {
		return fmt.Errorf("no classes")
	}
	if len(c.Jobs) == 0 && c.Seed == 0 {
		return fmt.Errorf("nothing is left to do")
	}
	for i, j := range c.Jobs {
		if j == nil || j.Base < 0 || j.Base > len(j.Marks) {
			return fmt.Errorf("job %d: base out of range", i+1)
		}
		for k, m := range j.Marks {
			if m.Index < 0 || int(m.Index) >= len(m.Choices) {
				return fmt.Errorf("job %d, depth %d: choice %d of %d", i+1, k+1, m.Index, len(m.Choices))
			}
		}
	}
	return nil
}

// checkpoint sets down where the search stands. It shares memory with the driver.
func (d *driver) checkpoint(jobs []*job) *Checkpoint {
	c := &Checkpoint{
		Version: checkpointVersion, Subject: d.o.Subject, Strategy: d.o.Strategy.Name(),
		Before: d.before, Bound: d.bound, Counts: d.result.Counts, Mass: d.mass,
		Points: d.points.points(), Classes: &d.classes, Jobs: jobs,
	}
	for _, l := range d.result.Levels {
		if l.Bound < d.bound {
			c.Levels = append(c.Levels, l)
		}
	}
	for _, f := range d.found {
		c.Found = append(c.Found, failed{f.failure, f.path, f.run, f.seed})
	}
	return c
}

// from takes up what an earlier search left, and wants it to fit the system.
func (d *driver) from() error {
	c := d.o.From
	if c == nil {
		return nil
	}
	if c.Subject != d.o.Subject {
		return fmt.Errorf("checkpoint: it is of %q, not of %q", c.Subject, d.o.Subject)
	}
	if c.Strategy != d.o.Strategy.Name() {
		return fmt.Errorf("checkpoint: it is of the strategy %s, not of %s", c.Strategy, d.o.Strategy.Name())
	}
	d.result.Levels, d.before, d.result.Counts, d.mass = c.Levels, c.Before, c.Counts, c.Mass
	d.progress, d.share = c.Counts, c.Mass
	for _, p := range c.Points {
		d.points.add(p)
	}
	if c.PCT != nil {
		p := *c.PCT
		d.pct = &p
	}
	d.bound, d.already = c.Bound, len(c.Found)
	for _, f := range c.Found {
		d.found = append(d.found, finding{f.Failure, f.Path, f.Run, f.Seed})
	}
	d.classes.addAll(c.Classes)
	if c.Schedules != nil {
		d.scheds.addAll(c.Schedules)
	}
	return nil
}

// jobs returns what a tree search begins with.
func (d *driver) jobs(l limit) ([]*job, error) {
	if d.o.From == nil {
		return []*job{{}}, nil
	}
	e := d.workers[0].explorer
	e.limit = l
	for i, j := range d.o.From.Jobs {
		e.out = &tally{}
		if err := e.resume(j); err != nil {
			return nil, fmt.Errorf("checkpoint: job %d does not fit: %w", i+1, err)
		}
	}
	return d.o.From.Jobs, nil
}
