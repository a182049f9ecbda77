package kernel

import (
	"encoding/binary"

	"patchlab/emu/vfs"
	"patchlab/guest"
)

// byPath answers a call with the path in argument i.
func (k *Kernel) byPath(c *Call, i int, do func(path string) vfs.Errno) Result {
	path, e := k.path(c.addr(i))
	if e == 0 {
		e = do(path)
	}
	return ended(0, e)
}

func (k *Kernel) openAt(dir int, at guest.Addr, flags int, mode uint32) Result {
	path, e := k.path(at)
	if e != 0 {
		return fail(e)
	}
	fd, e := k.proc().Openat(dir, path, flags, mode)
	return ended(fd, e)
}

func (k *Kernel) open(c *Call) Result {
	return k.openAt(vfs.AT_FDCWD, c.addr(0), c.int(1), uint32(c.Args[2]))
}

func (k *Kernel) creat(c *Call) Result {
	return k.openAt(vfs.AT_FDCWD, c.addr(0), vfs.O_CREAT|vfs.O_WRONLY|vfs.O_TRUNC, uint32(c.Args[1]))
}

func (k *Kernel) openat(c *Call) Result {
	return k.openAt(c.int(0), c.addr(1), c.int(2), uint32(c.Args[3]))
}

func (k *Kernel) readlink(c *Call) Result {
	return k.readlinkAt(vfs.AT_FDCWD, c.addr(0), c.addr(1), c.Args[2])
}

func (k *Kernel) readlinkat(c *Call) Result {
	return k.readlinkAt(c.int(0), c.addr(1), c.addr(2), c.Args[3])
}

func (k *Kernel) readlinkAt(dir int, at, to guest.Addr, n uint64) Result {
	path, e := k.path(at)
	if e != 0 {
		return fail(e)
	}
	text, e := k.proc().Readlinkat(dir, path)
	switch {
	case e != 0:
		return fail(e)
	case int32(n) <= 0:
		return fail(vfs.EINVAL)
	}
	b := []byte(text)[:min(uint64(len(text)), n)]
	if !k.out(to, b) {
		return fail(efault)
	}
	return done(uint64(len(b)))
}

func (k *Kernel) access(c *Call) Result {
	return k.byPath(c, 0, func(p string) vfs.Errno {
		return k.proc().Faccessat(vfs.AT_FDCWD, p, uint32(c.Args[1]), 0)
	})
}

func (k *Kernel) faccessat(c *Call) Result {
	return k.byPath(c, 1, func(p string) vfs.Errno { return k.proc().Faccessat(c.int(0), p, uint32(c.Args[2]), 0) })
}

func (k *Kernel) faccessat2(c *Call) Result {
	return k.byPath(c, 1, func(p string) vfs.Errno {
		return k.proc().Faccessat(c.int(0), p, uint32(c.Args[2]), c.int(3))
	})
}

func (k *Kernel) getcwd(c *Call) Result {
	dir, e := k.proc().Getcwd()
	switch {
	case e != 0:
		return fail(e)
	case c.Args[1] < uint64(len(dir)+1):
		return fail(vfs.ERANGE)
	case !k.out(c.addr(0), append([]byte(dir), 0)):
		return fail(efault)
	}
	return done(uint64(len(dir) + 1))
}

func (k *Kernel) chdir(c *Call) Result  { return k.byPath(c, 0, k.proc().Chdir) }
func (k *Kernel) fchdir(c *Call) Result { return ended(0, k.proc().Fchdir(c.int(0))) }

func (k *Kernel) mkdir(c *Call) Result {
	return k.byPath(c, 0, func(p string) vfs.Errno {
		return k.proc().Mkdirat(vfs.AT_FDCWD, p, uint32(c.Args[1]))
	})
}

func (k *Kernel) mkdirat(c *Call) Result {
	return k.byPath(c, 1, func(p string) vfs.Errno { return k.proc().Mkdirat(c.int(0), p, uint32(c.Args[2])) })
}

