package kernel

import (
	"encoding/binary"

	"patchlab/guest"
)

// addr is a pointer: to memory of all kinds, across its ends, or to nowhere.
func (w *wild) addr() uint64 {
	if w.IntN(3) > 0 {
		return uint64(wildData) + uint64(w.IntN(wildSize)&^7)
	}
	bases := []guest.Addr{
		wildData, wildData, wildData, wildMore, wildText, wildData + wildSize, wildMore + wildSize, stack.End, stack.Start, mapArea.Start,
		mapArea.Start, mapArea.End, heapEnd, 0x20000000, 0x434000, Area.Start, Area.End, 0, 1 << 47, 1 << 63,
	}
	a := bases[w.IntN(len(bases))]
	switch w.IntN(4) {
	case 0:
		a += guest.Addr(w.IntN(8)) * guest.PageSize
	case 1:
		a -= guest.Addr(w.IntN(64))
	case 2:
		a += guest.Addr(w.IntN(wildSize) &^ 7)
	}
	return uint64(a)
}

func (w *wild) number() uint64 {
	list := []uint64{
		0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 0x22, 0x32, 64, 100, 101, 128, 4096, 8192, 1 << 16, 1 << 20, 1 << 31, 1 << 32,
		1<<63 - 1, 1 << 63, ^uint64(0), ^uint64(99), 0o1102, 0o644, cloneNeeded | cloneChildCleartid, 0x7ffff000,
	}
	if w.IntN(8) == 0 {
		return w.Uint64() >> w.IntN(64)
	}
	return list[w.IntN(len(list))]
}

// arg is an argument of a kind as the table of calls tells it, or any.
func (w *wild) arg(kind byte) uint64 {
	if w.IntN(10) == 0 {
		kind = "duxops"[w.IntN(6)]
	}
	switch kind {
	case 'p':
		return w.addr()
	case 's':
		return uint64(w.path())
	case 'd':
		switch w.IntN(6) {
		case 0:
			return ^uint64(99) // AT_FDCWD
		case 1, 2, 3:
			return uint64(w.IntN(14)) - 1
		}
	case 'x':
		if w.IntN(3) > 0 {
			return []uint64{0, 0, 1, 2, 3, 4096, 8192, 0x22, 0x32}[w.IntN(9)]
		}
	}
	return w.number()
}

// likely gives the calls that hardly any random arguments suit others.
func (w *wild) likely(r *guest.Regs) {
	g := &r.GPR
	at := mapArea.Start + guest.Addr(w.IntN(64))*guest.PageSize
	switch Name(g[guest.RAX]) {
	case "mmap":
		g[guest.RDI], g[guest.RSI], g[guest.RDX] = uint64(at), uint64(w.IntN(1<<uint(w.IntN(25)))), w.Uint64N(8)
		g[guest.R10], g[guest.R9] = []uint64{0x22, 0x21, 0x32, 0x100022, 2, 0x12}[w.IntN(6)], 0
	case "mprotect", "munmap", "mremap", "madvise":
		g[guest.RDI], g[guest.RSI] = uint64(at), uint64(w.IntN(16))*guest.PageSize
		if g[guest.RAX] == 25 {
			g[guest.RDX], g[guest.R10] = uint64(w.IntN(1<<24)), w.Uint64N(4)
		}
	case "rt_sigaction", "rt_sigprocmask":
		g[guest.RDI], g[guest.R10] = w.Uint64N(66), 8
	case "rt_sigpending", "rt_sigsuspend":
		g[guest.RSI] = 8
	case "clone":
		g[guest.RDI] = cloneNeeded | w.Uint64()&(cloneSettls|cloneParentSettid|cloneChildCleartid|cloneChildSettid)
	case "futex":
		g[guest.RSI], g[guest.RDX] = w.Uint64N(13), w.Uint64N(3)
	}
}

// path writes a path into memory.
func (w *wild) path() guest.Addr {
	parts := []string{"a", "b", "/", "/", "..", ".", "/in", "/ro", "/proc", "self", "fd", "1", "/dev", "zero", "secret", "link", "\xff", "/tmp"}
	s := ""
	for n := w.IntN(7); n >= 0; n-- {
		s += parts[w.IntN(len(parts))] + "/"[:w.IntN(2)]
	}
	if good := []string{"a", "b", "/tmp/a", "/tmp", "/", "/in/a", "/in/b", "/in/c", "/ro/a", "/proc/self/fd"}; w.IntN(2) == 0 {
		s = good[w.IntN(len(good))]
	}
	at := wildData + guest.Addr(w.IntN(wildSize))
	w.k.out(at, append([]byte(s), 0))
	return at
}

// scribble writes numbers and pointers where structures may be read.
func (w *wild) scribble() {
	var b []byte
	for range w.IntN(16) {
		b = binary.LittleEndian.AppendUint64(b, []uint64{w.addr(), w.number(), uint64(w.IntN(100))}[w.IntN(3)])
	}
	w.k.out(guest.Addr(w.addr()&^7), b)
}

// choose picks a call. Those that end things are rare.
func (w *wild) choose(r *guest.Regs) {
	nr := rows[w.IntN(len(rows))].Number
	switch {
	case nr == 60 || nr == 231:
		nr = []uint64{60, 231, 186, 186, 186, 186}[w.IntN(6)]
	case w.IntN(100) == 0:
		nr = w.number()
	}
	kinds := ""
	if row := find(nr); row != nil {
		kinds = row.args
	}
	kinds += "xxxxxx"
	r.GPR[guest.RAX] = nr
	for i, to := range []guest.Reg{guest.RDI, guest.RSI, guest.RDX, guest.R10, guest.R8, guest.R9} {
		r.GPR[to] = w.arg(kinds[i])
	}
	if w.IntN(4) > 0 {
		w.likely(r)
	}
}
