package unwindtest

import (
	"fmt"
	"strconv"
	"strings"

	"patchlab/guest"
	"patchlab/unwind"
)

// Case is one stack as a file of text. A # starts a comment; every other line is
//
//	gate ADDR                       the return address at the end of stacks
//	func NAME START END WORD...     a function. The words: "frames"; "stop=ADDR"
//	                                (repeatable); "stub"; "why" and the rest of the line
//	stack START END                 the task's stack
//	top ADDR                        the end of what can be on it
//	regs rip=ADDR rsp=ADDR rbp=ADDR
//	user                            the task stopped in user mode
//	decided ADDR                    a body was decided on
//	word ADDR VALUE...              words of memory from ADDR upwards
//	hole ADDR                       memory from ADDR up cannot be read
//	expect                          what follows is expected, one entry per line
//
// Words of the stack that no line gives are 0xdead. The expected lines are "pc", "return" or
// "decided" and the place ("f+0x12", "gate"), or one line with the error's text.
type Case struct {
	Code   *unwind.CodeMap
	Target unwind.Target
	Memory *Memory
	Want   []string
}

// Parse reads a case. Its error names file and line.
func Parse(name, text string) (*Case, error) {
	p := parser{c: &Case{}, words: map[guest.Addr]uint64{}}
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if err := p.line(fields); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	if err := p.finish(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p.c, nil
}

type parser struct {
	c      *Case
	gate   guest.Addr
	funcs  []unwind.Func
	words  map[guest.Addr]uint64
	hole   guest.Addr
	expect bool
}

func (p *parser) line(f []string) error {
	if p.expect {
		p.c.Want = append(p.c.Want, strings.Join(f, " "))
		return nil
	}
	t := &p.c.Target
	switch f[0] {
	case "gate":
		return addrs(f[1:], &p.gate)
	case "func":
		return p.function(f[1:])
	case "stack":
		return addrs(f[1:], &t.Stack.Start, &t.Stack.End)
	case "top":
		return addrs(f[1:], &t.Top)
	case "regs":
		return p.regs(f[1:])
	case "user":
		t.InUser = true
		return addrs(f[1:])
	case "decided":
		return addrs(f[1:], &t.Decided)
	case "word":
		return p.word(f[1:])
	case "hole":
		return addrs(f[1:], &p.hole)
	case "expect":
		p.expect = true
		return addrs(f[1:])
	}
	return fmt.Errorf("unknown word %q", f[0])
}

func (p *parser) function(f []string) error {
	if len(f) < 3 {
		return fmt.Errorf("want NAME START END WORD..., got %q", f)
	}
	fn := unwind.Func{Name: f[0]}
	if err := addrs(f[1:3], &fn.Range.Start, &fn.Range.End); err != nil {
		return err
	}
	for i, w := range f[3:] {
		stop, isStop := strings.CutPrefix(w, "stop=")
		switch {
		case w == "frames":
			fn.Frames = true
		case w == "stub":
			fn.Stub = true
		case isStop:
			a, err := addr(stop)
			if err != nil {
				return err
			}
			fn.Stops = append(fn.Stops, a)
		case w == "why":
			fn.Why = strings.Join(f[3+i+1:], " ")
			p.funcs = append(p.funcs, fn)
			return nil
		default:
			return fmt.Errorf("unknown word %q", w)
		}
	}
	p.funcs = append(p.funcs, fn)
	return nil
}

func (p *parser) regs(f []string) error {
	for _, w := range f {
		name, value, _ := strings.Cut(w, "=")
		a, err := addr(value)
		if err != nil {
			return err
		}
		switch r := &p.c.Target.Regs; name {
		case "rip":
			r.RIP = a
		case "rsp":
			r.GPR[guest.RSP] = uint64(a)
		case "rbp":
			r.GPR[guest.RBP] = uint64(a)
		default:
			return fmt.Errorf("unknown register %q", name)
		}
	}
	return nil
}

func (p *parser) word(f []string) error {
	if len(f) < 2 {
		return fmt.Errorf("want ADDR VALUE..., got %q", f)
	}
	at, err := addr(f[0])
	if err != nil {
		return err
	}
	for i, w := range f[1:] {
		v, err := addr(w)
		if err != nil {
			return err
		}
		a := at + guest.Addr(8*i)
		if _, twice := p.words[a]; twice {
			return fmt.Errorf("a second word at %s", a)
		}
		p.words[a] = uint64(v)
	}
	return nil
}

func (p *parser) finish() error {
	p.c.Code = unwind.NewCodeMap(p.gate)
	if err := p.c.Code.Add(p.funcs...); err != nil {
		return err
	}
	if len(p.c.Want) == 0 && !p.c.Target.InUser {
		return fmt.Errorf("expects nothing")
	}
	if r := p.c.Target.Stack; r.Start > r.End || r.Size() > 1<<20 {
		return fmt.Errorf("stack %s is not one", r)
	}
	p.c.Memory = NewMemory(p.c.Target.Stack)
	for a, v := range p.words {
		if err := guest.WriteU64(p.c.Memory, a, v); err != nil {
			return fmt.Errorf("word at %s is not on the stack", a)
		}
	}
	p.c.Memory.Hole = p.hole
	p.c.Target.Memory = p.c.Memory
	return nil
}

func addrs(f []string, to ...*guest.Addr) error {
	if len(f) != len(to) {
		return fmt.Errorf("want %d addresses, got %q", len(to), f)
	}
	for i, s := range f {
		a, err := addr(s)
		if err != nil {
			return err
		}
		*to[i] = a
	}
	return nil
}

func addr(s string) (guest.Addr, error) {
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not an address", s)
	}
	return guest.Addr(v), nil
}
