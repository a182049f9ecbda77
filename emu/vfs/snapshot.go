package vfs

import "errors"

// Snapshot is the state of a file system at one instant. It is of use for the system that
// made it only, and stays as it is whatever happens there.
type Snapshot struct {
	st         state
	hostWrites uint64
	mine       *FS
}

// ErrHostWritten is what a restore ends with when a writable mount was written to since:
// that cannot be undone.
var ErrHostWritten = errors.New("files of the host were changed since the snapshot was made")

// Save makes p a snapshot of the present state. It takes no time to speak of; what
// is changed afterwards is copied first, once, by the page or the object.
func (fs *FS) Save(p *Snapshot) {
	*p = Snapshot{st: fs.st, hostWrites: fs.hostWrites, mine: fs}
	fs.age++
}

// Restore puts the state of a snapshot back. Nothing is changed when it fails.
func (fs *FS) Restore(p *Snapshot) error {
	if p.mine != fs {
		panic("BUG: a snapshot of another file system")
	}
	if p.hostWrites != fs.hostWrites {
		return ErrHostWritten
	}
	fs.st = p.st
	fs.age++
	fs.woken = fs.woken[:0]
	fs.closeUnused()
	return nil
}
