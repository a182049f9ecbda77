package vfs

// Chdir sets the working directory.
func (p Proc) Chdir(path string) Errno {
	at, e := p.lookup(AT_FDCWD, path, 0)
	if e != 0 {
		return e
	}
	return p.setCwd(at)
}

// Fchdir sets the working directory to an open one.
func (p Proc) Fchdir(fd int) Errno {
	_, f, e := p.anyFile(fd)
	if e != 0 {
		return e
	}
	return p.setCwd(f.at)
}

func (p Proc) setCwd(at place) Errno {
	mode, e := p.modeOf(at)
	switch {
	case e != 0:
		return e
	case mode&S_IFMT != S_IFDIR:
		return ENOTDIR
	case at.host == "" && !p.fs.node(at.node).allows(X_OK):
		return EACCES
	}
	p.fs.hold(at.node)
	x := p.edit()
	old := x.cwd
	x.cwd = at
	p.fs.release(old.node)
	return 0
}

// Getcwd returns the path of the working directory.
func (p Proc) Getcwd() (string, Errno) {
	text, ok := p.placePath(p.get().cwd)
	switch {
	case !ok:
		return "", ENOENT
	case len(text) >= PathMax:
		return "", ENAMETOOLONG
	}
	return text, 0
}
