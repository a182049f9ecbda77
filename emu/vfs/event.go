package vfs

import (
	"encoding/binary"
	"math"
)

// event is the counter of an eventfd.
type event struct {
	count     uint64
	semaphore bool
}

// EFD_SEMAPHORE makes each read of an eventfd take 1.
const EFD_SEMAPHORE = 1

// Eventfd2 makes a counter. The flags are O_CLOEXEC, O_NONBLOCK and EFD_SEMAPHORE.
func (p Proc) Eventfd2(initial uint32, flags int) (int, Errno) {
	if flags&^(O_CLOEXEC|O_NONBLOCK|EFD_SEMAPHORE) != 0 {
		return 0, EINVAL
	}
	if e := p.roomForFile(); e != 0 {
		return 0, e
	}
	id, e := p.fs.newNode(node{
		kind: kindEvent, mode: 0o600, root: true,
		event: event{count: uint64(initial), semaphore: flags&EFD_SEMAPHORE != 0},
	})
	if e != 0 {
		return 0, ENFILE
	}
	return p.newFile(file{at: place{node: id}, flags: O_RDWR | flags&O_NONBLOCK, path: "anon_inode:[eventfd]"},
		flags&O_CLOEXEC != 0)
}

func (fs *FS) readEvent(f *file, b []byte) (int, Errno) {
	if len(b) < 8 {
		return 0, EINVAL
	}
	v := fs.node(f.at.node).event
	if v.count == 0 {
		return 0, f.wouldBlock()
	}
	take := v.count
	if v.semaphore {
		take = 1
	}
	fs.edit(f.at.node).event.count -= take
	fs.wake(f.at.node)
	binary.LittleEndian.PutUint64(b, take)
	return 8, 0
}

func (fs *FS) writeEvent(f *file, b []byte) (int, Errno) {
	if len(b) != 8 {
		return 0, EINVAL
	}
	add := binary.LittleEndian.Uint64(b)
	switch count := fs.node(f.at.node).event.count; {
	case add == math.MaxUint64:
		return 0, EINVAL
	case math.MaxUint64-1-count < add:
		return 0, f.wouldBlock()
	}
	fs.edit(f.at.node).event.count += add
	fs.wake(f.at.node)
	return 8, 0
}
