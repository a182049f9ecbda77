package cputest

import (
	"encoding/binary"

	"patchlab/guest"
)

// randomProgram is what the generator makes: blocks of random instructions that
// branch to each other, call each other, directly and through the stub, and loop.
type randomProgram struct {
	base   guest.Addr
	code   []byte
	blocks []guest.Addr // where blocks begin
	sites  []guest.Addr // return addresses of calls of the stub
	fix    []fixup
	ends   bool // it comes to an end for certain, if by a fault
}

// fixup is a 32-bit displacement to a block.
type fixup struct{ at, block int }

// drawProgram makes a program. With ends, jumps go forwards only, and loops count
// down r15.
func drawProgram(d *dice, common, rare pool, ends bool) *randomProgram {
	p := &randomProgram{
		// Somewhere with a page boundary in the middle.
		base: textBase + guest.PageSize - guest.Addr(d.roll(400, "before the page")),
		ends: ends,
	}
	n := 1 + d.roll(7, "blocks")
	for i := range n {
		p.blocks = append(p.blocks, p.here())
		p.drawBlock(d, common, rare)
		p.drawBranch(d, i, n)
	}
	p.blocks = append(p.blocks, p.here())
	p.code = append(p.code, 0xc3)
	for _, f := range p.fix {
		to := p.blocks[f.block] - p.base
		binary.LittleEndian.PutUint32(p.code[f.at:], uint32(int(to)-f.at-4))
	}
	return p
}

func (p *randomProgram) here() guest.Addr { return p.base + guest.Addr(len(p.code)) }

func (p *randomProgram) emit(b ...byte) { p.code = append(p.code, b...) }

// jump emits an opcode with a displacement to a block.
func (p *randomProgram) jump(block int, opcode ...byte) {
	p.emit(opcode...)
	p.fix = append(p.fix, fixup{len(p.code), block})
	p.emit(0, 0, 0, 0)
}

func (p *randomProgram) drawBlock(d *dice, common, rare pool) {
	if d.oneIn(4, "a site") {
		p.emit(0xe8)
		p.emit(binary.LittleEndian.AppendUint32(nil, uint32(arenaBase+stubEntry-p.here()-4))...)
		p.sites = append(p.sites, p.here())
	}
	for range pick(d, []int{0, 1, 2, 3, 5, 8, 13, 60}, "instructions") {
		from := common
		if d.oneIn(150, "rare") {
			from = rare
		}
		p.emit(pick(d, from, "instruction")...)
	}
}

// drawBranch ends block i of n.
func (p *randomProgram) drawBranch(d *dice, i, n int) {
	first := 0
	if p.ends {
		first = i + 1
	}
	to := first + d.roll(n-first+1, "to")
	kind := pick(d, []string{"fall", "jcc", "jcc", "jcc", "jmp", "call", "loop", "loop", "indirect", "ret", "jrcxz", "table"}, "branch")
	switch kind {
	case "jcc":
		p.jump(to, 0x0f, 0x80|byte(d.roll(16, "condition")))
	case "jmp":
		p.jump(to, 0xe9)
	case "call":
		p.jump(to, 0xe8)
	case "loop": // and r15d, 15; dec r15d; jg back
		back := i
		if !p.ends {
			back = to
		}
		p.emit(0x41, 0x83, 0xe7, 0x0f, 0x41, 0xff, 0xcf)
		p.jump(back, 0x0f, 0x8f)
	case "indirect": // lea rax, [to]; jmp or call rax
		p.jump(to, 0x48, 0x8d, 0x05)
		p.emit(0xff, pick(d, []byte{0xe0, 0xd0}, "jump or call"))
	case "ret":
		p.emit(0xc3)
	case "jrcxz": // over a nop
		p.emit(0xe3, 0x01, 0x90)
	case "table": // lea rax, [to]; push rax; ret
		p.jump(to, 0x48, 0x8d, 0x05)
		p.emit(0x50, 0xc3)
	}
}
