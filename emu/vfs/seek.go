package vfs

// Seek sets the position of a file, and returns it.
func (p Proc) Seek(fd int, off int64, whence int) (int64, Errno) {
	id, f, e := p.file(fd)
	if e != 0 {
		return 0, e
	}
	if whence < SEEK_SET || whence > SEEK_HOLE {
		return 0, EINVAL
	}
	n := p.fs.node(f.at.node)
	if n.kind == kindEvent || n.kind == kindDevice {
		return 0, 0 // as if it had moved
	}
	if !f.seekable(p.fs) {
		return 0, ESPIPE
	}
	to, e := p.fs.target(f, off, whence)
	switch {
	case e != 0:
		return 0, e
	case to < 0 || to > MaxFile:
		return 0, EINVAL
	}
	x := p.fs.editFile(id)
	if to == 0 {
		x.names = nil // a directory of the host is listed anew
	}
	x.pos = to
	return to, 0
}

// target returns the position that a seek is for.
func (fs *FS) target(f *file, off int64, whence int) (int64, Errno) {
	size, e := fs.sizeOf(f)
	switch {
	case e != 0:
		return 0, e
	case whence == SEEK_SET:
		return off, 0
	case whence == SEEK_CUR:
		return f.pos + off, 0
	case whence == SEEK_END:
		return size + off, 0
	}
	return seekData(f, fs.node(f.at.node), size, off, whence)
}

// seekData looks for data, or for a hole. Files of the host are taken to have none.
func seekData(f *file, n *node, size, off int64, whence int) (int64, Errno) {
	if off < 0 || off >= size {
		return 0, ENXIO
	}
	switch {
	case f.at.host != "" && whence == SEEK_DATA:
		return off, 0
	case f.at.host != "":
		return size, 0
	case whence == SEEK_HOLE:
		return n.hole(off), 0
	}
	to := n.data(off)
	if to < 0 || to >= size {
		return 0, ENXIO
	}
	return to, 0
}
