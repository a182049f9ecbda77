package fp

import (
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
)

// machine is as much of a processor as a few instructions need. It is the judge of
// the analysis: it runs a function and looks whether the frame is there.
type machine struct {
	rsp, rbp, r10, rax uint64
	mem                map[uint64]uint64
}

const (
	callerRBP = 0xca11e4
	retAddr   = 0x4e7
	junk      = 0x7777
	stackAt   = 0x100000 // rsp at entry, more or less
)

func (m *machine) push(v uint64) { m.rsp -= 8; m.mem[m.rsp] = v }
func (m *machine) pop() uint64   { v := m.mem[m.rsp]; m.rsp += 8; return v }

// framed says whether rbp is the address of the complete frame, not below rsp.
func (m *machine) framed() bool {
	return m.mem[m.rbp] == callerRBP && m.mem[m.rbp+8] == retAddr && m.rbp >= m.rsp
}

// callee does what a callee may do: what it need not keep is gone.
func (m *machine) callee() {
	m.rax, m.r10 = junk, junk
	for a := range m.mem {
		if a < m.rsp {
			delete(m.mem, a)
		}
	}
}

// op is an instruction: its bytes and its meaning. Branches and calls have no
// meaning of their own.
type op struct {
	text string
	code []byte
	do   func(*machine)
}

var prologue = []op{
	{"push rbp", []byte{0x55}, func(m *machine) { m.push(m.rbp) }},
	{"mov rbp,rsp", []byte{0x48, 0x89, 0xe5}, func(m *machine) { m.rbp = m.rsp }},
}

var realign = []op{
	{"lea r10,[rsp+8]", []byte{0x4c, 0x8d, 0x54, 0x24, 0x08}, func(m *machine) { m.r10 = m.rsp + 8 }},
	{"and rsp,-32", []byte{0x48, 0x83, 0xe4, 0xe0}, func(m *machine) { m.rsp &^= 31 }},
	{"push [r10-8]", []byte{0x41, 0xff, 0x72, 0xf8}, func(m *machine) { m.push(m.mem[m.r10-8]) }},
}

var epilogue = []op{
	{"pop rbp", []byte{0x5d}, func(m *machine) { m.rbp = m.pop() }},
	{"leave", []byte{0xc9}, func(m *machine) { m.rsp = m.rbp; m.rbp = m.pop() }},
	{"lea rsp,[r10-8]", []byte{0x49, 0x8d, 0x62, 0xf8}, func(m *machine) { m.rsp = m.r10 - 8 }},
	{"mov rsp,rbp", []byte{0x48, 0x89, 0xec}, func(m *machine) { m.rsp = m.rbp }},
}

// regained makes rsp known again, if it was lost.
var regained = op{"lea rsp,[rbp-8]", []byte{0x48, 0x8d, 0x65, 0xf8}, func(m *machine) { m.rsp = m.rbp - 8 }}

var works = []op{
	{"push rax", []byte{0x50}, func(m *machine) { m.push(m.rax) }},
	{"pop rax", []byte{0x58}, func(m *machine) { m.rax = m.pop() }},
	{"pushed rbp", []byte{0x55}, func(m *machine) { m.push(m.rbp) }},
	{"sub rsp,16", []byte{0x48, 0x83, 0xec, 0x10}, func(m *machine) { m.rsp -= 16 }},
	{"add rsp,16", []byte{0x48, 0x83, 0xc4, 0x10}, func(m *machine) { m.rsp += 16 }},
	{"add rsp,-8", []byte{0x48, 0x83, 0xc4, 0xf8}, func(m *machine) { m.rsp -= 8 }},
	{"lea rsp,[rsp+8]", []byte{0x48, 0x8d, 0x64, 0x24, 0x08}, func(m *machine) { m.rsp += 8 }},
	{"lea rbp,[rsp]", []byte{0x48, 0x8d, 0x2c, 0x24}, func(m *machine) { m.rbp = m.rsp }},
	{"lea rbp,[rsp+8]", []byte{0x48, 0x8d, 0x6c, 0x24, 0x08}, func(m *machine) { m.rbp = m.rsp + 8 }},
	{"mov rbp,rax", []byte{0x48, 0x89, 0xc5}, func(m *machine) { m.rbp = m.rax }},
	{"mov rax,rbp", []byte{0x48, 0x89, 0xe8}, func(m *machine) { m.rax = m.rbp }},
	{"xchg rbp,rax", []byte{0x48, 0x95}, func(m *machine) { m.rax, m.rbp = m.rbp, m.rax }},
	{"xchg rsp,rax", []byte{0x48, 0x94}, func(m *machine) { m.rax, m.rsp = m.rsp, m.rax }},
	{"add rsp,rax", []byte{0x48, 0x01, 0xc4}, func(m *machine) { m.rsp += m.rax }},
	{"and rsp,-32", []byte{0x48, 0x83, 0xe4, 0xe0}, func(m *machine) { m.rsp &^= 31 }},
	{"mov r10,rax", []byte{0x49, 0x89, 0xc2}, func(m *machine) { m.r10 = m.rax }},
	{"mov [rbp],rax", []byte{0x48, 0x89, 0x45, 0x00}, func(m *machine) { m.mem[m.rbp] = m.rax }},
	{"mov [rbp+8],rax", []byte{0x48, 0x89, 0x45, 0x08}, func(m *machine) { m.mem[m.rbp+8] = m.rax }},
	{"mov [rbp-8],rax", []byte{0x48, 0x89, 0x45, 0xf8}, func(m *machine) { m.mem[m.rbp-8] = m.rax }},
	{"mov [rsp],rax", []byte{0x48, 0x89, 0x04, 0x24}, func(m *machine) { m.mem[m.rsp] = m.rax }},
	{"mov [rsp+8],rax", []byte{0x48, 0x89, 0x44, 0x24, 0x08}, func(m *machine) { m.mem[m.rsp+8] = m.rax }},
	{"nop", []byte{0x90}, func(*machine) {}},
}

