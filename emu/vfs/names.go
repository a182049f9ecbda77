package vfs

// mayCreate reports why no new name can be made in a directory.
func (p Proc) mayCreate(d place) Errno {
	if d.host != "" {
		return p.fs.mayChange(d)
	}
	n := p.fs.node(d.node)
	switch {
	case n.nlink == 0:
		return ENOENT
	case !n.allows(W_OK|X_OK) || n.kind == kindFds:
		return EACCES
	}
	return 0
}

// newName returns where a path wants something made that is not there yet.
func (p Proc) newName(dirfd int, path string, isDir bool) (found, Errno) {
	f, e := p.resolve(dirfd, path, lookParent)
	switch {
	case e != 0:
		return f, e
	case f.last != normal:
		return f, EEXIST
	case f.late != 0:
		return f, f.late
	case f.at.node != 0:
		return f, EEXIST
	case f.slash && !isDir:
		return f, ENOENT
	}
	return f, 0
}

// make makes a node with a name.
func (p Proc) make(f found, n node) Errno {
	if e := p.mayCreate(f.dir); e != 0 {
		return e
	}
	if p.fs.room()*pageSize < int64(len(n.target)) {
		return ENOSPC
	}
	id, e := p.fs.newNode(n)
	if e != 0 {
		return e
	}
	p.fs.st.bytes += int64(len(n.target))
	if e := p.fs.enter(f.dir.node, f.name, id); e != 0 {
		p.fs.drop(id)
		return e
	}
	return 0
}

// Mkdirat makes a directory.
func (p Proc) Mkdirat(dirfd int, path string, mode uint32) Errno {
	f, e := p.newName(dirfd, path, true)
	if e != 0 {
		return e
	}
	mode = mode & 0o1777 &^ p.get().umask
	if f.dir.host != "" {
		return p.fs.hostMkdir(f.child(), mode)
	}
	return p.make(f, node{mode: S_IFDIR | mode})
}

// Symlinkat makes a symbolic link, of any text that is not empty.
func (p Proc) Symlinkat(target string, dirfd int, path string) Errno {
	switch {
	case target == "":
		return ENOENT
	case len(target) >= PathMax:
		return ENAMETOOLONG
	}
	f, e := p.newName(dirfd, path, false)
	if e != 0 {
		return e
	}
	if f.dir.host != "" {
		return p.fs.hostSymlink(target, f.child())
	}
	return p.make(f, node{mode: S_IFLNK | 0o777, target: target})
}

// Readlinkat returns the text of a symbolic link. The path may be empty, for a descriptor
// that O_PATH and O_NOFOLLOW have opened.
func (p Proc) Readlinkat(dirfd int, path string) (string, Errno) {
	flags := AT_SYMLINK_NOFOLLOW
	if path == "" && dirfd != AT_FDCWD {
		flags |= AT_EMPTY_PATH
	}
	at, e := p.lookup(dirfd, path, flags)
	if e != 0 {
		return "", e
	}
	mode, e := p.modeOf(at)
	switch {
	case e != 0:
		return "", e
	case mode&S_IFMT == S_IFLNK && at.host != "":
		return p.fs.hostReadlink(at)
	case mode&S_IFMT == S_IFLNK:
		return p.linkText(at), 0
	case path == "":
		return "", ENOENT
	}
	return "", EINVAL
}

// Linkat gives a file another name. The flags are AT_SYMLINK_FOLLOW and AT_EMPTY_PATH.
func (p Proc) Linkat(olddir int, oldpath string, newdir int, newpath string, flags int) Errno {
	if flags&^(AT_SYMLINK_FOLLOW|AT_EMPTY_PATH) != 0 {
		return EINVAL
	}
	how := flags & AT_EMPTY_PATH
	if flags&AT_SYMLINK_FOLLOW == 0 {
		how |= AT_SYMLINK_NOFOLLOW
	}
	at, e := p.lookup(olddir, oldpath, how)
	if e != 0 {
		return e
	}
	f, e := p.newName(newdir, newpath, false)
	if e != 0 {
		return e
	}
	if at.fd != 0 || f.dir.host != "" != (at.host != "") || at.host != "" && at.node != f.dir.node {
		return EXDEV
	}
	if at.host != "" {
		return p.fs.hostLink(at, f.child())
	}
	if n := p.fs.node(at.node); n.kind != kindTree && n.kind != kindDevice && !n.isDir() {
		return EXDEV
	}
	if e := p.mayCreate(f.dir); e != 0 {
		return e
	}
	return p.link(at.node, f)
}

// maxNlink is how many names a file can have.
const maxNlink = 65000

func (p Proc) link(id int32, f found) Errno {
	n := p.fs.node(id)
	switch {
	case n.isDir() || n.root:
		return EPERM
	case n.nlink == 0 && !n.linkable:
		return ENOENT
	case n.nlink >= maxNlink:
		return EMLINK
	}
	return p.fs.enter(f.dir.node, f.name, id)
}

// child returns the place that the name in f is for.
func (f found) child() place {
	return place{node: f.dir.node, host: hostJoin(f.dir.host, f.name)}
}
