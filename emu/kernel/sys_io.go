package kernel

import (
	"github.com/cespare/xxhash/v2"

	"patchlab/emu/vfs"
	"patchlab/guest"
)

// ioChunk is how much is moved between files and memory at once, in bytes.
const ioChunk = 1 << 20

// piece is a part of guest memory, as struct iovec tells it.
type piece struct {
	at guest.Addr
	n  uint64
}

// maxPieces is IOV_MAX.
const maxPieces = 1024

// maxIO is what one call moves at most: Linux's MAX_RW_COUNT.
const maxIO = 0x7ffff000

// pieces reads an array of struct iovec.
func (k *Kernel) pieces(a guest.Addr, n int) ([]piece, vfs.Errno) {
	if n < 0 || n > maxPieces {
		return nil, vfs.EINVAL
	}
	words, ok := k.inWords(a, 2*n)
	if !ok {
		return nil, efault
	}
	var ps []piece
	left := uint64(maxIO)
	for ; len(words) > 0; words = words[2:] {
		if int64(words[1]) < 0 {
			return nil, vfs.EINVAL
		}
		p := piece{guest.Addr(words[0]), min(words[1], left)}
		left -= p.n
		ps = append(ps, p)
	}
	return ps, 0
}

// mover moves bytes between a file and guest memory, and returns how many and how it ended.
type mover func(b []byte) (int, vfs.Errno)

// readInto reads until a file gives less than asked for.
func (k *Kernel) readInto(ps []piece, read mover) (total uint64, e vfs.Errno) {
	asked := false
	for _, p := range ps {
		for p.n > 0 {
			n := min(p.n, ioChunk)
			if !k.host.Space().Allows(p.at, n, writable) {
				return total, efault
			}
			b := make([]byte, n)
			got, e := read(b)
			asked = true
			if e != 0 {
				return total, e
			}
			if !k.out(p.at, b[:got]) {
				return total, efault
			}
			total += uint64(got)
			if uint64(got) < n {
				return total, 0
			}
			p.at, p.n = p.at+guest.Addr(n), p.n-n
		}
	}
	if !asked {
		_, e = read(nil)
	}
	return total, e
}

// writeFrom writes until a file takes less than it was given; the first skip bytes were
// written before.
func (k *Kernel) writeFrom(ps []piece, skip uint64, write mover) (total uint64, e vfs.Errno) {
	asked := false
	for _, p := range ps {
		if d := min(skip, p.n); d > 0 {
			p.at, p.n, skip = p.at+guest.Addr(d), p.n-d, skip-d
		}
		for p.n > 0 {
			n := min(p.n, ioChunk)
			b, ok := k.in(p.at, n)
			if !ok {
				return total, efault
			}
			put, e := write(b)
			asked = true
			total += uint64(max(put, 0))
			if e != 0 || uint64(put) < n {
				return total, e
			}
			p.at, p.n = p.at+guest.Addr(n), p.n-n
		}
	}
	if !asked {
		_, e = write(nil)
	}
	return total, e
}

// readEnded is the result of a read; where nothing was there yet, it is made again.
func (k *Kernel) readEnded(c *Call, n uint64, e vfs.Errno) Result {
	switch {
	case n > 0 || e == 0:
		return done(n)
	case e == vfs.WouldBlock:
		return k.waitFor(c, c.int(0))
	}
	return fail(e)
}

// writeEnded is the result of a write. One that has written a part and would block goes on
// with the rest when it is made again.
func (k *Kernel) writeEnded(c *Call, n uint64, e vfs.Errno) Result {
	t := k.thread(c.Task)
	n += t.moved
	t.moved = 0
	switch {
	case e == vfs.WouldBlock:
		t.moved = n
		return k.waitFor(c, c.int(0))
	case n > 0 || e == 0:
		return done(n)
	case e == vfs.EPIPE:
		k.raise(c.Task, sigPipe, codeUser)
		if k.ended {
			return Result{Then: End}
		}
	}
	return fail(e)
}

func (k *Kernel) fileRead(fd int) mover {
	return func(b []byte) (int, vfs.Errno) { return k.proc().Read(fd, b) }
}

func (k *Kernel) fileWrite(fd int) mover {
	return func(b []byte) (int, vfs.Errno) {
		n, e := k.proc().Write(fd, b)
		k.wrote = (k.wrote ^ uint64(fd)<<32 ^ xxhash.Sum64(b[:max(n, 0)])) * 0x9e3779b97f4a7c15
		return n, e
	}
}

