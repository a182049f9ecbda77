package vfs

import "strconv"

// DirEntry is an entry of a directory, as getdents64 tells it.
type DirEntry struct {
	Name string
	Ino  uint64
	Type uint32 // as in Stat.Mode, S_IFMT only
	Off  int64  // position behind the entry
}

// ReadDir hands out the entries of a directory from the file's position on until emit says
// that one does not fit: that one comes first the next time. Entries come in the order in
// which they were made; those of a directory of the host, and of /proc/PID/fd, sorted.
func (p Proc) ReadDir(fd int, emit func(e DirEntry) bool) Errno {
	id, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	n := p.fs.node(f.at.node)
	next := p.treeEntry
	switch {
	case f.at.host != "":
		e, next = p.beginHostList(id), p.hostEntry
	case !n.isDir():
		e = ENOTDIR
	case n.nlink == 0:
		e = ENOENT
	case n.kind == kindFds:
		next = p.fdEntryAfter
	default:
		p.fs.accessed(f.at.node)
	}
	if e != 0 {
		return e
	}
	f = p.fs.st.files.get(id)
	pos := f.pos
	for {
		entry, ok := p.dotEntry(f, pos)
		if !ok {
			entry, ok = next(f, pos)
		}
		if !ok || !emit(entry) {
			break
		}
		pos = entry.Off
	}
	if pos != f.pos {
		p.fs.editFile(id).pos = pos
	}
	return 0
}

// dotEntry returns "." and "..", which come first.
func (p Proc) dotEntry(f *file, pos int64) (DirEntry, bool) {
	name, at, off := ".", f.at, int64(cookieDot)
	switch {
	case pos >= cookieDotDot:
		return DirEntry{}, false
	case pos == cookieDot:
		name, at, off = "..", p.fs.above(f.at), cookieDotDot
	}
	st, _ := p.statOf(at)
	return DirEntry{name, st.Ino, S_IFDIR, off}, true
}

func (p Proc) treeEntry(f *file, pos int64) (DirEntry, bool) {
	e, ok := p.fs.node(f.at.node).dir.after(pos)
	if !ok {
		return DirEntry{}, false
	}
	return DirEntry{e.name, uint64(e.node), p.fs.node(e.node).mode & S_IFMT, e.cookie}, true
}

// firstEntry is the position of descriptor 0 in /proc/PID/fd, and of the first name in a
// directory of the host.
const firstEntry = cookieDotDot + 1

func (p Proc) fdEntryAfter(f *file, pos int64) (DirEntry, bool) {
	fds := p.ownerOf(f.at.node).get().fds
	for fd := pos + 1 - firstEntry; fd < int64(len(fds)); fd++ {
		if fds[fd].file != 0 {
			st, _ := p.statOf(place{node: f.at.node, fd: int32(fd) + 1})
			return DirEntry{strconv.Itoa(int(fd)), st.Ino, S_IFLNK, fd + firstEntry}, true
		}
	}
	return DirEntry{}, false
}

// beginHostList reads the names of a directory of the host, unless that was done.
func (p Proc) beginHostList(id int32) Errno {
	f := p.fs.st.files.get(id)
	mode, e := p.fs.hostMode(f.at)
	switch {
	case e != 0:
		return e
	case mode&S_IFMT != S_IFDIR:
		return ENOTDIR
	case f.names != nil:
		return 0
	}
	names, e := p.fs.hostNames(f.at)
	if e == 0 {
		p.fs.editFile(id).names = names
	}
	return e
}

func (p Proc) hostEntry(f *file, pos int64) (DirEntry, bool) {
	for i := pos + 1 - firstEntry; i < int64(len(f.names)); i++ {
		st, e := p.fs.hostStat(place{node: f.at.node, host: hostJoin(f.at.host, f.names[i])})
		if e == 0 { // else it has gone since
			return DirEntry{f.names[i], st.Ino, st.Mode & S_IFMT, i + firstEntry}, true
		}
	}
	return DirEntry{}, false
}