// line is an op, or one of the kinds below, whose branches go to another line.
type line struct {
	op
	kind kind
	to   int
}

type kind int

const (
	plain kind = iota
	call
	jump
	jumpIf
	ret
	tail
)

var kinds = map[kind]op{
	call:   {"call g", []byte{0xe8, 0, 0, 0, 0}, nil},
	jump:   {"jmp", []byte{0xe9, 0, 0, 0, 0}, nil},
	jumpIf: {"jne", []byte{0x0f, 0x85, 0, 0, 0, 0}, nil},
	ret:    {"ret", []byte{0xc3}, nil},
	tail:   {"jmp g", []byte{0xe9, 0, 0, 0, 0}, nil},
}

// drawFunction makes a function: frames built and dropped, more or less, and
// anything between.
func drawFunction(t *rapid.T) []line {
	var lines []line
	add := func(ops ...op) {
		for _, o := range ops {
			lines = append(lines, line{op: o})
		}
	}
	kindOf := func(k kind) { lines = append(lines, line{op: kinds[k], kind: k}) }
	sloppy := rapid.Bool().Draw(t, "sloppy")
	aligns := rapid.Bool().Draw(t, "realigns")
	for range rapid.IntRange(1, 3).Draw(t, "frames") {
		if aligns && rapid.Bool().Draw(t, "realign") {
			add(realign...)
		}
		if !sloppy || rapid.IntRange(0, 3).Draw(t, "no prologue") > 0 {
			add(prologue...)
		}
		for range rapid.IntRange(0, 6).Draw(t, "body") {
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0:
				kindOf(jumpIf)
			case 1, 2:
				kindOf(call)
			case 3:
				if aligns {
					add(rapid.SampledFrom(realign).Draw(t, "realigning"))
				}
			case 4:
				add(regained)
			default:
				add(rapid.SampledFrom(works).Draw(t, "op"))
			}
		}
		kindOf(call)
		if sloppy {
			add(rapid.SampledFrom(epilogue).Draw(t, "epilogue"))
		} else {
			add(epilogue[1])
		}
		if aligns && rapid.Bool().Draw(t, "unalign") {
			add(epilogue[2])
		}
		if rapid.Bool().Draw(t, "leaves") {
			kindOf(rapid.SampledFrom([]kind{ret, tail, jump}).Draw(t, "how"))
		}
	}
	kindOf(ret)
	for i := range lines {
		if lines[i].kind == jump || lines[i].kind == jumpIf {
			lines[i].to = rapid.IntRange(0, len(lines)-1).Draw(t, "to")
		}
	}
	return lines
}

// assemble returns the function's text. Its calls and tail calls go elsewhere.
func assemble(lines []line) Text {
	const base, elsewhere = 0x1000, 0x9000
	at := make([]int, len(lines)+1)
	for i, l := range lines {
		at[i+1] = at[i] + len(l.code)
	}
	var code []byte
	for i, l := range lines {
		to := elsewhere - base
		if l.kind == jump || l.kind == jumpIf {
			to = at[l.to]
		}
		b := append([]byte{}, l.code...)
		if l.kind != plain && l.kind != ret {
			rel := int32(to - at[i+1])
			for k := range 4 {
				b[len(b)-4+k] = byte(rel >> (8 * k))
			}
		}
		code = append(code, b...)
	}
	return Text{Name: "f", Range: guest.RangeOf(base, uint64(len(code))), Code: code}
}

// run runs the function along one path and returns what is wrong for one that keeps
// frames.
func run(lines []line, path uint64, misaligned uint64) string {
	m := &machine{rsp: stackAt + misaligned, rbp: callerRBP, r10: junk, rax: junk, mem: map[uint64]uint64{}}
	m.mem[m.rsp] = retAddr
	for i, steps := 0, 0; steps < 100; steps++ {
		l := lines[i]
		i++
		switch l.kind {
		case plain:
			l.do(m)
		case call:
			if !m.framed() {
				return "a call without a frame"
			}
			m.callee()
		case jump:
			i = l.to
		case jumpIf:
			if path&1 != 0 {
				i = l.to
			}
			path = path>>1 | path<<63
		case ret, tail:
			if m.rbp != callerRBP {
				return "rbp is not given back"
			}
			return ""
		}
	}
	return ""
}

// TestModel: a function that the analysis vouches for has its frame at each call,
// and gives rbp back, on whatever path it runs.
func TestModel(t *testing.T) {
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 20 { // most are refused: one draw would test little
			lines := drawFunction(t)
			funcs, err := Analyse([]Text{assemble(lines)})
			if err != nil {
				t.Fatal(err)
			}
			if funcs[0].Frames {
				kept++
				runPaths(t, lines)
			}
		}
	})
	if kept == 0 {
		t.Error("no function kept frames: nothing was tested")
	}
	t.Logf("%d functions kept frames", kept)
}

// runPaths runs a function that is vouched for along a few paths, on stacks of
// every alignment.
func runPaths(t *rapid.T, lines []line) {
	for off := range uint64(4) {
		for range 2 {
			if bad := run(lines, rapid.Uint64().Draw(t, "path"), 8*off); bad != "" {
				for _, l := range lines {
					t.Logf("%s %d", l.text, l.to)
				}
				t.Fatalf("%s", bad)
			}
		}
	}
}
