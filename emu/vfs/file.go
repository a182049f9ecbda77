package vfs

import "slices"

// file is an open file: what descriptors refer to, and share when one is a copy of the
// other.
type file struct {
	at    place
	flags int // O_ACCMODE and the flags that F_GETFL tells
	refs  int32
	pos   int64
	path  string   // it was opened by, absolute
	text  string   // a file of /proc, as it was when it was opened
	names []string // of a directory of the host, when the listing began; not changed

	handle uint64 // of the host's file, in FS.handles; never reused
}

func (f *file) detach() {}

func (f *file) readable() bool {
	return f.flags&O_PATH == 0 && (f.flags&O_ACCMODE == O_RDONLY || f.flags&O_ACCMODE == O_RDWR)
}

func (f *file) writable() bool {
	return f.flags&O_PATH == 0 && (f.flags&O_ACCMODE == O_WRONLY || f.flags&O_ACCMODE == O_RDWR)
}

// editFile returns an open file to be changed.
func (fs *FS) editFile(id int32) *file { return fs.st.files.edit(fs.age, id) }

// unref takes away a reference to an open file, and closes it with the last one.
func (fs *FS) unref(id int32) {
	f := fs.editFile(id)
	if f.refs--; f.refs > 0 {
		return
	}
	at := f.at
	fs.unlockFile(id)
	fs.closeHandle(f.handle)
	if fs.node(at.node).kind == kindPipe {
		fs.closeEnd(f)
	}
	fs.st.files.remove(fs.age, id)
	fs.release(at.node)
}

// file returns an open file by a descriptor, O_PATH ones only where wanted.
func (p Proc) file(fd int) (int32, *file, Errno) {
	id, f, e := p.anyFile(fd)
	if e == 0 && f.flags&O_PATH != 0 {
		e = EBADF
	}
	return id, f, e
}

func (p Proc) anyFile(fd int) (int32, *file, Errno) {
	fds := p.get().fds
	if fd < 0 || fd >= len(fds) || fds[fd].file == 0 {
		return 0, nil, EBADF
	}
	return fds[fd].file, p.fs.st.files.get(fds[fd].file), 0
}

// newFile makes an open file and a descriptor for it, which is the lowest free one.
func (p Proc) newFile(f file, cloexec bool) (int, Errno) {
	fd, e := p.freeFd(0)
	if e != 0 {
		return 0, e
	}
	if p.fs.st.files.count >= p.fs.limits.Files {
		return 0, ENFILE
	}
	f.refs = 1
	p.fs.hold(f.at.node)
	p.setFd(fd, descriptor{p.fs.st.files.add(p.fs.age, f), cloexec})
	return fd, 0
}

// freeFd returns the lowest free descriptor from a number on.
func (p Proc) freeFd(from int) (int, Errno) {
	fds := p.get().fds
	fd := from
	for fd < len(fds) && fds[fd].file != 0 {
		fd++
	}
	if fd >= p.fs.limits.Descriptors {
		return 0, EMFILE
	}
	return fd, 0
}

func (p Proc) setFd(fd int, d descriptor) {
	x := p.edit()
	if n := fd + 1 - len(x.fds); n > 0 {
		x.fds = append(x.fds, make([]descriptor, n)...)
	}
	x.fds[fd] = d
}

// Close closes a descriptor.
func (p Proc) Close(fd int) Errno {
	id, f, e := p.anyFile(fd)
	if e != 0 {
		return e
	}
	p.unlockProc(f.at)
	x := p.edit()
	x.fds[fd] = descriptor{}
	for n := len(x.fds); n > 0 && x.fds[n-1].file == 0; n-- {
		x.fds = x.fds[:n-1]
	}
	p.fs.unref(id)
	return 0
}

// closeAll closes the descriptors that pick wants.
func (p Proc) closeAll(pick func(d descriptor) bool) {
	for fd, d := range slices.Clone(p.get().fds) {
		if d.file != 0 && pick(d) {
			p.Close(fd)
		}
	}
}
