package vfs

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// ProcFile is a file of /proc that the caller has the text for.
type ProcFile struct {
	// Path is below /proc. What begins with self/ is there for each process, in the
	// directory of its pid.
	Path string
	// Text returns the content, for the process of a pid: the file's own, or for a
	// file that belongs to none the one that opens it. The file keeps the text that it
	// had when it was opened.
	Text func(pid int) string
}

// The links of /proc/PID, by the argument of their nodes.
const (
	linkExe = iota
	linkCwd
	linkRoot
)

// populateProc makes what belongs to no process.
func (fs *FS) populateProc() error {
	if err := fs.put("/proc/self", node{kind: kindSelf, mode: S_IFLNK | 0o777, root: true}); err != nil {
		return err
	}
	for i, t := range fs.texts {
		if strings.HasPrefix(t.Path, "self/") {
			continue
		}
		n := node{kind: kindText, mode: S_IFREG | 0o444, root: true, arg: int32(i)}
		if err := fs.put("/proc/"+t.Path, n); err != nil {
			return err
		}
	}
	return nil
}

// populateProcess makes /proc/PID.
func (fs *FS) populateProcess(id, pid int32) error {
	home := path.Join("/proc", strconv.Itoa(int(pid)))
	put := func(name string, n node) error {
		n.root, n.owner = true, id
		return fs.put(path.Join(home, name), n)
	}
	for i, name := range []string{"exe", "cwd", "root"} {
		if err := put(name, node{kind: kindLink, mode: S_IFLNK | 0o777, arg: int32(i)}); err != nil {
			return err
		}
	}
	if err := put("fd", node{kind: kindFds, mode: S_IFDIR | 0o555}); err != nil {
		return err
	}
	for i, t := range fs.texts {
		if name, ok := strings.CutPrefix(t.Path, "self/"); ok {
			if err := put(name, node{kind: kindText, mode: S_IFREG | 0o444, arg: int32(i)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// clearAway removes a directory of /proc with all that is in it.
func (fs *FS) clearAway(in int32, name string) {
	id := fs.node(in).dir.lookup(name)
	if id == 0 {
		return
	}
	for len(fs.node(id).dir.entries) > 0 {
		fs.clearAway(id, fs.node(id).dir.entries[0].name)
	}
	fs.leave(in, name)
}

// textOf returns what a file of /proc says.
func (p Proc) textOf(n *node) string {
	pid := p.get().pid
	if n.owner != 0 {
		if n.nlink == 0 { // its process has exited
			return ""
		}
		pid = p.fs.st.procs.get(n.owner).pid
	}
	return p.fs.texts[n.arg].Text(int(pid))
}

// fdEntry returns the place of an entry of /proc/PID/fd.
func (p Proc) fdEntry(dir int32, name string) place {
	fd, err := strconv.Atoi(name)
	if err != nil || strconv.Itoa(fd) != name {
		return place{}
	}
	owner := p.ownerOf(dir)
	if owner.fs == nil {
		return place{}
	}
	if _, _, e := owner.anyFile(fd); e != 0 {
		return place{}
	}
	return place{node: dir, fd: int32(fd) + 1}
}

// ownerOf returns the process that a node of /proc belongs to, none if it has exited.
func (p Proc) ownerOf(id int32) Proc {
	n := p.fs.node(id)
	if n.nlink == 0 {
		return Proc{}
	}
	return Proc{p.fs, n.owner}
}

// procLink returns what a link of /proc leads to other than by its text.
func (p Proc) procLink(at place) (place, bool) {
	owner := p.ownerOf(at.node)
	switch {
	case owner.fs == nil:
		return place{}, false
	case at.fd != 0:
		_, f, e := owner.anyFile(int(at.fd - 1))
		if e != 0 {
			return place{}, false
		}
		return f.at, true
	case p.fs.node(at.node).kind == kindLink && p.fs.node(at.node).arg == linkCwd:
		return owner.get().cwd, true
	}
	return place{}, false
}

// linkText returns the text of a symbolic link that is not the host's.
func (p Proc) linkText(at place) string {
	n := p.fs.node(at.node)
	owner := p.ownerOf(at.node)
	switch {
	case n.kind == kindTree:
		return n.target
	case n.kind == kindSelf:
		return strconv.Itoa(int(p.get().pid))
	case owner.fs == nil:
		return ""
	case at.fd != 0:
		return owner.fdText(int(at.fd - 1))
	case n.arg == linkExe:
		return owner.get().exe
	case n.arg == linkCwd:
		text, _ := owner.placePath(owner.get().cwd)
		return text
	}
	return "/"
}

// fdText returns what /proc/PID/fd says of a descriptor.
func (p Proc) fdText(fd int) string {
	_, f, e := p.anyFile(fd)
	if e != 0 {
		return ""
	}
	if n := p.fs.node(f.at.node); n.nlink == 0 && strings.HasPrefix(f.path, "/") {
		return f.path + " (deleted)"
	}
	return f.path
}

// placePath returns the absolute path of a directory, and whether it still is in the tree.
func (p Proc) placePath(at place) (string, bool) {
	text, ok := p.fs.path(at.node)
	if at.host != "" {
		text = path.Join(text, at.host)
	}
	return text, ok
}

// anonPath is what /proc calls something without a name.
func anonPath(what string, id int32) string { return fmt.Sprintf("%s:[%d]", what, id) }

// mountTable is /proc/mounts.
func (fs *FS) mountTable(int) string {
	b := []byte("none / tmpfs rw 0 0\nproc /proc proc rw 0 0\n")
	for _, m := range fs.config.Mounts {
		mode := "ro"
		if m.Writable {
			mode = "rw"
		}
		b = fmt.Appendf(b, "host %s none %s 0 0\n", path.Clean(m.Guest), mode)
	}
	return string(b)
}
