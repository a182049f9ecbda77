package count

import (
	"fmt"
	"strings"
)

// Program is a step program: plain data, no part of which is shared with others or
// changed by this package.
type Program struct {
	Name    string // one word
	Init    []Init // variables that do not begin with 0
	Threads []Thread
}

// Init is the value with which a variable begins.
type Init struct {
	Var   string
	Value int64
}

// Thread is one thread of a program. Its registers are its own and begin with 0.
type Thread struct {
	Name  string
	Steps []Step
}

// Op is what a step does.
type Op int

// The operations. If is carried out with the step before it and is none of its own.
const (
	Read     Op = iota + 1 // Into = Var
	Write                  // Var = Value
	Add                    // Into = Var, Var = Var + Value, at once
	Exchange               // Into = Var, Var = Value, at once
	If                     // Then or Else, as Left Rel Value says
)

// Step is one line of a thread, or with If a line and what hangs on it.
type Step struct {
	Op         Op
	Var        string  // all but If: the variable
	Into       string  // Read, Add, Exchange: the register that gets what was there, or ""
	Value      Operand // Write, Add, Exchange, If; arithmetic wraps around
	Left       Operand // If
	Rel        Rel     // If
	Then, Else []Step  // If
}

// Operand is a register, or 0 when Reg is empty, and a number to add.
type Operand struct {
	Reg string
	Add int64
}

// String returns the operand as files have it: "r", "r+1" or "3".
func (o Operand) String() string {
	switch {
	case o.Reg == "":
		return fmt.Sprint(o.Add)
	case o.Add == 0:
		return o.Reg
	}
	return fmt.Sprintf("%s%+d", o.Reg, o.Add)
}

// Rel is a comparison of two numbers with signs.
type Rel string

// The comparisons.
const (
	Equal    Rel = "=="
	NotEqual Rel = "!="
	Less     Rel = "<"
	Greater  Rel = ">"
)

var rels = []string{string(Equal), string(NotEqual), string(Less), string(Greater)}

// Size returns how many steps the program has as it is written: what stands in conditions
// counts, the conditions do not.
func (p *Program) Size() int {
	n := 0
	for _, t := range p.Threads {
		n += size(t.Steps)
	}
	return n
}

func size(steps []Step) int {
	n := 0
	for _, s := range steps {
		if s.Op == If {
			n += size(s.Then) + size(s.Else)
		} else {
			n++
		}
	}
	return n
}

// String returns the program as a file has it; [Parse] makes the same program of it.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %s\n", p.Name)
	for _, v := range p.Init {
		fmt.Fprintf(&b, "init %s %d\n", v.Var, v.Value)
	}
	for _, t := range p.Threads {
		fmt.Fprintf(&b, "thread %s\n", t.Name)
		writeSteps(&b, "  ", t.Steps)
	}
	return b.String()
}

func writeSteps(b *strings.Builder, indent string, steps []Step) {
	for _, s := range steps {
		b.WriteString(indent)
		switch s.Op {
		case Read:
			fmt.Fprintf(b, "read %s", s.Var)
		case Write:
			fmt.Fprintf(b, "write %s %s", s.Var, s.Value)
		case Add:
			fmt.Fprintf(b, "atomic %s + %s", s.Var, s.Value)
		case Exchange:
			fmt.Fprintf(b, "atomic %s = %s", s.Var, s.Value)
		case If:
			fmt.Fprintf(b, "if %s %s %s", s.Left, s.Rel, s.Value)
		default:
			fmt.Fprintf(b, "op %d", s.Op)
		}
		if s.Into != "" {
			fmt.Fprintf(b, " into %s", s.Into)
		}
		b.WriteByte('\n')
		if s.Op != If {
			continue
		}
		writeSteps(b, indent+"  ", s.Then)
		if len(s.Else) > 0 {
			b.WriteString(indent + "else\n")
			writeSteps(b, indent+"  ", s.Else)
		}
		b.WriteString(indent + "end\n")
	}
}
