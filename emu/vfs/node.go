package vfs

import "slices"

// node is what Linux calls an inode: a file of the tree, or something that only
// descriptors lead to, such as a pipe.
type node struct {
	kind  kind
	mode  uint32 // type and permissions, as in Stat
	root  bool   // it belongs to root, not to the guest
	nlink uint32
	opens int32 // open files, working directories and removed directories below it

	atime, mtime, ctime, btime Time

	content        // of a regular file
	target  string // of a symbolic link
	dir     dir
	pipe    pipe
	event   event
	arg     int32 // what else the kind needs
	owner   int32 // the process that a node of /proc belongs to
	locks   []lock

	linkable bool // made without a name, and may get one
}

// kind says what answers for a node.
type kind uint8

const (
	kindTree   kind = iota // file, directory or symbolic link, as the mode says
	kindMount              // directory of the host; arg is the index of the mount
	kindDevice             // of /dev; arg is its minor number
	kindStream             // standard stream; arg is 0, 1 or 2
	kindPipe
	kindEvent
	kindText // file of /proc; arg is the index in FS.texts
	kindSelf // /proc/self
	kindFds  // /proc/PID/fd
	kindLink // /proc/PID/exe and its like; arg says which
)

func (n *node) detach() {
	n.runs = slices.Clone(n.runs)
	n.dir.entries = slices.Clone(n.dir.entries)
	n.pipe.bufs = slices.Clone(n.pipe.bufs)
	n.locks = slices.Clone(n.locks)
}

func (n *node) isDir() bool  { return n.mode&S_IFMT == S_IFDIR }
func (n *node) isLink() bool { return n.mode&S_IFMT == S_IFLNK }
func (n *node) isFile() bool { return n.mode&S_IFMT == S_IFREG }

// allows reports whether the guest, who is user and group 1000 without privileges, has
// all of the wanted R_OK, W_OK and X_OK.
func (n *node) allows(want uint32) bool {
	bits := n.mode >> 6
	if n.root {
		bits = n.mode
	}
	return bits&want == want
}

// owned reports whether the guest may change what only the owner may.
func (n *node) owned() bool { return !n.root }

// node returns a node to look at.
func (fs *FS) node(id int32) *node { return fs.st.nodes.get(id) }

// edit returns a node to be changed in the course of the present operation.
func (fs *FS) edit(id int32) *node { return fs.st.nodes.edit(fs.age, id) }

// newNode makes a node that nothing refers to yet.
func (fs *FS) newNode(n node) (int32, Errno) {
	if fs.st.nodes.count >= fs.limits.Nodes {
		return 0, ENOSPC
	}
	now := fs.now()
	n.atime, n.mtime, n.ctime, n.btime = now, now, now, now
	return fs.st.nodes.add(fs.age, n), 0
}

// hold keeps a node there while it is used without a name.
func (fs *FS) hold(id int32) { fs.edit(id).opens++ }

// release undoes hold.
func (fs *FS) release(id int32) {
	fs.edit(id).opens--
	fs.drop(id)
}

// drop frees a node that has neither a name nor a user.
func (fs *FS) drop(id int32) {
	n := fs.node(id)
	if n.nlink > 0 || n.opens > 0 {
		return
	}
	fs.st.bytes -= n.pages*pageSize + int64(len(n.target))
	parent := n.dir.parent
	wasDir := n.isDir()
	fs.st.nodes.remove(fs.age, id)
	if wasDir {
		fs.release(parent)
	}
}

// touch says that a node's content has changed.
func (fs *FS) touch(id int32) *node {
	n := fs.edit(id)
	n.mtime = fs.now()
	n.ctime = n.mtime
	return n
}

// changed says that what is known of a node has changed, but not its content.
func (fs *FS) changed(id int32) *node {
	n := fs.edit(id)
	n.ctime = fs.now()
	return n
}

// accessed notes that a node was read, where that tells anything: when it was written to
// since, or was not read for a day.
func (fs *FS) accessed(id int32) {
	n, now := fs.node(id), fs.now()
	if n.atime.after(n.mtime) && n.atime.after(n.ctime) && now.Sec-n.atime.Sec < 24*60*60 {
		return
	}
	fs.edit(id).atime = now
}
