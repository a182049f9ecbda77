package cputest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// Agree runs random programs with random requests on two backends and expects the
// same answers at every stop: all of the exit, and all memory. An inexact run is
// repeated as the contract says.
func Agree(t *testing.T, a, b func(cpu.Options) (cpu.CPU, error)) {
	fixSeed(t)
	p := &pair{
		rigs:   [2]*rig{newRig(t, a), newRig(t, b)},
		common: pieces(t, poolText), rare: pieces(t, rareText), wild: pieces(t, rareText+strings.TrimPrefix(wildText, "\n")),
	}
	t.Run("stops", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { p.stops(&dice{rt: rt}) }) })
	t.Run("runs to the end", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { p.toTheEnd(&dice{rt: rt}) }) })
}

// pair is two rigs that do the same.
type pair struct {
	rigs    [2]*rig
	common  pool
	rare    pool
	wild    pool // rare ones and more
	program *randomProgram
	marks   []mark
	trail   []string // what was done, for the report
}

// mark is a watch or, with a task, a breakpoint.
type mark struct {
	addr guest.Addr
	task guest.TaskID
}

func (p *pair) each(f func(r *rig)) {
	for _, r := range p.rigs {
		f(r)
	}
}

// reset begins with a fresh program, fresh data and no marks.
func (p *pair) reset(d *dice, ends bool) {
	p.each(func(r *rig) { r.fail = func(format string, args ...any) { p.fail(d.rt, format, args...) } })
	for _, m := range p.marks {
		p.set(m, false)
	}
	p.marks, p.trail = nil, nil
	rare := p.wild
	if ends {
		rare = p.rare
	}
	p.program = drawProgram(d, p.common, rare, ends)
	data := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(d.rt, "data")
	for len(data) < 700 {
		data = append(data, byte(len(data)*len(data)/3))
	}
	bodies := map[guest.Addr]guest.Addr{}
	for _, s := range p.program.sites {
		if d.oneIn(2, "redirected") {
			bodies[s] = pick(d, p.program.blocks, "body")
			if ends && bodies[s] < s {
				delete(bodies, s)
			}
		}
	}
	p.each(func(r *rig) {
		for _, m := range r.mem {
			if m.Range.Start != arenaBase && m.Perm&guest.Exec != 0 || m.Perm&guest.Write != 0 {
				clear(m.Host)
			}
		}
		copy(r.bytes(p.program.base), p.program.code)
		defuse(r.bytes(textBase)[:textSize])
		r.cpu.TextChanged(guest.RangeOf(textBase, textSize))
		copy(r.bytes(dataBase+guest.PageSize), data)
		r.decide = func(task guest.TaskID, ip guest.ReturnAddr) guest.Addr {
			if task == 3 {
				return 0
			}
			if !slices.Contains(p.program.sites, guest.Addr(ip)) {
				return cpu.NotASite
			}
			return bodies[guest.Addr(ip)]
		}
		r.cpu.ForgetDecisions()
		r.start(p.program.base)
	})
}

// contexts returns how tasks begin: at random blocks, with registers of their own.
func (p *pair) contexts(d *dice, n int) [][2]cpu.Context {
	var list [][2]cpu.Context
	for i := range n {
		at := pick(d, p.program.blocks, "begin")
		seed := rapid.Uint64().Draw(d.rt, "registers")
		var c [2]cpu.Context
		for j, r := range p.rigs {
			seed := seed // both draw the same
			r.start(at)
			g := r.cpu.Registers(&r.ctx)
			for k := range g.GPR {
				if k != int(guest.RBX) && k != int(guest.RSP) {
					seed = seed*6364136223846793005 + 1442695040888963407
					g.GPR[k] = seed >> (8 * uint(k%8))
				}
			}
			g.GPR[guest.RSP] -= uint64(i) * 0x400
			r.setWord(guest.Addr(g.GPR[guest.RSP]), uint64(until))
			r.cpu.SetRegisters(&r.ctx, &g)
			c[j] = r.ctx
		}
		list = append(list, c)
	}
	return list
}

