package vfs

import (
	"cmp"
	"math"
	"slices"
)

// Locks that [Proc.Flock] takes.
const (
	LOCK_SH = 1
	LOCK_EX = 2
	LOCK_NB = 4
	LOCK_UN = 8
)

// Types of a [Range].
const (
	F_RDLCK = 0
	F_WRLCK = 1
	F_UNLCK = 2
)

// lock is a lock on a whole file, which an open file holds, or on a range, which a process
// holds. The two kinds do not see each other.
type lock struct {
	file       int32 // 0 for a range
	proc       int32
	host       string // of the place
	exclusive  bool
	start, end int64 // of the range; end is behind it
}

// maxLocks is how many ranges of one file can be locked.
const maxLocks = 1024

func (l lock) encode(b []byte) []byte {
	b = words(b, uint64(l.file), uint64(l.proc), flag(l.exclusive), uint64(l.start), uint64(l.end))
	return text(b, l.host)
}

// against reports whether two locks cannot be there at once.
func (l lock) against(o lock) bool {
	return l.host == o.host && (l.file != 0) == (o.file != 0) && (l.file != o.file || l.proc != o.proc) &&
		(l.exclusive || o.exclusive) && l.start < o.end && o.start < l.end
}

// Flock locks an open file as a whole.
func (p Proc) Flock(fd, op int) Errno {
	kind := op &^ LOCK_NB
	if kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN {
		return EINVAL
	}
	id, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	if kind != LOCK_UN && !f.readable() && !f.writable() {
		return EBADF
	}
	held := lock{file: id, host: f.at.host, exclusive: kind == LOCK_EX, end: math.MaxInt64}
	locks := p.fs.node(f.at.node).locks
	if kind != LOCK_UN && slices.ContainsFunc(locks, func(l lock) bool { return l.file == id && l.exclusive == held.exclusive }) {
		return 0
	}
	at := f.at
	p.fs.unlockFile(id) // a change of the kind is no single step
	if kind == LOCK_UN {
		return 0
	}
	if slices.ContainsFunc(p.fs.node(at.node).locks, held.against) {
		if op&LOCK_NB != 0 {
			return EAGAIN
		}
		return WouldBlock
	}
	n := p.fs.edit(at.node)
	n.locks = append(n.locks, held)
	return 0
}

// Range is a range of a file and a lock: struct flock.
type Range struct {
	Type   int // F_RDLCK, F_WRLCK, F_UNLCK
	Whence int
	Start  int64
	Len    int64 // 0: to the end, wherever that is
	PID    int   // what [Proc.Getlk] finds out
}

// span returns the lock that a range asks for.
func (p Proc) span(f *file, r Range) (lock, Errno) {
	start := r.Start
	switch r.Whence {
	case SEEK_SET:
	case SEEK_CUR:
		start += f.pos
	case SEEK_END:
		size, e := p.fs.sizeOf(f)
		if e != 0 {
			return lock{}, e
		}
		start += size
	default:
		return lock{}, EINVAL
	}
	end := start + r.Len
	switch {
	case r.Len == 0:
		end = math.MaxInt64
	case r.Len < 0:
		start, end = end, start
	}
	if start < 0 || r.Type < F_RDLCK || r.Type > F_UNLCK {
		return lock{}, EINVAL
	}
	if end < start {
		return lock{}, EOVERFLOW
	}
	return lock{proc: p.id, host: f.at.host, exclusive: r.Type == F_WRLCK, start: start, end: end}, 0
}

// Setlk locks or unlocks a range; one that others have ends with EAGAIN, or with wait
// with [WouldBlock].
func (p Proc) Setlk(fd int, r Range, wait bool) Errno {
	_, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	l, e := p.span(f, r)
	switch {
	case e != 0:
		return e
	case r.Type == F_RDLCK && !f.readable(), r.Type == F_WRLCK && !f.writable():
		return EBADF
	}
	locks := p.fs.node(f.at.node).locks
	switch {
	case r.Type != F_UNLCK && slices.ContainsFunc(locks, l.against):
		if wait {
			return WouldBlock
		}
		return EAGAIN
	case len(locks) >= maxLocks:
		return ENOLCK
	}
	at := f.at
	n := p.fs.edit(at.node)
	n.locks = cut(locks, l)
	if r.Type != F_UNLCK {
		n.locks = join(append(n.locks, l))
	}
	p.fs.wake(at.node)
	return 0
}

// cut takes a range away from what its process has locked.
func cut(locks []lock, l lock) []lock {
	var left []lock
	for _, o := range locks {
		if o.file != 0 || o.proc != l.proc || o.host != l.host || o.end <= l.start || l.end <= o.start {
			left = append(left, o)
			continue
		}
		before, after := o, o
		before.end, after.start = l.start, l.end
		for _, part := range []lock{before, after} {
			if part.start < part.end {
				left = append(left, part)
			}
		}
	}
	return left
}

// join makes one of ranges that touch, and puts all in a fixed order.
func join(locks []lock) []lock {
	slices.SortStableFunc(locks, func(a, b lock) int {
		return cmp.Or(cmp.Compare(a.proc, b.proc), cmp.Compare(a.host, b.host), cmp.Compare(a.start, b.start))
	})
	joined := locks[:0]
	for _, l := range locks {
		if n := len(joined); n > 0 && l.file == 0 {
			last := joined[n-1]
			if last.file == 0 && last.proc == l.proc && last.host == l.host && last.exclusive == l.exclusive && last.end == l.start {
				joined[n-1].end = l.end
				continue
			}
		}
		joined = append(joined, l)
	}
	return joined
}

// Getlk returns the first lock of others that a range would have to wait for, or the range
// with F_UNLCK.
func (p Proc) Getlk(fd int, r Range) (Range, Errno) {
	_, f, e := p.file(fd)
	if e != 0 {
		return r, e
	}
	l, e := p.span(f, r)
	if e == 0 && r.Type == F_UNLCK {
		e = EINVAL
	}
	if e != 0 {
		return r, e
	}
	locks := p.fs.node(f.at.node).locks
	i := slices.IndexFunc(locks, l.against)
	if i < 0 {
		r.Type = F_UNLCK
		return r, 0
	}
	o := locks[i]
	r = Range{Type: F_RDLCK, Start: o.start, Len: o.end - o.start, PID: int(p.fs.st.procs.get(o.proc).pid)}
	if o.exclusive {
		r.Type = F_WRLCK
	}
	if o.end == math.MaxInt64 {
		r.Len = 0
	}
	return r, 0
}

// unlockFile drops the lock that an open file holds.
func (fs *FS) unlockFile(id int32) {
	fs.dropLocks(fs.st.files.get(id).at, func(l lock) bool { return l.file == id })
}

// unlockProc drops the ranges that a process holds of a file, as each close of a
// descriptor of it does.
func (p Proc) unlockProc(at place) {
	p.fs.dropLocks(at, func(l lock) bool { return l.file == 0 && l.proc == p.id && l.host == at.host })
}

func (fs *FS) dropLocks(at place, pick func(l lock) bool) {
	locks := fs.node(at.node).locks
	if slices.ContainsFunc(locks, pick) {
		n := fs.edit(at.node)
		n.locks = slices.DeleteFunc(n.locks, pick)
		fs.wake(at.node)
	}
}
