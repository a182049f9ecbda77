package image

import (
	"cmp"
	"debug/elf"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"patchlab/guest"
)

// Where the parts of a guest lie. Everything is below 2 GiB, so that 32-bit
// displacements reach from anywhere to anywhere.
var (
	// ProgramArea is for the program. Nothing is mapped below it.
	ProgramArea = guest.Range{Start: 0x10000, End: 0x10000000}
	// ModuleArea is for modules, patches among them.
	ModuleArea = guest.Range{Start: 0x10000000, End: 0x20000000}
)

// UserPart is where the user part of a kernel-style program begins: what lies below
// is the kernel's.
const UserPart guest.Addr = 0x08000000

// PIEBase is where a position-independent program lies, as others do by habit.
const PIEBase guest.Addr = 0x400000

// Image is a program: a static executable, at fixed addresses. It is immutable.
type Image struct {
	Name  string
	Style Style
	// Entry is where the program starts. A kernel-style program starts with its tasks;
	// its entry may be 0.
	Entry guest.Addr
	// Segments are the parts of memory, by address.
	Segments []Segment
	// ProgramHeaders is where the program headers lie in memory, and HeaderCount how
	// many there are: what the auxiliary vector tells the C library (AT_PHDR, AT_PHNUM;
	// an entry has 56 bytes). The range is empty if no segment holds them.
	ProgramHeaders guest.Range
	HeaderCount    int
	// Gates and Tasks are what a kernel-style program declares, in its order.
	Gates []Gate
	Tasks []TaskDecl

	Symtab

	// Bias is what was added to the addresses in the file: 0 unless it is position-independent.
	Bias  guest.Addr
	debug []section // with debugging information
}

// Parse reads the program in b. The name is for errors. The error is an [Error].
func Parse(name string, b []byte) (*Image, error) {
	f, err := openELF(name, b)
	if err != nil {
		return nil, err
	}
	m := &Image{Name: name}
	if m.Style, err = f.style(); err != nil {
		return nil, err
	}
	if err := f.checkProgram(m.Style); err != nil {
		return nil, err
	}
	m.Entry = guest.Addr(f.hdr.Entry + f.bias)
	m.Bias, m.debug = guest.Addr(f.bias), f.debugSections()
	if m.Segments, err = f.segments(m.Style); err != nil {
		return nil, err
	}
	if err := f.checkEntry(m); err != nil {
		return nil, err
	}
	m.findProgramHeaders(f)
	if m.Symtab, err = f.programSymbols(m.Segments); err != nil {
		return nil, err
	}
	if m.Recorded, err = f.recordedIn(m.Segments); err != nil {
		return nil, err
	}
	if err := f.readDeclarations(m); err != nil {
		return nil, err
	}
	return m, nil
}

// checkProgram checks that the file is an executable that needs no dynamic linker, and
// decides where it lies.
func (f *elfFile) checkProgram(style Style) error {
	for _, p := range f.progs {
		if elf.ProgType(p.Type) != elf.PT_INTERP {
			continue
		}
		b, err := f.bytesAt("interpreter", p.Off, p.Filesz)
		if err != nil {
			return err
		}
		interp, _, _ := strings.Cut(string(b), "\x00")
		return f.errorf(ErrUnsupported, "", "dynamically linked, with the interpreter %q: link it with -static", interp)
	}
	switch t := elf.Type(f.hdr.Type); t {
	case elf.ET_EXEC:
		return nil
	case elf.ET_DYN:
		pie, err := f.isPIE()
		if err != nil {
			return err
		}
		if !pie || style == KernelStyle {
			return f.errorf(ErrUnsupported, "", "position-independent (ET_DYN), and no user-style program: link it with -static -no-pie")
		}
		f.bias = uint64(PIEBase)
		return nil
	case elf.ET_REL:
		return f.errorf(ErrUnsupported, "", "a relocatable object (ET_REL), which is a module: a program is a static executable")
	default:
		return f.errorf(ErrUnsupported, "", "%s: a program is a static executable (ET_EXEC)", t)
	}
}

// isPIE reports whether a position-independent file says that it is a program, by the flag
// DF_1_PIE, and not a library. A static one relocates itself when it starts.
func (f *elfFile) isPIE() (bool, error) {
	for _, p := range f.progs {
		if elf.ProgType(p.Type) != elf.PT_DYNAMIC {
			continue
		}
		b, err := f.bytesAt("dynamic section", p.Off, p.Filesz)
		if err != nil {
			return false, err
		}
		var d elf.Dyn64
		for ; len(b) >= dynSize; b = b[dynSize:] {
			decode(b[:dynSize], &d)
			if elf.DynTag(d.Tag) == elf.DT_FLAGS_1 && elf.DynFlag1(d.Val)&elf.DF_1_PIE != 0 {
				return true, nil
			}
		}
	}
	return false, nil
}

