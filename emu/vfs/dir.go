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
	n := fs.changed(id)
	switch {
	case !n.isDir():
		n.nlink++
	case n.nlink == 0:
		n.nlink = 2
	}
	fs.addEntry(in, name, id)
	return 0
}

// leave takes a name out of a directory, and frees the node if that was its last use.
func (fs *FS) leave(in int32, name string) {
	id := fs.removeEntry(in, name)
	n := fs.changed(id)
	if n.isDir() {
		n.nlink = 0
		fs.hold(in) // as its parent, until the node is freed
	} else {
		n.nlink--
	}
	fs.drop(id)
}

// addEntry makes an entry of a directory; what counts the node's names is the caller's.
func (fs *FS) addEntry(in int32, name string, id int32) {
	fs.st.entries++
	d := fs.touch(in)
	i, found := d.dir.index(name)
	if found {
		panic("BUG: two entries of one name")
	}
	d.dir.last = max(d.dir.last, cookieDotDot) + 1
	d.dir.entries = slices.Insert(d.dir.entries, i, entry{name, id, d.dir.last})
	fs.settle(in, name, id)
}

// settle tells a directory where it is, and the one that it is in that it is there.
func (fs *FS) settle(in int32, name string, id int32) {
	if !fs.node(id).isDir() {
		return
	}
	n := fs.edit(id)
	n.dir.parent, n.dir.name = in, name
	fs.edit(in).nlink++
}

// removeEntry takes an entry out of a directory and returns its node.
func (fs *FS) removeEntry(in int32, name string) int32 {
	fs.st.entries--
	d := fs.touch(in)
	i, found := d.dir.index(name)
	if !found {
		panic("BUG: no such entry")
	}
	id := d.dir.entries[i].node
	d.dir.entries = slices.Delete(d.dir.entries, i, i+1)
	if fs.node(id).isDir() {
		d.nlink--
	}
	return id
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
