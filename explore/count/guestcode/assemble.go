package guestcode

import (
	"encoding/binary"
	"fmt"

	"patchlab/emu"
	"patchlab/explore/count"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/testprogs/include"
)

// Where the parts of the guest lie: code in the program's user part, and two kinds of data,
// each in pages of its own.
const (
	codeBase     = emu.UserBase
	variableBase = codeBase + 0x100000
	registerBase = codeBase + 0x200000
	wordSize     = 8
)

// step is a step of the program as guest code.
type step struct {
	at       guest.Addr // the instruction that accesses the variable
	variable guest.Range
	op       count.Op
	name     string // of the point, such as "2:write:x": the second line of its thread
}

// code is a program as guest code.
type code struct {
	program   *count.Program
	image     *image.Image
	steps     []step // in the order in which they are written, in all threads
	variables map[string]guest.Addr
	varNames  []string                // of the variables, in the order of their addresses
	registers []map[string]guest.Addr // by thread
	regNames  [][]string              // likewise, in the order of their addresses
}

// assembler emits the code of one thread after the other.
type assembler struct {
	*code
	text   []byte
	thread int
	line   int // in the thread
	nregs  int // of all threads
}

// assemble makes guest code of a program that count.Start accepts.
func assemble(p *count.Program) *code {
	a := &assembler{code: &code{program: p, variables: map[string]guest.Addr{}}}
	initial := map[string]int64{}
	for _, v := range p.Init {
		a.variable(v.Var)
		initial[v.Var] = v.Value
	}
	a.image = &image.Image{Name: p.Name, Style: image.KernelStyle}
	for i, t := range p.Threads {
		a.thread, a.line = i, 0
		a.registers = append(a.registers, map[string]guest.Addr{})
		a.regNames = append(a.regNames, nil)
		entry := a.here()
		a.block(t.Steps)
		a.emit(0xb8) // mov $UserExit, %eax
		a.word32(include.UserExit)
		a.emit(0x31, 0xff) // xor %edi, %edi
		a.emit(0x0f, 0x05) // syscall
		a.image.Tasks = append(a.image.Tasks, image.TaskDecl{Name: t.Name, Entry: entry})
	}
	values := make([]byte, wordSize*max(1, len(a.varNames)))
	for i, name := range a.varNames {
		binary.LittleEndian.PutUint64(values[wordSize*i:], uint64(initial[name]))
	}
	a.segment(codeBase, a.text, guest.Read|guest.Exec)
	a.segment(variableBase, values, guest.Read|guest.Write)
	a.segment(registerBase, make([]byte, wordSize*max(1, a.nregs)), guest.Read|guest.Write)
	return a.code
}

func (a *assembler) segment(at guest.Addr, data []byte, perm guest.Perm) {
	a.image.Segments = append(a.image.Segments, image.Segment{
		Range: guest.RangeOf(at, uint64(len(data))), Perm: perm | guest.User, Data: data,
	})
}

func (a *assembler) variable(name string) guest.Addr {
	at, ok := a.variables[name]
	if !ok {
		at = variableBase + guest.Addr(wordSize*len(a.varNames))
		a.variables[name] = at
		a.varNames = append(a.varNames, name)
	}
	return at
}

func (a *assembler) register(name string) guest.Addr {
	at, ok := a.registers[a.thread][name]
	if !ok {
		at = registerBase + guest.Addr(wordSize*a.nregs)
		a.nregs++
		a.registers[a.thread][name] = at
		a.regNames[a.thread] = append(a.regNames[a.thread], name)
	}
	return at
}

func (a *assembler) here() guest.Addr { return codeBase + guest.Addr(len(a.text)) }

func (a *assembler) emit(b ...byte) { a.text = append(a.text, b...) }

func (a *assembler) word32(v uint32) { a.text = binary.LittleEndian.AppendUint32(a.text, v) }

// memory emits an instruction with %rax and the 8 bytes at an address below 2 GiB.
func (a *assembler) memory(at guest.Addr, opcode ...byte) {
	a.emit(opcode...)
	a.emit(0x04, 0x25) // no base, no index: the address follows
	a.word32(uint32(at))
}

// load puts the value of an operand into %rax.
func (a *assembler) load(o count.Operand) {
	a.emit(0x48, 0xb8) // movabs $Add, %rax
	a.text = binary.LittleEndian.AppendUint64(a.text, uint64(o.Add))
	if o.Reg != "" {
		a.memory(a.register(o.Reg), 0x48, 0x03) // add (reg), %rax
	}
}

func (a *assembler) block(steps []count.Step) {
	for i := range steps {
		s := &steps[i]
		a.line++
		if s.Op == count.If {
			a.condition(s)
		} else {
			a.access(s)
		}
	}
}

// accesses has the opcode of each operation on %rax and memory.
var accesses = map[count.Op][]byte{
	count.Read:     {0x48, 0x8b},             // mov (var), %rax
	count.Write:    {0x48, 0x89},             // mov %rax, (var)
	count.Add:      {0xf0, 0x48, 0x0f, 0xc1}, // lock xadd %rax, (var)
	count.Exchange: {0x48, 0x87},             // xchg %rax, (var), which locks by itself
}

// words are the operations as points have them.
var words = map[count.Op]string{count.Read: "read", count.Write: "write", count.Add: "add", count.Exchange: "exchange"}

func (a *assembler) access(s *count.Step) {
	if s.Op != count.Read {
		a.load(s.Value)
	}
	at := a.variable(s.Var)
	a.steps = append(a.steps, step{
		at: a.here(), variable: guest.RangeOf(at, wordSize), op: s.Op,
		name: fmt.Sprintf("%d:%s:%s", a.line, words[s.Op], s.Var),
	})
	a.memory(at, accesses[s.Op]...)
	if s.Into != "" {
		a.memory(a.register(s.Into), 0x48, 0x89) // mov %rax, (reg)
	}
}

// unless has the jumps that are taken when a comparison does not hold.
var unless = map[count.Rel]byte{count.Equal: 0x85, count.NotEqual: 0x84, count.Less: 0x8d, count.Greater: 0x8e}

func (a *assembler) condition(s *count.Step) {
	a.load(s.Value)
	a.emit(0x48, 0x89, 0xc1) // mov %rax, %rcx
	a.load(s.Left)
	a.emit(0x48, 0x39, 0xc8) // cmp %rcx, %rax
	a.emit(0x0f, unless[s.Rel])
	toElse := a.hole()
	a.block(s.Then)
	a.emit(0xe9) // jmp
	toEnd := a.hole()
	a.fill(toElse)
	a.block(s.Else)
	a.fill(toEnd)
}

// hole leaves room for the distance of a jump, and fill has the jump come here.
func (a *assembler) hole() int {
	a.word32(0)
	return len(a.text)
}

func (a *assembler) fill(hole int) {
	binary.LittleEndian.PutUint32(a.text[hole-4:], uint32(len(a.text)-hole))
}
