package vfs

import (
	gopath "path"
	"strings"
)

// place is where a path leads.
type place struct {
	node int32  // 0: nowhere
	host string // the path below the mount that node is; "" outside of mounts
	fd   int32  // descriptor + 1, of an entry of /proc/PID/fd, which node is
}

// found is what became of a path.
type found struct {
	dir   place // that holds the last component
	name  string
	last  component
	slash bool   // behind the last component
	at    place  // nowhere, if there is no such name in dir
	late  Errno  // with lookParent: why there is no telling what is at
	via   string // the text of a link that leads to a place, not to a path
}

// component is a kind of name in a path.
type component uint8

const (
	normal component = iota
	dot
	dotDot
	root // a path of slashes only
)

// look says how the last component of a path is taken.
type look uint8

const (
	lookFollow look = 1 << iota // a symbolic link is followed
	lookCreate                  // a slash behind it is an error
	lookParent                  // the name itself is wanted, whatever is behind it
)

// walker goes along a path.
type walker struct {
	Proc
	cur   place
	rest  string
	links int
}

// resolve follows a path from a directory. A last component that does not exist is no
// error here.
func (p Proc) resolve(dirfd int, path string, how look) (found, Errno) {
	switch {
	case path == "":
		return found{}, ENOENT
	case len(path) >= PathMax:
		return found{}, ENAMETOOLONG
	}
	cur, e := p.start(dirfd, path)
	if e != 0 {
		return found{}, e
	}
	w := walker{Proc: p, cur: cur, rest: path}
	return w.run(how)
}

// start returns where a path begins.
func (p Proc) start(dirfd int, path string) (place, Errno) {
	if path[0] == '/' {
		return p.fs.rootPlace(), 0
	}
	if dirfd == AT_FDCWD {
		return p.get().cwd, 0
	}
	_, f, e := p.anyFile(dirfd)
	if e != 0 {
		return place{}, e
	}
	return f.at, 0
}

func (fs *FS) rootPlace() place { return fs.placeOf(rootNode) }

// placeOf returns the place of a node of the tree.
func (fs *FS) placeOf(id int32) place {
	if id != 0 && fs.node(id).kind == kindMount {
		return place{node: id, host: "."}
	}
	return place{node: id}
}

func (w *walker) run(how look) (found, Errno) {
	if strings.Trim(w.rest, "/") == "" {
		return found{dir: w.cur, last: root, at: w.cur}, 0
	}
	for {
		name, after, _ := strings.Cut(strings.TrimLeft(w.rest, "/"), "/")
		rest := strings.TrimLeft(after, "/")
		f := found{dir: w.cur, name: name, slash: len(name) < len(strings.TrimLeft(w.rest, "/"))}
		if e := w.mayEnter(); e != 0 {
			return f, e
		}
		f.last = componentOf(name)
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

// pathOf returns the absolute path of what was found.
func (p Proc) pathOf(f found) string {
	if f.via != "" {
		return f.via
	}
	if f.last != normal {
		text, _ := p.placePath(f.at)
		return text
	}
	text, _ := p.placePath(f.dir)
	return gopath.Join(text, f.name)
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