func (p *pair) set(m mark, on bool) {
	p.each(func(r *rig) {
		if m.task == 0 {
			r.cpu.Watch(m.addr, on)
		} else {
			r.cpu.Break(m.addr, m.task, on)
		}
	})
}

// drawMark watches or breaks somewhere: at blocks, inside of instructions, in the stub.
func (p *pair) drawMark(d *dice) {
	m := mark{addr: p.program.base + guest.Addr(d.roll(len(p.program.code), "offset"))}
	switch d.roll(4, "where") {
	case 0:
		m.addr = pick(d, p.program.blocks, "block")
	case 1:
		m.addr = arenaBase + guest.Addr(pick(d, []int{0, shimHook, stubEntry, stubFast, stubSlow, stubCommit, 0x37}, "place"))
	}
	m.task = guest.TaskID(d.roll(4, "watch or task"))
	p.trail = append(p.trail, fmt.Sprintf("mark %+v", m))
	p.marks = append(p.marks, m)
	p.set(m, true)
}

var budgets = []uint64{0, 1, 1, 2, 3, 5, 8, 13, 21, 40, 47, 48, 49, 50, 52, 60, 77, 100, 200, 1000}

// stops takes turns between tasks with random budgets, while marks come and go and
// the text changes.
func (p *pair) stops(d *dice) {
	p.reset(d, false)
	tasks := p.contexts(d, 1+d.roll(3, "tasks"))
	for range 1 + d.roll(40, "turns") {
		p.disturb(d)
		i := d.roll(len(tasks), "task")
		req := cpu.Request{
			Task: guest.TaskID(i + 1), Budget: pick(d, budgets, "budget"),
			Stepped: d.oneIn(10, "stepped"), Exact: d.oneIn(10, "exact"),
		}
		for j, r := range p.rigs {
			r.ctx = tasks[i][j]
		}
		e := p.run(d, req)
		for j, r := range p.rigs {
			tasks[i][j] = r.ctx
		}
		switch e.Reason {
		case cpu.Fault, cpu.Return:
			tasks[i] = p.contexts(d, 1)[0] // another one begins
		case cpu.Break: // pass it
			p.each(func(r *rig) { r.cpu.Break(r.ctx.PC, req.Task, false) })
		}
	}
}

// disturb changes something between two turns, sometimes.
func (p *pair) disturb(d *dice) {
	switch d.roll(13, "disturbance") {
	case 0, 1, 2:
		p.drawMark(d)
	case 3:
		if len(p.marks) > 0 {
			i := d.roll(len(p.marks), "mark")
			p.trail = append(p.trail, fmt.Sprintf("clear %+v", p.marks[i]))
			p.set(p.marks[i], false)
			p.marks = slices.Delete(p.marks, i, i+1)
		}
	case 4:
		p.each(func(r *rig) { r.cpu.ForgetDecisions() })
	case 5, 6: // other instructions, cutting through those that are there
		piece := pick(d, p.common, "new text")
		at := p.program.base + guest.Addr(d.roll(len(p.program.code), "offset"))
		p.trail = append(p.trail, fmt.Sprintf("text at %s: %x", at, piece))
		p.each(func(r *rig) {
			copy(r.bytes(at), piece)
			r.cpu.TextChanged(guest.RangeOf(at, uint64(len(piece))))
			for _, i := range defuse(r.bytes(textBase)[:textSize]) {
				r.cpu.TextChanged(guest.RangeOf(textBase+guest.Addr(i), 1))
			}
		})
	}
}

// defuse takes the lock from bts, btr and btc on registers, which is illegal, and with
// which version 2.1.1 of the engine ends the process while it translates. It returns
// the places.
func defuse(text []byte) (places []int) {
	for i, b := range text[:len(text)-16] {
		if b != 0xf0 {
			continue
		}
		j := i + 1
		for j < i+12 && (text[j]&0xf0 == 0x40 || slices.Contains([]byte("\xf0\xf2\xf3\x66\x67\x26\x2e\x36\x3e\x64\x65"), text[j])) {
			j++
		}
		bit := text[j] == 0x0f && (text[j+1]&0xe7 == 0xa3 || text[j+1] == 0xba || text[j+1] == 0xbb)
		if bit && text[j+2] >= 0xc0 {
			text[i] = 0x90
			places = append(places, i)
		}
	}
	return places
}

