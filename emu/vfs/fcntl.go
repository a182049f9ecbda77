package vfs

// The commands that [Proc.Fcntl] knows.
const (
	F_DUPFD         = 0
	F_GETFD         = 1
	F_SETFD         = 2
	F_GETFL         = 3
	F_SETFL         = 4
	F_DUPFD_CLOEXEC = 1030
	F_GETPIPE_SZ    = 1032

	FD_CLOEXEC = 1
)

// Dup makes another descriptor for an open file.
func (p Proc) Dup(fd int) (int, Errno) { return p.dupFrom(fd, 0, false) }

// dupFrom makes a descriptor, the lowest free one from a number on.
func (p Proc) dupFrom(fd, from int, cloexec bool) (int, Errno) {
	id, _, e := p.anyFile(fd)
	if e != 0 {
		return 0, e
	}
	to, e := p.freeFd(from)
	if e != 0 {
		return 0, e
	}
	p.fs.editFile(id).refs++
	p.setFd(to, descriptor{id, cloexec})
	return to, 0
}

// Dup2 makes a descriptor that has the number to mean the same open file, and closes
// what had the number.
func (p Proc) Dup2(fd, to int) (int, Errno) {
	if fd != to {
		return p.Dup3(fd, to, 0)
	}
	_, _, e := p.anyFile(fd)
	return to, e
}

// Dup3 is Dup2 with O_CLOEXEC as a flag, and refuses equal numbers.
func (p Proc) Dup3(fd, to, flags int) (int, Errno) {
	if flags&^O_CLOEXEC != 0 || fd == to {
		return 0, EINVAL
	}
	if to < 0 || to >= p.fs.limits.Descriptors {
		return 0, EBADF
	}
	id, _, e := p.anyFile(fd)
	if e != 0 {
		return 0, e
	}
	p.fs.editFile(id).refs++
	p.Close(to)
	p.setFd(to, descriptor{id, flags&O_CLOEXEC != 0})
	return to, 0
}

// Fcntl is fcntl without the commands for locks.
func (p Proc) Fcntl(fd, cmd, arg int) (int, Errno) {
	id, f, e := p.anyFile(fd)
	if e != 0 {
		return 0, e
	}
	switch cmd {
	case F_DUPFD, F_DUPFD_CLOEXEC:
		if arg < 0 || arg >= p.fs.limits.Descriptors {
			return 0, EINVAL
		}
		return p.dupFrom(fd, arg, cmd == F_DUPFD_CLOEXEC)
	case F_GETFD:
		return int(flag(p.get().fds[fd].cloexec)), 0
	case F_SETFD:
		p.edit().fds[fd].cloexec = arg&FD_CLOEXEC != 0
		return 0, 0
	case F_GETFL:
		return f.flags, 0
	}
	switch {
	case f.flags&O_PATH != 0:
		return 0, EBADF
	case cmd == F_SETFL:
		return 0, p.setFlags(id, arg)
	case cmd == F_GETPIPE_SZ && p.fs.node(f.at.node).kind == kindPipe:
		return PipeSize, 0
	case cmd == F_GETPIPE_SZ:
		return 0, EBADF
	}
	return 0, EINVAL
}

// setFlags changes those flags of an open file that can be changed.
func (p Proc) setFlags(id int32, flags int) Errno {
	const mask = O_APPEND | O_NONBLOCK | O_NOATIME
	f := p.fs.st.files.get(id)
	if flags&^f.flags&O_NOATIME != 0 && !p.fs.node(f.at.node).owned() {
		return EPERM
	}
	f = p.fs.editFile(id)
	f.flags = f.flags&^mask | flags&mask
	return 0
}

// Buffered returns how many bytes a read would give without waiting: what FIONREAD tells.
func (p Proc) Buffered(fd int) (int, Errno) {
	_, f, e := p.file(fd)
	if e != 0 {
		return 0, e
	}
	n := p.fs.node(f.at.node)
	switch {
	case n.kind == kindPipe:
		sum := 0
		for _, q := range n.pipe.bufs {
			sum += len(q.data) - q.read
		}
		return sum, 0
	case n.kind == kindTree && n.isFile():
		return int(n.size - f.pos), 0
	}
	return 0, ENOTTY
}
