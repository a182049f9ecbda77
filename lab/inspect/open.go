package inspect

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/lines"
)

// File is what was found in a file.
type File struct {
	Name  string
	Parts []Part // the program, then patches in the scenario's order; or the one object

	sources sources
}

// Part is a program or an object.
type Part struct {
	Name  string // "program", or what the object is called
	Table *image.Symtab
	Lines *lines.Table

	segments []image.Segment
	fentry   []guest.Addr // where the profiling function is, or would be
	unknown  *placeholders
}

// moduleStep is what the addresses of modules are multiples of, as on the machine.
const moduleStep = 0x10000

// Open reads an ELF file, or reads a scenario and compiles it. The error is one line that names the
// file, but for a compiler's, which has as many as it has messages.
func Open(name string) (*File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &File{Name: name, sources: sources{}}
	switch {
	case bytes.HasPrefix(data, []byte("\x7fELF")):
		err = f.addELF(data)
	case bytes.IndexByte(data, 0) >= 0:
		err = fmt.Errorf("%s: neither an ELF file nor a scenario", name)
	default:
		err = f.addScenario(data)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// addELF adds the one part of an ELF file.
func (f *File) addELF(data []byte) error {
	const typeAt = elf.EI_NIDENT // e_type, little-endian
	if len(data) > typeAt && data[typeAt] == byte(elf.ET_REL) {
		o, err := image.ParseObject(f.Name, data)
		if err != nil {
			return err
		}
		_, err = f.addObject(o, f.Name, nil, image.ModuleArea.Start)
		return err
	}
	m, err := image.Parse(f.Name, data)
	if err == nil {
		f.addProgram(m)
	}
	return err
}

// addScenario adds what a scenario consists of.
func (f *File) addScenario(data []byte) error {
	s, err := scenario.Parse(f.Name, data)
	if err != nil {
		return err
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		return err
	}
	f.addProgram(built.Program)
	at := image.ModuleArea.Start
	for _, p := range s.Patches {
		end, err := f.addObject(built.Patches[p.Name], p.Name, built.Program, at)
		if err != nil {
			return err
		}
		at = (end + moduleStep - 1) &^ (moduleStep - 1)
	}
	return nil
}

func (f *File) addProgram(m *image.Image) {
	p := Part{Name: "program", Table: &m.Symtab, Lines: lines.Of(m), segments: m.Segments}
	for _, s := range m.ByName(fentry) {
		p.fentry = append(p.fentry, s.Addr)
	}
	f.Parts = append(f.Parts, p)
}

// addObject adds an object that is linked to at, with the symbols of the program if there is one; it
// returns where it ends.
func (f *File) addObject(o *image.Object, name string, program *image.Image, at guest.Addr) (guest.Addr, error) {
	unknown := &placeholders{program: program}
	l, err := o.Link(at, unknown)
	if err != nil {
		return 0, err
	}
	p := Part{Name: name, Table: &l.Symtab, Lines: lines.New(l.Debug), segments: l.Segments, unknown: unknown}
	if s, err := unknown.Resolve(fentry); err == nil {
		p.fentry = append(p.fentry, s.Addr)
	}
	f.Parts = append(f.Parts, p)
	return l.Range.End, nil
}

// fentry is what the call in a patch site is of, as compiled.
const fentry = "__fentry__"

// placeholders resolves what an object refers to: by the program, and what is not there to an
// address that stands for the name.
type placeholders struct {
	program *image.Image
	names   []string
}

const (
	placeholderBase guest.Addr = 0x60000000
	placeholderStep guest.Addr = 16
)

// Resolve implements [image.Resolver].
func (p *placeholders) Resolve(name string) (image.Symbol, error) {
	if p.program != nil {
		if s, err := p.program.Resolve(name); err == nil {
			return s, nil
		}
	}
	i := slices.Index(p.names, name)
	if i < 0 {
		i = len(p.names)
		p.names = append(p.names, name)
	}
	return image.Symbol{Name: name, Addr: placeholderBase + guest.Addr(i)*placeholderStep, Kind: image.KindLabel}, nil
}

// name returns the name that an address stands for, "" for none.
func (p *placeholders) name(a guest.Addr) (string, guest.Addr) {
	if p == nil || a < placeholderBase {
		return "", 0
	}
	if i := int((a - placeholderBase) / placeholderStep); i < len(p.names) {
		return p.names[i], placeholderBase + guest.Addr(i)*placeholderStep
	}
	return "", 0
}