func (k *Kernel) unlink(c *Call) Result {
	return k.byPath(c, 0, func(p string) vfs.Errno { return k.proc().Unlinkat(vfs.AT_FDCWD, p, 0) })
}

func (k *Kernel) rmdir(c *Call) Result {
	return k.byPath(c, 0, func(p string) vfs.Errno { return k.proc().Unlinkat(vfs.AT_FDCWD, p, vfs.AT_REMOVEDIR) })
}

func (k *Kernel) unlinkat(c *Call) Result {
	return k.byPath(c, 1, func(p string) vfs.Errno { return k.proc().Unlinkat(c.int(0), p, c.int(2)) })
}

func (k *Kernel) rename(c *Call) Result {
	return k.renameAt(vfs.AT_FDCWD, c.addr(0), vfs.AT_FDCWD, c.addr(1), 0)
}

func (k *Kernel) renameat(c *Call) Result {
	return k.renameAt(c.int(0), c.addr(1), c.int(2), c.addr(3), 0)
}

func (k *Kernel) renameat2(c *Call) Result {
	return k.renameAt(c.int(0), c.addr(1), c.int(2), c.addr(3), c.int(4))
}

func (k *Kernel) renameAt(from int, a guest.Addr, to int, b guest.Addr, flags int) Result {
	old, e := k.path(a)
	if e != 0 {
		return fail(e)
	}
	name, e := k.path(b)
	if e != 0 {
		return fail(e)
	}
	return ended(0, k.proc().Renameat2(from, old, to, name, flags))
}

func (k *Kernel) symlink(c *Call) Result {
	target, e := k.path(c.addr(0))
	if e != 0 {
		return fail(e)
	}
	return k.byPath(c, 1, func(p string) vfs.Errno { return k.proc().Symlinkat(target, vfs.AT_FDCWD, p) })
}

func (k *Kernel) ftruncate(c *Call) Result {
	return ended(0, k.proc().Ftruncate(c.int(0), int64(c.Args[1])))
}

func (k *Kernel) truncate(c *Call) Result {
	return k.byPath(c, 0, func(p string) vfs.Errno { return k.proc().Truncate(p, int64(c.Args[1])) })
}

func (k *Kernel) chmod(c *Call) Result {
	return k.byPath(c, 0, func(p string) vfs.Errno {
		return k.proc().Fchmodat(vfs.AT_FDCWD, p, uint32(c.Args[1]), 0)
	})
}

func (k *Kernel) fchmod(c *Call) Result {
	return ended(0, k.proc().Fchmod(c.int(0), uint32(c.Args[1])))
}

func (k *Kernel) umask(c *Call) Result { return done(uint64(k.proc().Umask(uint32(c.Args[0])))) }

// getdents64 writes entries as struct linux_dirent64: inode, position, length of the
// record, type, name.
func (k *Kernel) getdents64(c *Call) Result {
	const head = 19
	var b []byte
	full := false
	e := k.proc().ReadDir(c.int(0), func(d vfs.DirEntry) bool {
		size := (head + len(d.Name) + 1 + 7) &^ 7
		if uint64(len(b)+size) > c.Args[2]&0xffffffff {
			full = true
			return false
		}
		r := binary.LittleEndian.AppendUint64(nil, d.Ino)
		r = binary.LittleEndian.AppendUint64(r, uint64(d.Off))
		r = binary.LittleEndian.AppendUint16(r, uint16(size))
		r = append(append(r, byte(d.Type>>12)), d.Name...)
		b = append(b, append(r, make([]byte, size-len(r))...)...)
		return true
	})
	switch {
	case e != 0:
		return fail(e)
	case len(b) == 0 && full:
		return fail(vfs.EINVAL)
	case !k.out(c.addr(1), b):
		return fail(efault)
	}
	return done(uint64(len(b)))
}
