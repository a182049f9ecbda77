package vfs

import (
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
)

// openHost opens a file of the host, or makes it if the flags say so.
func (o opening) openHost(at place) (int, Errno) {
	x := file{at: at, flags: o.flags & openFlags}
	x.path, _ = o.placePath(at)
	if o.flags&O_PATH != 0 {
		return o.newFile(x, o.flags&O_CLOEXEC != 0)
	}
	mode, e := o.fs.hostMode(at)
	isNew := e == ENOENT && o.flags&O_CREAT != 0
	switch {
	case e != 0 && !isNew:
		return 0, e
	case (isNew || o.wants()&W_OK != 0) && !o.fs.mountOf(at).writable && mode&S_IFMT != S_IFDIR:
		return 0, EROFS
	case mode&S_IFMT == S_IFLNK:
		return 0, ELOOP
	case mode&S_IFMT == S_IFDIR && o.wants()&W_OK != 0:
		return 0, EISDIR
	}
	h, e := o.fs.openHandle(at, o.flags, o.mode)
	if e != 0 {
		return 0, e
	}
	if isNew || o.flags&O_TRUNC != 0 {
		o.fs.hostWrites++
	}
	o.fs.lastHandle++
	x.handle = o.fs.lastHandle
	o.fs.handles[x.handle] = h
	return o.newFile(x, o.flags&O_CLOEXEC != 0)
}

// openHandle opens what is a regular file or a directory, without waiting for anything
// if it is not.
func (fs *FS) openHandle(at place, flags int, mode uint32) (*os.File, Errno) {
	const pass = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC
	h, err := fs.mountOf(at).root.OpenFile(at.host, flags&pass|O_NOFOLLOW|O_NONBLOCK, os.FileMode(mode&0o777))
	if err != nil {
		return nil, hostErrno(err)
	}
	info, err := h.Stat()
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = syscall.EACCES
	}
	if err != nil {
		h.Close()
		return nil, hostErrno(err)
	}
	return h, 0
}

// handle returns the host's side of an open file. After a restore it may have to be opened
// anew.
func (fs *FS) handleOf(f *file) (*os.File, Errno) {
	if h := fs.handles[f.handle]; h != nil {
		return h, 0
	}
	h, e := fs.openHandle(f.at, f.flags&O_ACCMODE, 0)
	if e != 0 {
		return nil, ESTALE
	}
	fs.handles[f.handle] = h
	return h, 0
}

func (fs *FS) closeHandle(nr uint64) {
	if h := fs.handles[nr]; h != nil {
		h.Close()
		delete(fs.handles, nr)
	}
}

// closeUnused closes the handles that no open file has.
func (fs *FS) closeUnused() {
	if len(fs.handles) == 0 {
		return
	}
	used := make(map[uint64]bool)
	fs.st.files.all(func(_ int32, f *file) { used[f.handle] = true })
	for nr := range fs.handles {
		if !used[nr] {
			fs.closeHandle(nr)
		}
	}
}

func (fs *FS) readHost(f *file, b []byte, off int64) (int, Errno) {
	h, e := fs.handleOf(f)
	if e != 0 {
		return 0, e
	}
	n, err := h.ReadAt(b, off)
	if n > 0 || errors.Is(err, io.EOF) {
		err = nil
	}
	return n, hostErrno(err)
}

func (fs *FS) writeHost(f *file, b []byte, off int64) (int, Errno) {
	h, e := fs.handleOf(f)
	if e != 0 {
		return 0, e
	}
	fs.hostWrites++
	n, err := h.WriteAt(b, off)
	if n > 0 {
		err = nil
	}
	return n, hostErrno(err)
}

func (fs *FS) hostFstat(f *file) (Stat, Errno) {
	if f.flags&O_PATH != 0 {
		return fs.hostStat(f.at)
	}
	h, e := fs.handleOf(f)
	if e != 0 {
		return Stat{}, e
	}
	info, err := h.Stat()
	if err != nil {
		return Stat{}, hostErrno(err)
	}
	return fs.guestStat(f.at, info.Sys().(*syscall.Stat_t)), 0
}

func (fs *FS) hostSize(f *file) (int64, Errno) {
	st, e := fs.hostFstat(f)
	return st.Size, e
}

// hostNames lists a directory of the host.
func (fs *FS) hostNames(at place) ([]string, Errno) {
	h, e := fs.openHandle(at, O_RDONLY, 0)
	if e != 0 {
		return nil, e
	}
	defer h.Close()
	names, err := h.Readdirnames(-1)
	slices.Sort(names)
	return names, hostErrno(err)
}
