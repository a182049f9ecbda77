package vfs

import gopath "path"

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
