package vfs

// openFlags are those that a file keeps.
const openFlags = ^(O_CREAT | O_EXCL | O_TRUNC | 0o400 /* O_NOCTTY */ | O_CLOEXEC)

// Openat opens a file and returns its descriptor.
func (p Proc) Openat(dirfd int, path string, flags int, mode uint32) (int, Errno) {
	flags, e := checkOpenFlags(flags)
	if e != 0 {
		return 0, e
	}
	if path == "" {
		return 0, ENOENT
	}
	if e := p.roomForFile(); e != 0 {
		return 0, e
	}
	o := opening{Proc: p, flags: flags, mode: mode & 0o7777 &^ p.get().umask}
	how := lookFollow
	if flags&O_NOFOLLOW != 0 || flags&(O_CREAT|O_EXCL) == O_CREAT|O_EXCL {
		how = 0
	}
	if flags&O_CREAT != 0 {
		how |= lookCreate
	}
	f, e := p.resolve(dirfd, path, how)
	switch {
	case e != 0:
		return 0, e
	case flags&O_TMPFILE == O_TMPFILE:
		return o.temporary(f)
	}
	return o.open(f)
}

// checkOpenFlags refuses what makes no sense together, and drops what has no meaning.
func checkOpenFlags(flags int) (int, Errno) {
	if flags&O_PATH != 0 {
		return flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 0
	}
	const tmpfile = O_TMPFILE &^ O_DIRECTORY
	switch {
	case flags&(O_DIRECTORY|O_CREAT) == O_DIRECTORY|O_CREAT:
		return 0, EINVAL
	case flags&tmpfile != 0 && (flags&O_DIRECTORY == 0 || flags&O_ACCMODE == O_RDONLY):
		return 0, EINVAL
	}
	return flags | O_LARGEFILE, 0
}

// roomForFile tells whether another file can be opened.
func (p Proc) roomForFile() Errno {
	if _, e := p.freeFd(0); e != 0 {
		return e
	}
	if p.fs.st.files.count >= p.fs.limits.Files {
		return ENFILE
	}
	return 0
}

// opening is an open in the making.
type opening struct {
	Proc
	flags int
	mode  uint32
}

// open opens what was found, or makes it.
func (o opening) open(f found) (int, Errno) {
	if f.at.node == 0 {
		if o.flags&O_CREAT == 0 {
			return 0, ENOENT
		}
		return o.create(f)
	}
	mode, e := o.modeOf(f.at)
	if e != 0 {
		return 0, e
	}
	isDir := mode&S_IFMT == S_IFDIR
	switch {
	case o.flags&(O_CREAT|O_EXCL) == O_CREAT|O_EXCL:
		return 0, EEXIST
	case o.flags&O_CREAT != 0 && isDir:
		return 0, EISDIR
	case o.flags&O_DIRECTORY != 0 && !isDir:
		return 0, ENOTDIR
	}
	if f.at.host != "" {
		return o.openHost(f.at)
	}
	if e := o.mayOpen(f.at, mode); e != 0 {
		return 0, e
	}
	if o.flags&O_TRUNC != 0 && mode&S_IFMT == S_IFREG {
		o.fs.resize(f.at.node, 0)
	}
	return o.finish(f.at, o.pathOf(f))
}

// wants returns which permissions the flags need.
func (o opening) wants() uint32 {
	want := [4]uint32{R_OK, W_OK, R_OK | W_OK, R_OK | W_OK}[o.flags&O_ACCMODE]
	if o.flags&O_TRUNC != 0 {
		want |= W_OK
	}
	return want
}

func (o opening) mayOpen(at place, mode uint32) Errno {
	if o.flags&O_PATH != 0 {
		return 0
	}
	n := o.fs.node(at.node)
	switch {
	case mode&S_IFMT == S_IFLNK:
		return ELOOP
	case mode&S_IFMT == S_IFDIR && o.wants()&W_OK != 0:
		return EISDIR
	case !n.allows(o.wants()):
		return EACCES
	case o.flags&O_NOATIME != 0 && !n.owned():
		return EPERM
	case n.kind == kindEvent:
		return ENXIO
	}
	return 0
}

// create makes a regular file and opens it.
func (o opening) create(f found) (int, Errno) {
	if f.dir.host != "" {
		return o.openHost(place{node: f.dir.node, host: hostJoin(f.dir.host, f.name)})
	}
	if e := o.mayCreate(f.dir); e != 0 {
		return 0, e
	}
	id, e := o.fs.newNode(node{mode: S_IFREG | o.mode})
	if e != 0 {
		return 0, e
	}
	if e := o.fs.enter(f.dir.node, f.name, id); e != 0 {
		o.fs.drop(id)
		return 0, e
	}
	return o.finish(place{node: id}, o.pathOf(f))
}

// temporary makes a regular file without a name in a directory.
func (o opening) temporary(f found) (int, Errno) {
	if f.at.node == 0 {
		return 0, ENOENT
	}
	switch mode, e := o.modeOf(f.at); {
	case e != 0:
		return 0, e
	case mode&S_IFMT != S_IFDIR:
		return 0, ENOTDIR
	case f.at.host != "":
		return 0, EOPNOTSUPP
	case !o.fs.node(f.at.node).allows(W_OK | X_OK):
		return 0, EACCES
	}
	id, e := o.fs.newNode(node{mode: S_IFREG | o.mode, linkable: o.flags&O_EXCL == 0})
	if e != 0 {
		return 0, e
	}
	return o.finish(place{node: id}, o.pathOf(f)+"/#")
}

// finish makes the open file.
func (o opening) finish(at place, path string) (int, Errno) {
	x := file{at: at, flags: o.flags & openFlags, path: path}
	n := o.fs.node(at.node)
	if o.flags&O_PATH == 0 {
		switch n.kind {
		case kindText:
			x.text = o.textOf(n)
		case kindPipe:
			o.fs.openEnd(&x)
		}
	}
	return o.newFile(x, o.flags&O_CLOEXEC != 0)
}
