package inspect

import (
	"fmt"
	"strings"

	"patchlab/guest"
	"patchlab/insn"
	"patchlab/lines"
)

// bytesWidth is how many columns the bytes of an instruction get; longer ones push the text away.
const bytesWidth = 3*8 - 1

// Listing writes code, one instruction a line: address, bytes, and text in Intel syntax. Where the
// source line is another one than before, it stands above, with its text if the file can be read.
func (f *File) Listing(s Span) string {
	var b strings.Builder
	code := make([]byte, s.Range.Size())
	if err := s.Part.readAt(s.Range.Start, code); err != nil {
		panic("BUG: a span outside of its part: " + err.Error())
	}
	names := f.symbolizer(s.Part)
	var last lines.Line
	for at := s.Range.Start; at < s.Range.End; {
		if name, start := names(at); name != "" && start == at {
			fmt.Fprintf(&b, "%s <%s>: %s\n", at, name, s.Part.Name)
		}
		if l, ok := s.Part.Lines.Find(at); ok && l != last {
			b.WriteString(strings.TrimRight(fmt.Sprintf("%s:%d  %s", l.File, l.Line, f.sources.line(l)), " ") + "\n")
			last = l
		}
		in, err := insn.Decode(code, at)
		n, text := in.Len, ""
		if err == nil {
			text = in.Text(names)
		} else {
			n, text = 1, fmt.Sprintf(".byte %#02x", code[0])
		}
		fmt.Fprintf(&b, "  %s  %-*s  %s\n", at, bytesWidth, fmt.Sprintf("% x", code[:n]), text)
		code, at = code[n:], at+guest.Addr(n)
	}
	return b.String()
}

// symbolizer names addresses as seen from a part: its own, those of others, those that nobody has.
func (f *File) symbolizer(p *Part) insn.Symbolizer {
	return func(a guest.Addr) (string, guest.Addr) {
		if s, off, ok := p.Table.Lookup(a); ok {
			return s.Name, a - guest.Addr(off)
		}
		for i := range f.Parts {
			if s, off, ok := f.Parts[i].Table.Lookup(a); ok {
				return s.Name, a - guest.Addr(off)
			}
		}
		return p.unknown.name(a)
	}
}
