package vfs

// Truncate sets the size of a file.
func (p Proc) Truncate(path string, size int64) Errno {
	if size < 0 {
		return EINVAL
	}
	at, e := p.lookup(AT_FDCWD, path, 0)
	if e != 0 {
		return e
	}
	mode, e := p.modeOf(at)
	switch {
	case e != 0:
		return e
	case mode&S_IFMT == S_IFDIR:
		return EISDIR
	case mode&S_IFMT != S_IFREG:
		return EINVAL
	case at.host != "":
		return p.fs.hostTruncate(at, size)
	}
	n := p.fs.node(at.node)
	switch {
	case !n.allows(W_OK):
		return EACCES
	case n.kind != kindTree:
		return EINVAL
	case size > MaxFile:
		return EFBIG
	}
	p.fs.resize(at.node, size)
	return 0
}

// Ftruncate sets the size of an open file.
func (p Proc) Ftruncate(fd int, size int64) Errno {
	if size < 0 {
		return EINVAL
	}
	_, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	n := p.fs.node(f.at.node)
	switch {
	case !f.writable():
		return EINVAL
	case f.at.host != "":
		return p.fs.hostTruncate(f.at, size)
	case n.kind != kindTree || !n.isFile():
		return EINVAL
	case size > MaxFile:
		return EFBIG
	}
	p.fs.resize(f.at.node, size)
	return 0
}

// Fallocate makes room for a range of a file, and makes the file that long. There is only
// mode 0.
func (p Proc) Fallocate(fd int, mode int, off, size int64) Errno {
	_, f, e := p.file(fd)
	switch {
	case e != 0:
		return e
	case off < 0 || size <= 0:
		return EINVAL
	case mode != 0:
		return EOPNOTSUPP
	case !f.writable():
		return EBADF
	case !f.seekable(p.fs):
		return ESPIPE
	case f.at.host != "":
		return EOPNOTSUPP
	}
	n := p.fs.node(f.at.node)
	end := off + size
	switch {
	case n.kind != kindTree || !n.isFile():
		return ENODEV
	case end > MaxFile || end < 0:
		return EFBIG
	}
	missing, stop := n.missing(off, end, p.fs.room())
	if stop < end {
		return ENOSPC
	}
	p.fs.st.bytes += missing * pageSize
	n = p.fs.touch(f.at.node)
	n.fill(p.fs.age, off, end)
	n.size = max(n.size, end)
	return 0
}

// MemfdCreate makes a file without a name, and opens it for reading and writing. The flags
// are those of memfd_create; of these MFD_CLOEXEC (1) has a meaning, MFD_ALLOW_SEALING (2)
// and MFD_NOEXEC_SEAL (8) are accepted.
func (p Proc) MemfdCreate(name string, flags int) (int, Errno) {
	if flags&^(1|2|8) != 0 || len(name) > 249 {
		return 0, EINVAL
	}
	if e := p.roomForFile(); e != 0 {
		return 0, e
	}
	id, e := p.fs.newNode(node{mode: S_IFREG | 0o777})
	if e != 0 {
		return 0, e
	}
	return p.newFile(file{at: place{node: id}, flags: O_RDWR | O_LARGEFILE, path: "/memfd:" + name}, flags&1 != 0)
}

// Usage is what is used of the tree in memory, and what there can be.
type Usage struct {
	Bytes, MaxBytes int64
	Nodes, MaxNodes int
}

// Usage returns the present usage: what statfs tells.
func (fs *FS) Usage() Usage {
	return Usage{fs.st.bytes, fs.limits.Bytes, fs.st.nodes.count, fs.limits.Nodes}
}