// exits is how often a program may make system calls and meet breakpoints.
const exits = 20

// ends reports whether the program comes to its end. A return to an address that it has
// pushed itself may have it run in a circle, if rarely.
func (r *rig) ends() bool {
	for range exits {
		e := r.run(cpu.Request{Task: 9, Budget: 100000})
		if e.Reason != cpu.Syscall {
			return e.Reason != cpu.Budget
		}
	}
	return true
}

// toTheEnd runs programs that end, in every way of counting.
func (p *pair) toTheEnd(d *dice) {
	p.reset(d, true)
	for range d.roll(3, "marks") {
		p.drawMark(d)
	}
	c := p.contexts(d, 1)[0]
	var begin [2]snapshot
	for j, r := range p.rigs {
		r.ctx = c[j]
		begin[j] = r.save()
	}
	if !p.rigs[1].ends() {
		return
	}
	for range 1 + d.roll(3, "times") {
		for j, r := range p.rigs {
			r.restore(begin[j])
		}
		req := cpu.Request{Task: 1, Budget: cpu.Unlimited, Uncounted: d.oneIn(2, "uncounted")}
		if !req.Uncounted && d.oneIn(2, "bounded") {
			req.Budget = 100000
		}
		for range exits {
			e := p.run(d, req)
			if e.Reason == cpu.Break {
				p.each(func(r *rig) { r.cpu.Break(r.ctx.PC, 1, false) })
			} else if e.Reason != cpu.Syscall {
				break
			}
		}
	}
}

// run runs both and compares.
func (p *pair) run(d *dice, req cpu.Request) *cpu.Exit {
	p.trail = append(p.trail, fmt.Sprintf("%+v from %s", req, p.rigs[0].ctx.PC))
	var e [2]*cpu.Exit
	for j, r := range p.rigs {
		e[j] = r.exactly(req)
	}
	p.trail = append(p.trail, "  "+describe(e[1]))
	if what := difference(e[0], e[1], req.Uncounted); what != "" {
		p.fail(d.rt, "%s: %s, and %s", what, describe(e[0]), describe(e[1]))
	}
	for i, m := range p.rigs[0].mem {
		n := p.rigs[1].mem[i]
		if m.Perm&guest.Write != 0 && !bytes.Equal(m.Host, n.Host) {
			for k := range m.Host {
				if m.Host[k] != n.Host[k] {
					p.fail(d.rt, "memory at %s: %#x and %#x", m.Range.Start+guest.Addr(k), m.Host[k], n.Host[k])
				}
			}
		}
	}
	return e[0]
}

func (p *pair) fail(rt *rapid.T, format string, args ...any) {
	rt.Helper()
	for _, line := range p.trail {
		rt.Log(line)
	}
	rt.Logf("program at %s: %x", p.program.base, p.program.code)
	rt.Fatalf(format, args...)
}

// difference names the first field in which two exits differ.
func difference(a, b *cpu.Exit, uncounted bool) string {
	eventsA, eventsB := slices.Clone(a.Events), slices.Clone(b.Events)
	executedA, executedB := a.Executed, b.Executed
	if uncounted {
		executedA, executedB = 0, 0
		for _, events := range [][]cpu.Event{eventsA, eventsB} {
			for i := range events {
				events[i].At = 0
			}
		}
	}
	switch {
	case a.Reason != b.Reason:
		return "reason"
	case a.Regs != b.Regs:
		return fmt.Sprintf("registers\n%x\n%x\n", a.Regs, b.Regs)
	case executedA != executedB:
		return "executed"
	case a.Vector != b.Vector:
		return "vectors"
	case a.Decisions != b.Decisions:
		return "decisions"
	case a.Fault != b.Fault:
		return "fault"
	case !slices.Equal(eventsA, eventsB):
		return fmt.Sprintf("events %+v and %+v", eventsA, eventsB)
	}
	return ""
}