func (k *Kernel) read(c *Call) Result {
	n, e := k.readInto([]piece{{c.addr(1), min(c.Args[2], maxIO)}}, k.fileRead(c.int(0)))
	return k.readEnded(c, n, e)
}

func (k *Kernel) write(c *Call) Result {
	n, e := k.writeFrom([]piece{{c.addr(1), min(c.Args[2], maxIO)}}, k.thread(c.Task).moved, k.fileWrite(c.int(0)))
	return k.writeEnded(c, n, e)
}

func (k *Kernel) readv(c *Call) Result {
	ps, e := k.pieces(c.addr(1), c.int(2))
	if e != 0 {
		return fail(e)
	}
	n, e := k.readInto(ps, k.fileRead(c.int(0)))
	return k.readEnded(c, n, e)
}

func (k *Kernel) writev(c *Call) Result {
	ps, e := k.pieces(c.addr(1), c.int(2))
	if e != 0 {
		return fail(e)
	}
	n, e := k.writeFrom(ps, k.thread(c.Task).moved, k.fileWrite(c.int(0)))
	return k.writeEnded(c, n, e)
}

func (k *Kernel) pread(c *Call) Result {
	off := int64(c.Args[3])
	n, e := k.readInto([]piece{{c.addr(1), min(c.Args[2], maxIO)}}, func(b []byte) (int, vfs.Errno) {
		got, e := k.proc().Pread(c.int(0), b, off)
		off += int64(got)
		return got, e
	})
	return k.readEnded(c, n, e)
}

func (k *Kernel) pwrite(c *Call) Result {
	off := int64(c.Args[3])
	n, e := k.writeFrom([]piece{{c.addr(1), min(c.Args[2], maxIO)}}, 0, func(b []byte) (int, vfs.Errno) {
		put, e := k.proc().Pwrite(c.int(0), b, off)
		off += int64(put)
		return put, e
	})
	return k.writeEnded(c, n, e)
}

func (k *Kernel) lseek(c *Call) Result {
	at, e := k.proc().Seek(c.int(0), int64(c.Args[1]), c.int(2))
	return ended(at, e)
}

func (k *Kernel) closeFile(c *Call) Result { return ended(0, k.proc().Close(c.int(0))) }

func (k *Kernel) dup(c *Call) Result {
	fd, e := k.proc().Dup(c.int(0))
	return ended(fd, e)
}

func (k *Kernel) dup2(c *Call) Result {
	fd, e := k.proc().Dup2(c.int(0), c.int(1))
	return ended(fd, e)
}

func (k *Kernel) dup3(c *Call) Result {
	fd, e := k.proc().Dup3(c.int(0), c.int(1), c.int(2))
	return ended(fd, e)
}

func (k *Kernel) pipe(c *Call) Result  { return k.makePipe(c, 0) }
func (k *Kernel) pipe2(c *Call) Result { return k.makePipe(c, c.int(1)) }

func (k *Kernel) makePipe(c *Call, flags int) Result {
	if !k.host.Space().Allows(c.addr(0), 8, writable) {
		return fail(efault)
	}
	r, w, e := k.proc().Pipe2(flags)
	if e == 0 {
		k.outWords(c.addr(0), uint64(uint32(r))|uint64(w)<<32)
	}
	return ended(0, e)
}

func (k *Kernel) eventfd2(c *Call) Result {
	fd, e := k.proc().Eventfd2(uint32(c.Args[0]), c.int(1))
	return ended(fd, e)
}

func (k *Kernel) fcntl(c *Call) Result {
	v, e := k.proc().Fcntl(c.int(0), c.int(1), c.int(2))
	return ended(v, e)
}

const fionread = 0x541b

func (k *Kernel) ioctl(c *Call) Result {
	if _, e := k.proc().Fstat(c.int(0)); e != 0 {
		return fail(e)
	}
	if uint32(c.Args[1]) != fionread {
		return fail(vfs.ENOTTY) // nothing here is a terminal
	}
	n, e := k.proc().Buffered(c.int(0))
	if e == 0 && !k.out32(c.addr(2), uint32(n)) {
		e = efault
	}
	return ended(0, e)
}
