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
	var list []DirEntry
	switch n := p.fs.node(f.at.node); {
	case f.at.host != "":
		list, e = p.hostEntries(id)
	case !n.isDir():
		e = ENOTDIR
	case n.nlink == 0:
		e = ENOENT
	case n.kind == kindFds:
		list = p.fdEntries(f)
	default:
		p.fs.accessed(f.at.node)
		list = p.treeEntries(f)
	}
	if e != 0 {
		return e
	}
	for _, entry := range list {
		if !emit(entry) {
			break
		}
		p.fs.editFile(id).pos = entry.Off
	}
	return 0
}

func (p Proc) treeEntries(f *file) []DirEntry {
	var list []DirEntry
	for _, e := range p.fs.node(f.at.node).dir.list(f.at.node, f.pos) {
		list = append(list, DirEntry{e.name, uint64(e.node), p.fs.node(e.node).mode & S_IFMT, e.cookie})
	}
	return list
}

// fdEntries lists /proc/PID/fd.
func (p Proc) fdEntries(f *file) []DirEntry {
	list := dots(uint64(f.at.node), uint64(p.fs.node(f.at.node).dir.parent), f.pos)
	owner := p.ownerOf(f.at.node)
	for fd, d := range owner.get().fds {
		if off := int64(fd) + cookieDotDot + 1; d.file != 0 && off > f.pos {
			list = append(list, DirEntry{strconv.Itoa(fd), uint64(f.at.node)<<32 + uint64(fd) + 1, S_IFLNK, off})
		}
	}
	return list
}

// dots returns the entries for a directory itself and for its parent, behind a position.
func dots(self, parent uint64, pos int64) []DirEntry {
	list := []DirEntry{{".", self, S_IFDIR, cookieDot}, {"..", parent, S_IFDIR, cookieDotDot}}
	return list[min(pos, cookieDotDot):]
}

// hostEntries lists a directory of the host, as it was when the listing began.
func (p Proc) hostEntries(id int32) ([]DirEntry, Errno) {
	f := p.fs.st.files.get(id)
	mode, e := p.fs.hostMode(f.at)
	if e == 0 && mode&S_IFMT != S_IFDIR {
		e = ENOTDIR
	}
	if e != 0 {
		return nil, e
	}
	if f.names == nil {
		names, e := p.fs.hostNames(f.at)
		if e != 0 {
			return nil, e
		}
		f = p.fs.editFile(id)
		f.names = names
	}
	self, _ := p.statOf(f.at)
	parent, _ := p.statOf(p.fs.above(f.at))
	list := dots(self.Ino, parent.Ino, f.pos)
	for i := max(0, f.pos-cookieDotDot); i < int64(len(f.names)); i++ {
		at := place{node: f.at.node, host: hostJoin(f.at.host, f.names[i])}
		st, e := p.fs.hostStat(at)
		if e == 0 {
			list = append(list, DirEntry{f.names[i], st.Ino, st.Mode & S_IFMT, i + cookieDotDot + 1})
		}
	}
	return list, 0
}
