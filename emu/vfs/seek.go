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
	if n.kind == kindEvent {
		return 0, 0
	}
	if !f.seekable(p.fs) {
		return 0, ESPIPE
	}
	if n.kind == kindDevice {
		return p.seekDevice(id, n.arg, off, whence)
	}
	size, e := p.fs.sizeOf(f)
	if e != 0 {
		return 0, e
	}
	var to int64
	switch whence {
	case SEEK_SET:
		to = off
	case SEEK_CUR:
		to = f.pos + off
	case SEEK_END:
		to = size + off
	default:
		if to, e = seekData(f, n, size, off, whence); e != 0 {
			return 0, e
		}
	}
	if to < 0 || to > MaxFile {
		return 0, EINVAL
	}
	x := p.fs.editFile(id)
	if to == 0 {
		x.names = nil // a directory of the host is listed anew
	}
	x.pos = to
	return to, 0
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

// seekDevice moves to 0 always, except in the endless ones, where it makes no difference.
func (p Proc) seekDevice(id, minor int32, off int64, whence int) (int64, Errno) {
	if minor == devRandom || minor == devURand {
		if whence == SEEK_CUR {
			off += p.fs.st.files.get(id).pos
		}
		if off < 0 || whence > SEEK_CUR {
			return 0, EINVAL
		}
		p.fs.editFile(id).pos = off
		return off, 0
	}
	p.fs.editFile(id).pos = 0
	return 0, 0
}
