package vfs

// Read reads at the file's position. It gives less than was asked for where less is there,
// and 0 at the end.
func (p Proc) Read(fd int, b []byte) (int, Errno) {
	id, f, e := p.file(fd)
	if e != 0 {
		return 0, e
	}
	if !f.readable() {
		return 0, EBADF
	}
	if !f.seekable(p.fs) {
		return p.fs.readFlow(f, b)
	}
	n, e := p.fs.readAt(f, b, f.pos)
	if n > 0 {
		p.fs.editFile(id).pos += int64(n)
	}
	return n, e
}

// Pread reads at an offset.
func (p Proc) Pread(fd int, b []byte, off int64) (int, Errno) {
	if off < 0 {
		return 0, EINVAL
	}
	_, f, e := p.file(fd)
	switch {
	case e != 0:
		return 0, e
	case !f.seekable(p.fs):
		return 0, ESPIPE
	case !f.readable():
		return 0, EBADF
	}
	return p.fs.readAt(f, b, off)
}

// Write writes at the file's position, or at its end with O_APPEND. Where a result comes
// with [WouldBlock], the first n bytes are written, and the others wait: the caller goes
// on with those, and tells the guest the sum.
func (p Proc) Write(fd int, b []byte) (int, Errno) {
	id, f, e := p.file(fd)
	if e != 0 {
		return 0, e
	}
	if !f.writable() {
		return 0, EBADF
	}
	if !f.seekable(p.fs) {
		return p.fs.writeFlow(f, b)
	}
	off := f.pos
	if f.flags&O_APPEND != 0 && len(b) > 0 {
		if off, e = p.fs.sizeOf(f); e != 0 {
			return 0, e
		}
	}
	n, e := p.fs.writeAt(f, b, off)
	if e == 0 && len(b) > 0 {
		p.fs.editFile(id).pos = off + int64(n)
	}
	return n, e
}

// Pwrite writes at an offset; with O_APPEND at the end all the same.
func (p Proc) Pwrite(fd int, b []byte, off int64) (int, Errno) {
	if off < 0 {
		return 0, EINVAL
	}
	_, f, e := p.file(fd)
	switch {
	case e != 0:
		return 0, e
	case !f.seekable(p.fs):
		return 0, ESPIPE
	case !f.writable():
		return 0, EBADF
	}
	if f.flags&O_APPEND != 0 {
		if off, e = p.fs.sizeOf(f); e != 0 {
			return 0, e
		}
	}
	return p.fs.writeAt(f, b, off)
}

// seekable reports whether a file has positions.
func (f *file) seekable(fs *FS) bool {
	switch fs.node(f.at.node).kind {
	case kindStream, kindPipe, kindEvent:
		return false
	}
	return true
}

// readFlow reads from what has no positions.
func (fs *FS) readFlow(f *file, b []byte) (int, Errno) {
	n := fs.node(f.at.node)
	switch n.kind {
	case kindPipe:
		return fs.readPipe(f, b)
	case kindEvent:
		return fs.readEvent(f, b)
	}
	if n.arg != 0 {
		return 0, EBADF
	}
	return fs.readStdin(b)
}

func (fs *FS) writeFlow(f *file, b []byte) (int, Errno) {
	n := fs.node(f.at.node)
	switch n.kind {
	case kindPipe:
		return fs.writePipe(f, b)
	case kindEvent:
		return fs.writeEvent(f, b)
	}
	return fs.writeStream(n.arg, b)
}

func (fs *FS) readAt(f *file, b []byte, off int64) (int, Errno) {
	n := fs.node(f.at.node)
	switch {
	case n.kind == kindMount:
		return fs.readHost(f, b, off)
	case n.isDir():
		return 0, EISDIR
	case n.kind == kindDevice:
		return fs.readDevice(n.arg, b), 0
	case n.kind == kindText:
		return copy(b, f.text[min(off, int64(len(f.text))):]), 0
	case len(b) == 0:
		return 0, 0
	}
	if f.flags&O_NOATIME == 0 {
		fs.accessed(f.at.node)
	}
	return n.readAt(b, off), 0
}

func (fs *FS) writeAt(f *file, b []byte, off int64) (int, Errno) {
	n := fs.node(f.at.node)
	switch {
	case n.kind == kindMount:
		return fs.writeHost(f, b, off)
	case n.kind == kindDevice:
		return writeDevice(n.arg, b)
	case n.kind == kindText:
		return 0, EACCES
	case len(b) == 0:
		return 0, 0
	case off >= MaxFile:
		return 0, EFBIG
	}
	end := min(off+int64(len(b)), MaxFile)
	missing, stop := n.missing(off, end, fs.room())
	if stop == off {
		return 0, ENOSPC
	}
	fs.st.bytes += missing * pageSize
	fs.touch(f.at.node).writeAt(fs.age, b[:stop-off], off)
	return int(stop - off), 0
}

// room returns how many pages more files may have.
func (fs *FS) room() int64 { return max(0, fs.limits.Bytes-fs.st.bytes) / pageSize }

// sizeOf returns where a file ends.
func (fs *FS) sizeOf(f *file) (int64, Errno) {
	if f.at.host != "" {
		return fs.hostSize(f)
	}
	return fs.node(f.at.node).size, 0
}

// resize sets the size of a regular file of the tree.
func (fs *FS) resize(id int32, size int64) {
	n := fs.touch(id)
	before := n.pages
	n.truncate(fs.age, size)
	fs.st.bytes -= (before - n.pages) * pageSize
}
