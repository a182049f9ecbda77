package vfs

import "strings"

// walker goes along a path.
type walker struct {
	Proc
	cur   place
	rest  string
	links int
}

func (w *walker) run(how look) (found, Errno) {
	if strings.Trim(w.rest, "/") == "" {
		return found{dir: w.cur, last: root, at: w.cur}, 0
	}
	for {
		f, rest := w.next()
		if e := w.mayEnter(); e != 0 {
			return f, e
		}
		if rest == "" && f.last == normal && f.slash && how&lookCreate != 0 {
			return f, EISDIR
		}
		e := w.step(&f)
		if rest == "" && how&lookParent != 0 {
			f.late = e
			return f, 0
		}
		if e != 0 {
			return f, e
		}
		if f.at.node == 0 {
			if rest == "" {
				return f, 0
			}
			return f, ENOENT
		}
		follow := rest != "" || f.slash || how&lookFollow != 0
		linked, e := w.follow(&f, rest, follow)
		if e != 0 {
			return f, e
		}
		switch {
		case linked && strings.Trim(w.rest, "/") == "": // a link to the root
			return found{dir: w.cur, last: root, at: w.cur}, 0
		case linked:
		case rest == "":
			return f, w.mustBeDir(f)
		default:
			w.cur, w.rest = f.at, rest
		}
	}
}

// next takes the first component off the rest of the path.
func (w *walker) next() (f found, rest string) {
	name, after, slash := strings.Cut(strings.TrimLeft(w.rest, "/"), "/")
	return found{dir: w.cur, name: name, last: componentOf(name), slash: slash}, strings.TrimLeft(after, "/")
}

func componentOf(name string) component {
	switch name {
	case ".":
		return dot
	case "..":
		return dotDot
	}
	return normal
}

// mayEnter checks that names can be looked up in the present place.
func (w *walker) mayEnter() Errno {
	mode, e := w.modeOf(w.cur)
	switch {
	case e != 0:
		return e
	case mode&S_IFMT != S_IFDIR:
		return ENOTDIR
	case w.cur.host == "" && !w.fs.node(w.cur.node).allows(X_OK):
		return EACCES
	}
	return 0
}

func (w *walker) mustBeDir(f found) Errno {
	if !f.slash {
		return 0
	}
	mode, e := w.modeOf(f.at)
	if e == 0 && mode&S_IFMT != S_IFDIR {
		e = ENOTDIR
	}
	return e
}

// step finds out what the component in f leads to.
func (w *walker) step(f *found) Errno {
	switch {
	case f.last == dot:
		f.at = w.cur
	case f.last == dotDot:
		f.at = w.fs.above(w.cur)
	case w.cur.host == "" && w.fs.node(w.cur.node).nlink == 0: // removed: it has no names
	case len(f.name) > NameMax:
		return ENAMETOOLONG
	default:
		var e Errno
		f.at, e = w.child(w.cur, f.name)
		return e
	}
	return 0
}

// above returns the parent of a directory.
func (fs *FS) above(d place) place {
	if d.host != "" && d.host != "." {
		if i := strings.LastIndexByte(d.host, '/'); i >= 0 {
			return place{node: d.node, host: d.host[:i]}
		}
		return place{node: d.node, host: "."}
	}
	return fs.placeOf(fs.node(d.node).dir.parent)
}

// child returns what a name in a directory leads to.
func (p Proc) child(d place, name string) (place, Errno) {
	if d.host != "" {
		return p.fs.hostChild(d, name)
	}
	n := p.fs.node(d.node)
	if n.kind == kindFds {
		return p.fdEntry(d.node, name), 0
	}
	return p.fs.placeOf(n.dir.lookup(name)), 0
}

// follow goes through a symbolic link, if it is one and wanted, and says whether the walk
// goes on with what is behind it.
func (w *walker) follow(f *found, rest string, want bool) (bool, Errno) {
	mode, e := w.modeOf(f.at)
	if e != 0 || mode&S_IFMT != S_IFLNK || !want {
		return false, e
	}
	if w.links++; w.links > MaxLinks {
		return false, ELOOP
	}
	to, target, e := w.linkTarget(f.at)
	if e != 0 {
		return false, e
	}
	if target == "" && to.node == 0 {
		return false, ENOENT // of a process that is gone
	}
	if target == "" { // it leads to a place, not to a path
		f.at, f.via = to, w.linkText(f.at)
		return false, 0
	}
	if f.slash {
		target += "/" + rest
	}
	if target[0] == '/' {
		w.cur = w.fs.rootPlace()
	}
	w.rest = target
	return true, 0
}

// modeOf returns type and permissions of what is at a place.
func (p Proc) modeOf(at place) (uint32, Errno) {
	switch {
	case at.fd != 0:
		return S_IFLNK | 0o700, 0
	case at.host != "":
		return p.fs.hostMode(at)
	}
	return p.fs.node(at.node).mode, 0
}

// linkTarget returns what a symbolic link leads to: a path, or a place if the path is
// empty.
func (p Proc) linkTarget(at place) (place, string, Errno) {
	if at.host != "" {
		target, e := p.fs.hostReadlink(at)
		return place{}, target, e
	}
	if to, ok := p.procLink(at); ok {
		return to, "", 0
	}
	return place{}, p.linkText(at), 0
}
