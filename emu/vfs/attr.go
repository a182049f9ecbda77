package vfs

// Fchmod sets the permissions of an open file.
func (p Proc) Fchmod(fd int, mode uint32) Errno {
	_, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	return p.chmod(f.at, mode)
}

// Fchmodat sets the permissions of a file. The flags are those of fchmodat2.
func (p Proc) Fchmodat(dirfd int, path string, mode uint32, flags int) Errno {
	if flags&^(AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH) != 0 {
		return EINVAL
	}
	at, e := p.lookup(dirfd, path, flags)
	if e != 0 {
		return e
	}
	return p.chmod(at, mode)
}

func (p Proc) chmod(at place, mode uint32) Errno {
	old, e := p.modeOf(at)
	switch {
	case e != 0:
		return e
	case at.host != "":
		return p.fs.hostChmod(at, mode)
	case !p.fs.node(at.node).owned():
		return EPERM
	case old&S_IFMT == S_IFLNK:
		return EOPNOTSUPP
	}
	p.fs.changed(at.node).mode = old&S_IFMT | mode&0o7777
	return 0
}

// Fchown checks that an open file may get an owner and a group; see [Proc.Fchownat].
func (p Proc) Fchown(fd int, uid, gid uint32) Errno {
	_, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	return p.chown(f.at, uid, gid)
}

// Fchownat checks that a file may get an owner and a group: the guest can give what is its
// own to itself only. 1<<32-1 leaves as it is.
func (p Proc) Fchownat(dirfd int, path string, uid, gid uint32, flags int) Errno {
	if flags&^(AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH) != 0 {
		return EINVAL
	}
	at, e := p.lookup(dirfd, path, flags)
	if e != 0 {
		return e
	}
	return p.chown(at, uid, gid)
}

func (p Proc) chown(at place, uid, gid uint32) Errno {
	const same = 1<<32 - 1
	switch {
	case uid == same && gid == same:
		return 0
	case at.host != "":
		if e := p.fs.mayChange(at); e != 0 {
			return e
		}
	case !p.fs.node(at.node).owned():
		return EPERM
	}
	if uid != same && uid != GuestID || gid != same && gid != GuestID {
		return EPERM
	}
	if at.host == "" {
		p.fs.changed(at.node)
	}
	return 0
}

// Faccessat reports whether a file is there (mode 0) and allows R_OK, W_OK and X_OK.
func (p Proc) Faccessat(dirfd int, path string, mode uint32, flags int) Errno {
	if mode&^(R_OK|W_OK|X_OK) != 0 || flags&^(AT_EACCESS|AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH) != 0 {
		return EINVAL
	}
	at, e := p.lookup(dirfd, path, flags&^AT_EACCESS)
	if e != 0 || mode == 0 {
		return e
	}
	have, e := p.modeOf(at)
	switch {
	case e != 0:
		return e
	case at.host != "" && mode&W_OK != 0 && !p.fs.mountOf(at).writable && have&S_IFMT != S_IFCHR:
		return EROFS
	case at.host != "":
		n := node{mode: have}
		if !n.allows(mode &^ W_OK) {
			return EACCES
		}
	case !p.fs.node(at.node).allows(mode):
		return EACCES
	}
	return 0
}

// Futimens sets when an open file was read and written; nil is now.
func (p Proc) Futimens(fd int, times *[2]Time) Errno {
	if times != nil && times[0].Nsec == UTIME_OMIT && times[1].Nsec == UTIME_OMIT {
		return 0
	}
	_, f, e := p.file(fd)
	if e != 0 {
		return e
	}
	return p.setTimes(f.at, times)
}

// Utimensat sets when a file was read and written; nil is now.
func (p Proc) Utimensat(dirfd int, path string, times *[2]Time, flags int) Errno {
	if times != nil && times[0].Nsec == UTIME_OMIT && times[1].Nsec == UTIME_OMIT {
		return 0
	}
	if flags&^(AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH) != 0 {
		return EINVAL
	}
	at, e := p.lookup(dirfd, path, flags)
	if e != 0 {
		return e
	}
	return p.setTimes(at, times)
}

func (p Proc) setTimes(at place, times *[2]Time) Errno {
	now := p.fs.now()
	set := [2]Time{now, now}
	touch := times == nil || times[0].Nsec == UTIME_NOW && times[1].Nsec == UTIME_NOW
	if !touch {
		set = *times
		if !set[0].valid() || !set[1].valid() {
			return EINVAL
		}
	}
	if at.host != "" {
		return p.fs.hostTimes(at, set, now)
	}
	n := p.fs.node(at.node)
	switch {
	case touch && !n.owned() && !n.allows(W_OK):
		return EACCES
	case !touch && !n.owned():
		return EPERM
	}
	n = p.fs.changed(at.node)
	n.atime, n.mtime = set[0].or(now, n.atime), set[1].or(now, n.mtime)
	return 0
}

// or returns t, or what UTIME_NOW and UTIME_OMIT stand for.
func (t Time) or(now, old Time) Time {
	switch t.Nsec {
	case UTIME_NOW:
		return now
	case UTIME_OMIT:
		return old
	}
	return t
}
