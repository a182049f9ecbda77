package vfs

import (
	"cmp"
	"slices"
	"strings"
)

// dir is what a directory has besides a node's common things.
type dir struct {
	parent  int32
	name    string  // in the parent
	entries []entry // sorted by name
	last    int64   // cookie of the newest entry; only grows
}

// entry is a name in a directory. Cookies number the entries as they were made; a
// directory is listed in that order, so that what is removed or added during a listing
// does not disturb it.
type entry struct {
	name   string
	node   int32
	cookie int64
}

// The cookies of "." and "..".
const (
	cookieDot    = 1
	cookieDotDot = 2
)

func (d *dir) index(name string) (int, bool) {
	return slices.BinarySearchFunc(d.entries, name, func(e entry, name string) int {
		return strings.Compare(e.name, name)
	})
}

// lookup returns the node of a name, 0 if there is none.
func (d *dir) lookup(name string) int32 {
	if i, ok := d.index(name); ok {
		return d.entries[i].node
	}
	return 0
}

// enter gives a node a name, which must be free, in a directory.
func (fs *FS) enter(in int32, name string, id int32) Errno {
	if fs.st.entries >= fs.limits.Nodes {
		return ENOSPC
	}
	fs.st.entries++
	d := fs.touch(in)
	i, _ := d.dir.index(name)
	d.dir.last = max(d.dir.last, cookieDotDot) + 1
	d.dir.entries = slices.Insert(d.dir.entries, i, entry{name, id, d.dir.last})
	n := fs.edit(id)
	n.nlink++
	if n.isDir() {
		n.dir.parent, n.dir.name = in, name
		if n.nlink == 1 {
			n.nlink = 2
		}
		fs.edit(in).nlink++
	}
	return 0
}

// leave takes a name out of a directory, and frees the node if that was its last use.
func (fs *FS) leave(in int32, name string) {
	d := fs.touch(in)
	i, ok := d.dir.index(name)
	if !ok {
		panic("BUG: no such entry")
	}
	id := d.dir.entries[i].node
	d.dir.entries = slices.Delete(d.dir.entries, i, i+1)
	fs.st.entries--
	n := fs.changed(id)
	if n.isDir() {
		n.nlink = 0
		fs.edit(in).nlink--
		fs.hold(in) // as its parent, until the node is freed
	} else {
		n.nlink--
	}
	fs.drop(id)
}

// list returns the entries of a directory behind a cookie, in the order of the cookies.
func (d *dir) list(self int32, after int64) []entry {
	var list []entry
	for _, e := range []entry{{".", self, cookieDot}, {"..", d.parent, cookieDotDot}} {
		if e.cookie > after {
			list = append(list, e)
		}
	}
	fixed := len(list)
	for _, e := range d.entries {
		if e.cookie > after {
			list = append(list, e)
		}
	}
	slices.SortFunc(list[fixed:], func(a, b entry) int { return cmp.Compare(a.cookie, b.cookie) })
	return list
}

// path returns the absolute path of a directory, and whether it still is in the tree.
func (fs *FS) path(id int32) (string, bool) {
	var parts []string
	for id != rootNode {
		n := fs.node(id)
		if n.nlink == 0 {
			return "", false
		}
		parts = append(parts, n.dir.name)
		id = n.dir.parent
	}
	slices.Reverse(parts)
	return "/" + strings.Join(parts, "/"), true
}
