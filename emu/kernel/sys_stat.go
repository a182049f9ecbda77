package kernel

import (
	"encoding/binary"

	"patchlab/emu/vfs"
	"patchlab/guest"
)

// outStat writes struct stat.
func (k *Kernel) outStat(a guest.Addr, s vfs.Stat, e vfs.Errno) Result {
	if e != 0 {
		return fail(e)
	}
	ok := k.outWords(a, s.Dev, s.Ino, uint64(s.Nlink), uint64(s.Mode)|uint64(s.UID)<<32, uint64(s.GID), s.Rdev,
		uint64(s.Size), uint64(s.Blksize), uint64(s.Blocks), uint64(s.Atime.Sec), uint64(s.Atime.Nsec),
		uint64(s.Mtime.Sec), uint64(s.Mtime.Nsec), uint64(s.Ctime.Sec), uint64(s.Ctime.Nsec), 0, 0, 0)
	if !ok {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) fstat(c *Call) Result {
	s, e := k.proc().Fstat(c.int(0))
	return k.outStat(c.addr(1), s, e)
}

func (k *Kernel) stat(c *Call) Result { return k.statAt(vfs.AT_FDCWD, c.addr(0), c.addr(1), 0) }
func (k *Kernel) lstat(c *Call) Result {
	return k.statAt(vfs.AT_FDCWD, c.addr(0), c.addr(1), vfs.AT_SYMLINK_NOFOLLOW)
}

func (k *Kernel) newfstatat(c *Call) Result {
	return k.statAt(c.int(0), c.addr(1), c.addr(2), c.int(3))
}

func (k *Kernel) statAt(dir int, at, to guest.Addr, flags int) Result {
	path, e := k.path(at)
	if e != 0 {
		return fail(e)
	}
	s, e := k.proc().Fstatat(dir, path, flags)
	return k.outStat(to, s, e)
}

// statx tells all that it knows, whatever the mask asks for.
func (k *Kernel) statx(c *Call) Result {
	const basic, btime, mountID, syncFlags = 0x7ff, 0x800, 0x1000, 0x6000
	path, e := k.path(c.addr(1))
	if e != 0 {
		return fail(e)
	}
	s, e := k.proc().Fstatat(c.int(0), path, c.int(2)&^syncFlags)
	if e != 0 {
		return fail(e)
	}
	le := binary.LittleEndian
	b := le.AppendUint32(nil, basic|btime|mountID)
	b = le.AppendUint32(b, uint32(s.Blksize))
	b = le.AppendUint64(b, 0)
	for _, v := range []uint32{s.Nlink, s.UID, s.GID, s.Mode & 0xffff} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range []uint64{s.Ino, uint64(s.Size), uint64(s.Blocks), 0} {
		b = le.AppendUint64(b, v)
	}
	for _, t := range []vfs.Time{s.Atime, s.Btime, s.Ctime, s.Mtime} {
		b = le.AppendUint64(le.AppendUint64(b, uint64(t.Sec)), uint64(t.Nsec))
	}
	for _, d := range []uint64{s.Rdev, s.Dev} {
		b = le.AppendUint32(le.AppendUint32(b, uint32(d>>8&0xfff)), uint32(d&0xff|d>>12&0xfff00))
	}
	b = le.AppendUint64(b, s.Mount)
	const size = 256
	if !k.out(c.addr(4), append(b, make([]byte, size-len(b))...)) {
		return fail(efault)
	}
	return done(0)
}
