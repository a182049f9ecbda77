package vfs

// lock is a lock on a file, or on a range of it.
type lock struct {
	file       int32 // the open file that holds a flock
	proc       int32 // the process that holds a range; 0 for a flock
	host       string
	exclusive  bool
	start, end int64 // of the range
}

func (l lock) encode(b []byte) []byte {
	b = words(b, uint64(l.file), uint64(l.proc), flag(l.exclusive), uint64(l.start), uint64(l.end))
	return text(b, l.host)
}

// unlockFile drops the lock that an open file holds.
func (fs *FS) unlockFile(id int32) {
	at := fs.st.files.get(id).at
	fs.dropLocks(at, func(l lock) bool { return l.proc == 0 && l.file == id })
}

// unlockProc drops the ranges that a process holds of a file, as each close of a
// descriptor of it does.
func (p Proc) unlockProc(at place) {
	p.fs.dropLocks(at, func(l lock) bool { return l.proc == p.id })
}

func (fs *FS) dropLocks(at place, pick func(l lock) bool) {
	var kept []lock
	locks := fs.node(at.node).locks
	for _, l := range locks {
		if l.host != at.host || !pick(l) {
			kept = append(kept, l)
		}
	}
	if len(kept) < len(locks) {
		fs.edit(at.node).locks = kept
		fs.wake(at.node)
	}
}
