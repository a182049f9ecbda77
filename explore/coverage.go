package explore

import (
	"patchlab/emu"
	"patchlab/explore/coverage"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/insn"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
)

// Cover has the searches of a subject note which cells they visit.
func (s *Subject) Cover() error {
	sys, err := s.open()
	if err != nil {
		return err
	}
	defer sys.Close()
	s.covers = coverage.New(sys.lab, sys.facts(s.built))
	return nil
}

// Coverage returns what the searches have visited since Cover.
func (s *Subject) Coverage() *coverage.Report {
	all := s.covers.Set()
	for _, v := range s.visited {
		all.Add(v)
	}
	return s.covers.Report(all)
}

// openCovered makes a system that notes what it visits, if that is wanted.
func (s *Subject) openCovered() (*System, error) {
	sys, err := s.open()
	if err == nil && s.covers != nil {
		sys.visited = s.covers.Set()
		s.visited = append(s.visited, sys.visited)
	}
	return sys, err
}

// note notes the cells of the state that the system is in.
func (s *System) note() {
	if s.visited != nil {
		s.visited.Note(s.lab)
	}
}

// facts tells what is known of the search that begins at root.
func (s *System) facts(b *experiment.Built) coverage.Facts {
	f := coverage.Facts{Interrupts: s.bounds.Interrupts > 0}
	stage, target := s.lab.Model.At()
	busy := stage != livepatch.Complete
	begun := 0
	if busy {
		begun++
	}
	f.Patching, f.Unpatching = busy && target == livepatch.Patched, busy && target == livepatch.Unpatched
	for i, c := range s.d.Script {
		later := i >= s.start.command
		if later && s.d.Begins(i) {
			begun++
		}
		switch {
		case c.Verb == scenario.Insmod:
			s.patchFacts(&f, b, c.Patch)
			f.Enables = f.Enables || later
			f.Cancels = f.Cancels || later && c.Fails
			busy = busy || later
		case !later:
		case c.Verb == scenario.Write && c.Path.Attr == scenario.Enabled:
			f.Writes, f.Reverses, busy = true, f.Reverses || busy, true
		case c.Verb == scenario.WaitPath && c.Path.Attr == scenario.Transition && c.Value == "0":
			busy = false
		}
	}
	f.Alone = begun == 1
	f.Patching = f.Patching || f.Enables || f.Reverses
	f.Unpatching = f.Unpatching || f.Writes || f.Cancels
	s.callFacts(&f, b.Program.Functions)
	for _, t := range b.Program.Tasks {
		f.Users = f.Users || !t.Kernel
	}
	return f
}

// patchFacts takes in what a patch replaces and calls.
func (s *System) patchFacts(f *coverage.Facts, b *experiment.Built, name string) {
	linked, err := b.Patches[name].Link(emu.ModuleBase, b.Program)
	if err != nil {
		return // insmod will say so
	}
	decl, isPatch, err := linked.Patch()
	if err != nil || !isPatch {
		return
	}
	f.Patches++
	f.Replaces = f.Replaces || decl.Replace
	for _, o := range decl.Objects {
		f.Callbacks = f.Callbacks || o.Callbacks != image.CallbacksDecl{}
		for _, fn := range o.Funcs {
			for _, old := range b.Program.ByName(fn.OldName) {
				f.Replaced = append(f.Replaced, old.Addr)
			}
		}
	}
	s.callFacts(f, linked.Functions)
}

// callFacts takes in which services kernel code calls.
func (s *System) callFacts(f *coverage.Facts, funcs []image.Function) {
	for _, fn := range funcs {
		if fn.Range.Start >= emu.UserBase && fn.Range.Start < emu.ModuleBase {
			continue
		}
		for code, pc := fn.Code, fn.Range.Start; len(code) > 0; {
			in, err := insn.Decode(code, pc)
			if err != nil {
				break // data
			}
			if target, direct := in.DirectTarget(); direct && in.IsCall() {
				s.callFact(f, target)
			}
			code, pc = code[in.Len:], in.End()
		}
	}
}

func (s *System) callFact(f *coverage.Facts, target guest.Addr) {
	switch name := s.lab.Symbol(target); {
	case name == "pl_fork":
		f.Forks = true
	case name == "pl_cond_resched":
		f.Rescheds = true
	case name == "pl_sleep" || name == "pl_wait":
		f.Sleeps = true
	}
}
