package vfs

import (
	"os"
	"time"
)

// mayChange reports why nothing can be changed in a mount.
func (fs *FS) mayChange(at place) Errno {
	if !fs.mountOf(at).writable {
		return EROFS
	}
	return 0
}

// change does something to the host by way of a mount.
func (fs *FS) change(at place, do func(root *os.Root) error) Errno {
	if e := fs.mayChange(at); e != 0 {
		return e
	}
	fs.hostWrites++
	return hostErrno(do(fs.mountOf(at).root))
}

func (fs *FS) hostMkdir(at place, mode uint32) Errno {
	return fs.change(at, func(r *os.Root) error { return r.Mkdir(at.host, os.FileMode(mode&0o777)) })
}

func (fs *FS) hostSymlink(target string, at place) Errno {
	return fs.change(at, func(r *os.Root) error { return r.Symlink(target, at.host) })
}

func (fs *FS) hostLink(from, to place) Errno {
	return fs.change(to, func(r *os.Root) error { return r.Link(from.host, to.host) })
}

func (fs *FS) hostRename(from, to place) Errno {
	return fs.change(to, func(r *os.Root) error { return r.Rename(from.host, to.host) })
}

// hostRemove removes a name, or an empty directory.
func (fs *FS) hostRemove(at place, wantDir bool) Errno {
	mode, e := fs.hostMode(at)
	isDir := mode&S_IFMT == S_IFDIR
	switch {
	case e != 0:
		return e
	case wantDir && !isDir:
		return ENOTDIR
	case !wantDir && isDir:
		return EISDIR
	case at.host == ".":
		return EBUSY
	}
	return fs.change(at, func(r *os.Root) error { return r.Remove(at.host) })
}

// hostChmod sets permissions; set-user-ID and its like never reach the host.
func (fs *FS) hostChmod(at place, mode uint32) Errno {
	if m, e := fs.hostMode(at); e != 0 || m&S_IFMT == S_IFLNK {
		return max(e, EOPNOTSUPP)
	}
	return fs.change(at, func(r *os.Root) error { return r.Chmod(at.host, os.FileMode(mode&0o777)) })
}

func (fs *FS) hostTruncate(at place, size int64) Errno {
	if e := fs.mayChange(at); e != 0 {
		return e
	}
	h, e := fs.openHandle(at, O_WRONLY, 0)
	if e != 0 {
		return e
	}
	defer h.Close()
	fs.hostWrites++
	return hostErrno(h.Truncate(size))
}

func (fs *FS) hostTimes(at place, set [2]Time, now Time) Errno {
	st, e := fs.hostStat(at)
	switch {
	case e != 0:
		return e
	case st.Mode&S_IFMT == S_IFLNK: // there is no way that stays within the mount
		return EOPNOTSUPP
	}
	a, m := set[0].or(now, st.Atime), set[1].or(now, st.Mtime)
	return fs.change(at, func(r *os.Root) error {
		return r.Chtimes(at.host, time.Unix(a.Sec, a.Nsec), time.Unix(m.Sec, m.Nsec))
	})
}
