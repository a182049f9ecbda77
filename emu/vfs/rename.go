package vfs

// Renameat2 moves a name, over what had the new one. The flags are RENAME_NOREPLACE and
// RENAME_EXCHANGE.
func (p Proc) Renameat2(olddir int, oldpath string, newdir int, newpath string, flags int) Errno {
	if flags&^(RENAME_NOREPLACE|RENAME_EXCHANGE) != 0 || flags == RENAME_NOREPLACE|RENAME_EXCHANGE {
		return EINVAL
	}
	from, e := p.resolve(olddir, oldpath, lookParent)
	if e != 0 {
		return e
	}
	to, e := p.resolve(newdir, newpath, lookParent)
	if e != 0 {
		return e
	}
	r := renaming{Proc: p, from: from, to: to, exchange: flags == RENAME_EXCHANGE}
	if e := r.check(flags); e != 0 {
		return e
	}
	if from.dir.host != "" {
		return r.host()
	}
	return r.tree()
}

type renaming struct {
	Proc
	from, to found
	exchange bool
}

// check looks at the paths only, in the kernel's order.
func (r *renaming) check(flags int) Errno {
	from, to := &r.from, &r.to
	if (from.dir.host != "" || to.dir.host != "") && from.dir.node != to.dir.node ||
		from.dir.host != "" != (to.dir.host != "") {
		return EXDEV
	}
	switch {
	case from.last != normal:
		return EBUSY
	case to.last != normal && flags == RENAME_NOREPLACE:
		return EEXIST
	case to.last != normal:
		return EBUSY
	case from.missing() != 0:
		return from.missing()
	case to.late != 0:
		return to.late
	case flags == RENAME_NOREPLACE && to.at.node != 0:
		return EEXIST
	case r.exchange && to.at.node == 0:
		return ENOENT
	}
	return r.checkSlashes()
}

// checkSlashes refuses a slash behind the name of what is no directory.
func (r *renaming) checkSlashes() Errno {
	mode, e := r.modeOf(r.from.at)
	if e != 0 {
		return e
	}
	if r.exchange {
		other, e := r.modeOf(r.to.at)
		if e != 0 {
			return e
		}
		if other&S_IFMT != S_IFDIR && r.to.slash {
			return ENOTDIR
		}
	}
	if mode&S_IFMT != S_IFDIR && (r.from.slash || !r.exchange && r.to.slash) {
		return ENOTDIR
	}
	return 0
}

// tree renames in the tree in memory.
func (r *renaming) tree() Errno {
	fs, from, to := r.fs, r.from, r.to
	switch {
	case fs.within(to.dir.node, from.at.node):
		return EINVAL
	case to.at.node != 0 && fs.within(from.dir.node, to.at.node):
		if r.exchange {
			return EINVAL
		}
		return ENOTEMPTY
	case from.at.node == to.at.node:
		return 0
	}
	if e := r.allowed(); e != 0 {
		return e
	}
	if r.exchange {
		r.swap()
		return 0
	}
	if to.at.node != 0 {
		if len(fs.node(to.at.node).dir.entries) > 0 {
			return ENOTEMPTY
		}
		fs.leave(to.dir.node, to.name)
	}
	fs.removeEntry(from.dir.node, from.name)
	fs.addEntry(to.dir.node, to.name, from.at.node)
	fs.changed(from.at.node)
	return 0
}

// within reports whether a directory is another one or lies below it.
func (fs *FS) within(dir, above int32) bool {
	for dir != above {
		if dir == rootNode {
			return false
		}
		dir = fs.node(dir).dir.parent
	}
	return true
}

// allowed checks permissions and types.
func (r *renaming) allowed() Errno {
	n := r.fs.node(r.from.at.node)
	if e := r.mayDelete(r.from, n.isDir()); e != 0 {
		return e
	}
	var e Errno
	switch {
	case r.to.at.node == 0:
		e = r.mayCreate(r.to.dir)
	case r.exchange:
		e = r.mayDelete(r.to, r.fs.node(r.to.at.node).isDir())
	default:
		e = r.mayDelete(r.to, n.isDir())
	}
	if e != 0 || r.from.dir == r.to.dir {
		return e
	}
	// A directory that gets another parent is written to: its ".." changes.
	if n.isDir() && !n.allows(W_OK) {
		return EACCES
	}
	if r.exchange {
		if other := r.fs.node(r.to.at.node); other.isDir() && !other.allows(W_OK) {
			return EACCES
		}
	}
	return 0
}

// swap makes each of two names mean what the other one did.
func (r *renaming) swap() {
	r.fs.replace(r.from, r.to.at.node)
	r.fs.replace(r.to, r.from.at.node)
}

// replace makes the name in f mean a node.
func (fs *FS) replace(f found, id int32) {
	d := fs.touch(f.dir.node)
	i, _ := d.dir.index(f.name)
	d.dir.entries[i].node = id
	if fs.node(f.at.node).isDir() {
		d.nlink--
	}
	fs.changed(id)
	fs.settle(f.dir.node, f.name, id)
}

// host renames in a mount.
func (r *renaming) host() Errno {
	if r.exchange {
		return EINVAL
	}
	return r.fs.hostRename(r.from.at, r.to.child())
}
