package vfs

// Unlinkat removes a name, or with AT_REMOVEDIR an empty directory. What is open stays
// usable.
func (p Proc) Unlinkat(dirfd int, path string, flags int) Errno {
	if flags&^AT_REMOVEDIR != 0 {
		return EINVAL
	}
	f, e := p.resolve(dirfd, path, lookParent)
	if e != 0 {
		return e
	}
	if flags == AT_REMOVEDIR {
		return p.rmdir(f)
	}
	return p.unlink(f)
}

func (p Proc) unlink(f found) Errno {
	if f.last != normal {
		return EISDIR
	}
	if e := f.missing(); e != 0 {
		return e
	}
	mode, e := p.modeOf(f.at)
	isDir := mode&S_IFMT == S_IFDIR
	switch {
	case e != 0:
		return e
	case f.slash && isDir:
		return EISDIR
	case f.slash:
		return ENOTDIR
	case f.dir.host != "":
		return p.fs.hostRemove(f.at, false)
	}
	if e := p.mayDelete(f, false); e != 0 {
		return e
	}
	p.fs.leave(f.dir.node, f.name)
	return 0
}

// missing reports why there is nothing at a name.
func (f found) missing() Errno {
	if f.late == 0 && f.at.node == 0 {
		return ENOENT
	}
	return f.late
}

func (p Proc) rmdir(f found) Errno {
	switch f.last {
	case dot:
		return EINVAL
	case dotDot:
		return ENOTEMPTY
	case root:
		return EBUSY
	}
	if e := f.missing(); e != 0 {
		return e
	}
	if f.dir.host != "" {
		return p.fs.hostRemove(f.at, true)
	}
	if e := p.mayDelete(f, true); e != 0 {
		return e
	}
	if len(p.fs.node(f.at.node).dir.entries) > 0 {
		return ENOTEMPTY
	}
	p.fs.leave(f.dir.node, f.name)
	return 0
}

// mayDelete reports why a name of the tree cannot be removed.
func (p Proc) mayDelete(f found, wantDir bool) Errno {
	d := p.fs.node(f.dir.node)
	if !d.allows(W_OK|X_OK) || d.kind == kindFds {
		return EACCES
	}
	n := p.fs.node(f.at.node)
	switch {
	case d.mode&S_ISVTX != 0 && !d.owned() && !n.owned():
		return EPERM
	case wantDir && !n.isDir():
		return ENOTDIR
	case !wantDir && n.isDir():
		return EISDIR
	case n.kind == kindMount:
		return EBUSY
	}
	return 0
}
