package vfs

// Stat is what stat and statx tell.
type Stat struct {
	Dev, Ino                   uint64
	Mode                       uint32 // type and permissions
	Nlink                      uint32
	UID, GID                   uint32
	Rdev                       uint64
	Size                       int64
	Blksize                    int64
	Blocks                     int64 // of 512 bytes
	Atime, Mtime, Ctime, Btime Time
	Mount                      uint64 // the statx mount id
}

// GuestID is the user and the group that every process of the guest is, without any
// privilege. The tree is the guest's own, /dev, /proc and /etc are root's.
const GuestID = 1000

// Fstat tells of an open file.
func (p Proc) Fstat(fd int) (Stat, Errno) {
	_, f, e := p.anyFile(fd)
	if e != 0 {
		return Stat{}, e
	}
	if f.at.host != "" {
		return p.fs.hostFstat(f)
	}
	return p.statOf(f.at)
}

// Fstatat tells of a file by its path: stat, or lstat with AT_SYMLINK_NOFOLLOW. With
// AT_EMPTY_PATH the path may be empty, for the directory or file that dirfd is.
func (p Proc) Fstatat(dirfd int, path string, flags int) (Stat, Errno) {
	if flags&^(AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH|0x800 /* AT_NO_AUTOMOUNT */) != 0 {
		return Stat{}, EINVAL
	}
	if path == "" && flags&AT_EMPTY_PATH != 0 && dirfd != AT_FDCWD {
		return p.Fstat(dirfd)
	}
	at, e := p.lookup(dirfd, path, flags)
	if e != 0 {
		return Stat{}, e
	}
	return p.statOf(at)
}

// lookup returns the place of something that exists, by the flags that many operations
// take.
func (p Proc) lookup(dirfd int, path string, flags int) (place, Errno) {
	if path == "" && flags&AT_EMPTY_PATH != 0 {
		if dirfd == AT_FDCWD {
			return p.get().cwd, 0
		}
		_, f, e := p.anyFile(dirfd)
		if e != 0 {
			return place{}, e
		}
		return f.at, 0
	}
	how := lookFollow
	if flags&AT_SYMLINK_NOFOLLOW != 0 {
		how = 0
	}
	f, e := p.resolve(dirfd, path, how)
	if e == 0 && f.at.node == 0 {
		e = ENOENT
	}
	return f.at, e
}

func (p Proc) statOf(at place) (Stat, Errno) {
	switch {
	case at.host != "":
		return p.fs.hostStat(at)
	case at.fd != 0:
		return Stat{
			Dev: treeDev, Ino: uint64(at.node)<<32 + uint64(at.fd), Mode: S_IFLNK | 0o700, Nlink: 1,
			UID: GuestID, GID: GuestID, Size: 64, Blksize: pageSize, Mount: treeDev,
		}, 0
	}
	n := p.fs.node(at.node)
	s := Stat{
		Dev: treeDev, Ino: uint64(at.node), Mode: n.mode, Nlink: n.nlink, UID: GuestID, GID: GuestID,
		Size: n.size, Blksize: pageSize, Blocks: n.pages * (pageSize / 512), Mount: treeDev,
		Atime: n.atime, Mtime: n.mtime, Ctime: n.ctime, Btime: n.btime,
	}
	if n.root {
		s.UID, s.GID = 0, 0
	}
	switch {
	case n.kind == kindDevice:
		s.Rdev = 1<<8 | uint64(n.arg)
	case n.isLink():
		s.Size = int64(len(p.linkText(at)))
	case n.isDir():
		s.Size = int64(len(n.dir.entries)+2) * 20
	case n.kind == kindPipe, n.kind == kindStream, n.kind == kindEvent:
		s.Nlink = 1
	}
	return s, 0
}

// treeDev is the device that the tree in memory is on; mounts have the next ones.
const treeDev = 1
