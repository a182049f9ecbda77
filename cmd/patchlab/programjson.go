package main

import (
	"errors"

	"patchlab/emu"
	"patchlab/emu/kernel"
	"patchlab/guest"
	"patchlab/lab/process"
)

// processJSON is the report of a run of a program.
type processJSON struct {
	Schema  string           `json:"schema"`
	File    string           `json:"file"`
	Args    []string         `json:"args"`
	Status  int              `json:"status"`
	Signal  int              `json:"signal"`
	Error   string           `json:"error"`
	Fault   *faultJSON       `json:"fault"`
	Stdout  streamJSON       `json:"stdout"`
	Stderr  streamJSON       `json:"stderr"`
	Calls   []callJSON       `json:"calls"`
	Unknown []callJSON       `json:"unknown"`
	Seed    uint64           `json:"seed"`
	Steps   uint64           `json:"steps"`
	Time    guest.Time       `json:"time"`
	Stats   processStatsJSON `json:"stats"`
	Digest  string           `json:"digest"`
}

type streamJSON struct {
	Text  string `json:"text"`
	Bytes uint64 `json:"bytes"`
}

type callJSON struct {
	Name  string `json:"name"`
	Times uint32 `json:"times"`
}

type processStatsJSON struct {
	Turns        uint64 `json:"turns"`
	Instructions uint64 `json:"instructions"`
	Switches     uint64 `json:"switches"`
	Peak         uint64 `json:"peak"`
}

// maxKept bounds what is kept of a stream: a program may write without end.
const maxKept = 1 << 20

// stream keeps the beginning of what is written.
type stream struct {
	kept []byte
	n    uint64
}

// Write implements [io.Writer].
func (s *stream) Write(p []byte) (int, error) {
	s.n += uint64(len(p))
	s.kept = append(s.kept, p[:min(len(p), maxKept-len(s.kept))]...)
	return len(p), nil
}

func (s *stream) json() streamJSON { return streamJSON{string(s.kept), s.n} }

// runProgramJSON runs a program with its output kept for the report.
func (a *app) runProgramJSON(c *runCommand, config process.Config) (status, error) {
	var out, errs stream
	config.Kernel.Stdout, config.Kernel.Stderr = &out, &errs
	r, err := a.once(config, c.Timeout)
	if err != nil {
		return badInput, err
	}
	defer r.close()
	if r.p == nil { // it may be running still
		return r.status, r.err
	}
	j := describeProcess(c, r)
	j.Stdout, j.Stderr = out.json(), errs.json()
	return r.status, writeJSON(a.out, j)
}

func describeProcess(c *runCommand, r *programRun) processJSON {
	m, k := r.p.Machine, r.p.Kernel
	s := m.Stats()
	_, signal, _ := k.Ended()
	j := processJSON{
		Schema: "patchlab/process/1", File: c.File, Args: append([]string{}, c.Args...), Status: int(r.status), Signal: signal,
		Calls: callsJSON(k.Calls()), Unknown: callsJSON(k.Unknown()), Seed: c.Seed.first, Steps: m.Steps(), Time: m.Now(),
		Stats:  processStatsJSON{s.Turns, s.Instructions, s.Switches, k.Peak()},
		Digest: r.p.Digest().String(),
	}
	var f *emu.Fault
	switch {
	case errors.As(r.err, &f):
		j.Fault = &faultJSON{
			Task: f.Task, Name: f.Name, Time: f.Time, Mode: f.Mode.String(), PC: f.PC.String(), Symbol: f.Symbol, Line: f.Line,
			Insn: f.Insn, What: f.What, Stack: r.p.Stack(f),
		}
	case r.err != nil:
		j.Error = r.err.Error()
	}
	return j
}

func callsJSON(counts []kernel.Count) []callJSON {
	list := []callJSON{}
	for _, c := range counts {
		list = append(list, callJSON{c.Name, c.Times})
	}
	return list
}