// segments returns what the program headers map, by address.
func (f *elfFile) segments(style Style) ([]Segment, error) {
	var segs []Segment
	for i, p := range f.progs {
		if elf.ProgType(p.Type) != elf.PT_LOAD || p.Memsz == 0 {
			continue
		}
		s, err := f.segment(fmt.Sprintf("program header %d", i), p, style)
		if err != nil {
			return nil, err
		}
		segs = append(segs, s)
	}
	slices.SortStableFunc(segs, func(a, b Segment) int { return cmp.Compare(a.Range.Start, b.Range.Start) })
	for i := 1; i < len(segs); i++ {
		a, b := segs[i-1].Range, segs[i].Range
		if guest.PageDown(b.Start) < guest.PageUp(a.End) {
			return nil, f.errorf(ErrUnsupported, "", "segments %s and %s share a page: align them to %#x bytes", a, b, guest.PageSize)
		}
	}
	if len(segs) == 0 {
		return nil, f.errorf(ErrUnsupported, "", "nothing to load: no PT_LOAD program header")
	}
	return segs, nil
}

func (f *elfFile) segment(where string, p elf.Prog64, style Style) (Segment, error) {
	if p.Filesz > p.Memsz {
		return Segment{}, f.errorf(ErrFormat, where, "%#x bytes in the file for %#x in memory", p.Filesz, p.Memsz)
	}
	data, err := f.bytesAt(where, p.Off, p.Filesz)
	if err != nil {
		return Segment{}, err
	}
	start, wrapped := bits.Add64(p.Vaddr, f.bias, 0)
	end, carry := bits.Add64(start, p.Memsz, 0)
	r := guest.Range{Start: guest.Addr(start), End: guest.Addr(end)}
	if wrapped != 0 || carry != 0 || !ProgramArea.Covers(r) {
		return Segment{}, f.errorf(ErrUnsupported, where, "%#x bytes at %s lie outside the program's area %s", p.Memsz, r.Start, ProgramArea)
	}
	s := Segment{Range: r, Data: data}
	for _, c := range []struct {
		flag elf.ProgFlag
		perm guest.Perm
	}{{elf.PF_R, guest.Read}, {elf.PF_W, guest.Write}, {elf.PF_X, guest.Exec}} {
		if elf.ProgFlag(p.Flags)&c.flag != 0 {
			s.Perm |= c.perm
		}
	}
	if s.Perm&guest.Write != 0 && s.Perm&guest.Exec != 0 {
		return Segment{}, f.errorf(ErrUnsupported, where, "%s is writable and executable: text is written by patches only", r)
	}
	if style == UserStyle || r.Start >= UserPart {
		s.Perm |= guest.User
	} else if r.End > UserPart {
		return Segment{}, f.errorf(ErrUnsupported, where, "%s reaches into the user part, which begins at %s", r, UserPart)
	}
	return s, nil
}

func (f *elfFile) checkEntry(m *Image) error {
	if m.Style == KernelStyle && m.Entry == 0 {
		return nil
	}
	if s := segmentAt(m.Segments, m.Entry); s == nil || s.Perm&guest.Exec == 0 {
		return f.errorf(ErrUnsupported, "entry", "%s lies in no executable segment", m.Entry)
	}
	return nil
}

// findProgramHeaders finds the segment that has the program headers in it.
func (m *Image) findProgramHeaders(f *elfFile) {
	m.HeaderCount = len(f.progs)
	size := uint64(len(f.progs)) * progSize
	for _, p := range f.progs {
		if elf.ProgType(p.Type) != elf.PT_LOAD || f.hdr.Phoff < p.Off || f.hdr.Phoff-p.Off > p.Filesz ||
			size > p.Filesz-(f.hdr.Phoff-p.Off) {
			continue
		}
		m.ProgramHeaders = guest.RangeOf(guest.Addr(p.Vaddr+f.bias+f.hdr.Phoff-p.Off), size)
		return
	}
}

func (f *elfFile) programSymbols(segs []Segment) (Symtab, error) {
	table, _, err := f.symbols()
	if err != nil {
		return Symtab{}, err
	}
	var syms []Symbol
	for i := range table {
		y := &table[i]
		at := guest.Addr(y.Value + f.bias)
		if kind, ok := keptKind(y); ok && segmentAt(segs, at) != nil {
			syms = append(syms, Symbol{Name: y.name, Addr: at, Size: y.Sym64.Size, Kind: kind, Binding: y.binding()})
		}
	}
	return symtabOf(segs, syms), nil
}
