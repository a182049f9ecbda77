package vfs

import (
	"math"
	"slices"
)

// Channel is what an operation that would block waits for. Channels are woken whenever
// something has changed there; whether the operation can go on now shows when it is made
// again.
type Channel int32

// Channel returns what operations on a descriptor wait for.
func (p Proc) Channel(fd int) (Channel, Errno) {
	_, f, e := p.anyFile(fd)
	if e != 0 {
		return 0, e
	}
	return Channel(f.at.node), 0
}

// Woken returns the channels that were woken since it was called last, each once. The
// slice is good until the next operation. After most operations it is empty.
func (fs *FS) Woken() []Channel {
	woken := fs.woken
	fs.woken = fs.woken[:0]
	return woken
}

func (fs *FS) wake(id int32) {
	if !slices.Contains(fs.woken, Channel(id)) {
		fs.woken = append(fs.woken, Channel(id))
	}
}

// Ready returns which of POLLIN, POLLOUT, POLLERR and POLLHUP hold for a descriptor,
// whatever was asked for, and POLLNVAL for one that is not open. Standard input always
// counts as ready: whether the host has something for it is not asked.
func (p Proc) Ready(fd int) int {
	_, f, e := p.file(fd)
	if e != 0 {
		return POLLNVAL
	}
	n := p.fs.node(f.at.node)
	switch n.kind {
	case kindPipe:
		return n.pipe.ready(f)
	case kindEvent:
		ready := 0
		if n.event.count > 0 {
			ready |= POLLIN
		}
		if n.event.count < math.MaxUint64-1 {
			ready |= POLLOUT
		}
		return ready
	case kindStream:
		if n.arg == 0 {
			return POLLIN
		}
		return POLLOUT
	}
	return POLLIN | POLLOUT
}

func (q *pipe) ready(f *file) int {
	ready := 0
	if f.readable() {
		if len(q.bufs) > 0 {
			ready |= POLLIN
		}
		if q.writers == 0 {
			ready |= POLLHUP
		}
	}
	if f.writable() {
		if len(q.bufs) < pipeBufs {
			ready |= POLLOUT
		}
		if q.readers == 0 {
			ready |= POLLERR
		}
	}
	return ready
}
