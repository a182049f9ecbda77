package image

import (
	"debug/elf"
	"fmt"

	"patchlab/guest"
)

// Gate lets user mode call a function of the kernel part by number. Gates are the
// entries of the section .patchlab.gates: two words, number and function.
type Gate struct {
	Number uint64 // in rax of the SYSCALL: from GateFirst to GateLast
	Fn     guest.Addr
}

// The numbers that gates may have.
const (
	GateFirst = 0x1000
	GateLast  = 0x1fff
)

// TaskDecl is a task that is there when the program starts: in user mode at its entry, or
// a kernel thread, which begins with its entry in the kernel part and never leaves it.
// Tasks are the entries of the sections .patchlab.tasks and .patchlab.kthreads: three
// words, the address of the name, the entry, and the argument.
type TaskDecl struct {
	Name   string // unique
	Entry  guest.Addr
	Arg    uint64 // in rdi
	Kernel bool   // a kernel thread
}

const (
	maxTaskName = 64   // bytes, the final zero included
	maxTasks    = 4096 // far more than a laboratory needs, and than its stacks have room for

	gatesSection   = ".patchlab.gates"
	tasksSection   = ".patchlab.tasks"
	threadsSection = ".patchlab.kthreads"
)

// readDeclarations reads the tables of a kernel-style program.
func (f *elfFile) readDeclarations(m *Image) error {
	for i := range f.sections {
		s := &f.sections[i]
		var read func(where string, rec []uint64) error
		words := 0
		switch s.name {
		case gatesSection:
			read, words = func(w string, r []uint64) error { return f.addGate(m, w, r) }, 2
		case tasksSection:
			read, words = func(w string, r []uint64) error { return f.addTask(m, w, r, false) }, 3
		case threadsSection:
			read, words = func(w string, r []uint64) error { return f.addTask(m, w, r, true) }, 3
		default:
			continue
		}
		where := "section " + s.name
		if m.Style != KernelStyle {
			return f.errorf(ErrDeclaration, where, "only a kernel-style program has it: the note that says so is missing")
		}
		recs, err := s.records(words)
		if err != nil {
			return f.errorf(ErrDeclaration, where, "%v", err)
		}
		for n, rec := range recs {
			if err := read(fmt.Sprintf("%s, entry %d", where, n), rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// records returns the contents of a section that is an array of records of n words.
func (s *section) records(n int) ([][]uint64, error) {
	if s.is(elf.SHT_NOBITS) && s.Size != 0 || !s.flag(elf.SHF_ALLOC) {
		return nil, fmt.Errorf("not a section with contents that is loaded")
	}
	return records(s.data, n)
}

func (f *elfFile) addGate(m *Image, where string, rec []uint64) error {
	g := Gate{Number: rec[0], Fn: guest.Addr(rec[1])}
	if g.Number < GateFirst || g.Number > GateLast {
		return f.errorf(ErrDeclaration, where, "number %#x: gates have numbers from %#x to %#x", g.Number, GateFirst, GateLast)
	}
	if s := segmentAt(m.Segments, g.Fn); s == nil || s.Perm&(guest.Exec|guest.User) != guest.Exec {
		return f.errorf(ErrDeclaration, where, "%s is no function of the kernel part", m.describe(g.Fn))
	}
	for _, o := range m.Gates {
		if o.Number == g.Number {
			return f.errorf(ErrDeclaration, where, "%s and %s have the same number %#x", m.describe(o.Fn), m.describe(g.Fn), g.Number)
		}
	}
	m.Gates = append(m.Gates, g)
	return nil
}

func (f *elfFile) addTask(m *Image, where string, rec []uint64, kernel bool) error {
	name, err := stringAt(m.Segments, guest.Addr(rec[0]), maxTaskName)
	if err != nil {
		return f.errorf(ErrDeclaration, where, "name: %v", err)
	}
	if len(m.Tasks) == maxTasks {
		return f.errorf(ErrDeclaration, where, "more than %d tasks", maxTasks)
	}
	t := TaskDecl{Name: name, Entry: guest.Addr(rec[1]), Arg: rec[2], Kernel: kernel}
	part, perm := "user", guest.Exec|guest.User
	if kernel {
		part, perm = "kernel", guest.Exec
	}
	if s := segmentAt(m.Segments, t.Entry); s == nil || s.Perm&(guest.Exec|guest.User) != perm {
		return f.errorf(ErrDeclaration, where, "task %s enters at %s, which is no function of the %s part", t.Name, m.describe(t.Entry), part)
	}
	for _, o := range m.Tasks {
		if o.Name == t.Name {
			return f.errorf(ErrDeclaration, where, "a second task with the name %s", t.Name)
		}
	}
	m.Tasks = append(m.Tasks, t)
	return nil
}

// describe returns an address with its symbol.
func (t *Symtab) describe(a guest.Addr) string {
	switch s, off, ok := t.Lookup(a); {
	case !ok:
		return a.String()
	case off == 0:
		return fmt.Sprintf("%s <%s>", a, s.Name)
	default:
		return fmt.Sprintf("%s <%s+%#x>", a, s.Name, off)
	}
}
