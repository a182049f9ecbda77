package count

import (
	"fmt"
	"slices"
)

// The limits of a program. Numbers of steps and versions of variables must fit into a
// byte, sets of threads into a word.
const (
	maxThreads = 64
	maxSteps   = 250 // reads, writes and updates as written, in all threads
	maxLines   = 120 // steps and conditions of one thread; each needs up to two instructions
)

// code is a program made ready to be carried out: names are numbers, conditions are jumps.
type code struct {
	threads   []thread
	init      []int64  // first values, by variable
	variables []string // their names
	slots     int      // reads, writes and updates as written
	registers int      // of all threads
	branches  bool     // whether there is a condition, so that values matter
}

// thread is the code of one thread. It ends behind its last instruction.
type thread struct {
	code      []instruction
	registers int      // of this thread
	first     int      // the number of its first register
	names     []string // of its registers
}

// jump goes to another instruction of the thread.
const jump Op = 0

type instruction struct {
	op          Op
	variable    int
	slot        int // its number among the steps of all threads
	into        int // register of the thread, or -1
	value, left operand
	rel         Rel
	to          int // jump, If when it does not hold: the next instruction
}

// operand is an Operand whose register is a number, -1 when there is none.
type operand struct {
	register int
	add      int64
}

// compile makes a program ready. The error says what is wrong with it as data.
func compile(p *Program) (*code, error) {
	if n := len(p.Threads); n < 1 || n > maxThreads {
		return nil, fmt.Errorf("program %s has %d threads: want 1 to %d", p.Name, n, maxThreads)
	}
	c := &compiler{code: &code{}, byName: map[string]int{}}
	for _, v := range p.Init {
		c.init[c.variable(v.Var)] = v.Value
	}
	for i := range p.Threads {
		c.thread = thread{first: c.registers}
		c.names = nil
		c.lines = 0
		if err := c.steps(p.Threads[i].Steps); err != nil {
			return nil, fmt.Errorf("program %s: thread %s %w", p.Name, p.Threads[i].Name, err)
		}
		if c.lines > maxLines {
			return nil, fmt.Errorf("program %s: thread %s has %d steps and conditions: want at most %d",
				p.Name, p.Threads[i].Name, c.lines, maxLines)
		}
		c.thread.registers, c.thread.names = len(c.names), c.names
		c.registers += len(c.names)
		c.threads = append(c.threads, c.thread)
	}
	if c.slots > maxSteps {
		return nil, fmt.Errorf("program %s has %d steps: want at most %d", p.Name, c.slots, maxSteps)
	}
	return c.code, nil
}

type compiler struct {
	*code
	byName map[string]int
	thread thread   // the one being compiled
	names  []string // those of its registers
	lines  int      // its lines
}

func (c *compiler) variable(name string) int {
	n, ok := c.byName[name]
	if !ok {
		n = len(c.init)
		c.byName[name] = n
		c.init = append(c.init, 0)
		c.variables = append(c.variables, name)
	}
	return n
}

func (c *compiler) register(name string) int {
	if name == "" {
		return -1
	}
	n := slices.Index(c.names, name)
	if n < 0 {
		n = len(c.names)
		c.names = append(c.names, name)
	}
	return n
}

func (c *compiler) operand(o Operand) operand { return operand{c.register(o.Reg), o.Add} }

// emit appends an instruction and returns where it is.
func (c *compiler) emit(i instruction) int {
	c.thread.code = append(c.thread.code, i)
	return len(c.thread.code) - 1
}

func (c *compiler) steps(steps []Step) error {
	for i := range steps {
		s := &steps[i]
		c.lines++
		if s.Op == If {
			if err := c.condition(s); err != nil {
				return err
			}
			continue
		}
		if s.Op < Read || s.Op > If || s.Var == "" {
			return fmt.Errorf("has a step with operation %d on variable %q", s.Op, s.Var)
		}
		c.emit(instruction{
			op: s.Op, variable: c.variable(s.Var), slot: c.slots, into: c.register(s.Into), value: c.operand(s.Value),
		})
		c.slots++
	}
	return nil
}

func (c *compiler) condition(s *Step) error {
	if !slices.Contains(rels, string(s.Rel)) {
		return fmt.Errorf("has a condition with comparison %q", s.Rel)
	}
	c.branches = true
	test := c.emit(instruction{op: If, rel: s.Rel, left: c.operand(s.Left), value: c.operand(s.Value)})
	if err := c.steps(s.Then); err != nil {
		return err
	}
	if len(s.Else) == 0 {
		c.thread.code[test].to = len(c.thread.code)
		return nil
	}
	skip := c.emit(instruction{op: jump})
	c.thread.code[test].to = len(c.thread.code)
	if err := c.steps(s.Else); err != nil {
		return err
	}
	c.thread.code[skip].to = len(c.thread.code)
	return nil
}
