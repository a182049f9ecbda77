package vfs

import (
	"fmt"
	"path"
	"strings"
)

// populate makes the files that every system has.
func (fs *FS) populate() error {
	fs.texts = append([]ProcFile{
		{"mounts", fs.mountTable},
		{"self/mounts", fs.mountTable},
		{"sys/vm/overcommit_memory", func(int) string { return "0\n" }},
	}, fs.config.Proc...)
	for _, dir := range []string{"/dev", "/etc", "/proc"} {
		if _, err := fs.makeDirs(dir, true); err != nil {
			return err
		}
	}
	tmp, err := fs.makeDirs("/tmp", true)
	if err != nil {
		return err
	}
	fs.edit(tmp).mode = S_IFDIR | S_ISVTX | 0o777
	for _, d := range devices {
		if err := fs.put("/dev/"+d.name, node{kind: kindDevice, mode: S_IFCHR | 0o666, root: true, arg: d.minor}); err != nil {
			return err
		}
	}
	for _, l := range [][2]string{
		{"/dev/fd", "/proc/self/fd"},
		{"/dev/stdin", "/proc/self/fd/0"},
		{"/dev/stdout", "/proc/self/fd/1"},
		{"/dev/stderr", "/proc/self/fd/2"},
	} {
		if err := fs.put(l[0], node{mode: S_IFLNK | 0o777, root: true, target: l[1]}); err != nil {
			return err
		}
	}
	for _, f := range [][2]string{
		{"/etc/passwd", "root:x:0:0:root:/:/bin/sh\nguest:x:1000:1000:guest:/:/bin/sh\n"},
		{"/etc/group", "root:x:0:\nguest:x:1000:\n"},
	} {
		if err := fs.AddFile(f[0], []byte(f[1]), 0o644); err != nil {
			return err
		}
		fs.edit(fs.at(f[0])).root = true
	}
	if err := fs.populateProc(); err != nil {
		return err
	}
	return fs.openMounts()
}

// AddFile puts a regular file of the guest's at an absolute path, and the directories that
// lead there; it replaces a file that is there already. It is for the caller, such as
// one who loads a program, and not bounded by anything but [Limits].
func (fs *FS) AddFile(at string, data []byte, mode uint32) error {
	if id := fs.at(at); id != 0 {
		if n := fs.node(id); !n.isFile() || n.kind != kindTree {
			return fmt.Errorf("%s: is no regular file", at)
		}
		fs.resize(id, 0)
	} else if err := fs.put(at, node{mode: S_IFREG}); err != nil {
		return err
	}
	id := fs.at(at)
	missing, stop := fs.node(id).missing(0, int64(len(data)), fs.room())
	if stop < int64(len(data)) {
		return fmt.Errorf("%s: %d bytes do not fit, %d are free", at, len(data), fs.room()*pageSize)
	}
	fs.st.bytes += missing * pageSize
	n := fs.touch(id)
	n.writeAt(fs.age, data, 0)
	n.mode = S_IFREG | mode&0o7777
	return nil
}

// at returns the node at an absolute path that goes through no links, 0 for none.
func (fs *FS) at(p string) int32 {
	id := int32(rootNode)
	for name := range strings.SplitSeq(strings.Trim(path.Clean(p), "/"), "/") {
		if name != "" {
			if id = fs.node(id).dir.lookup(name); id == 0 {
				return 0
			}
		}
	}
	return id
}

// makeDirs makes the directories of an absolute path and returns the last one.
func (fs *FS) makeDirs(p string, root bool) (int32, error) {
	if !path.IsAbs(p) {
		return 0, fmt.Errorf("%q: is no absolute path", p)
	}
	p = path.Clean(p)
	if p == "/" {
		return rootNode, nil
	}
	if id := fs.at(p); id != 0 {
		if n := fs.node(id); !n.isDir() || n.kind != kindTree {
			return 0, fmt.Errorf("%s: is there already, and no directory of the tree", p)
		}
		return id, nil
	}
	if _, err := fs.makeDirs(path.Dir(p), root); err != nil {
		return 0, err
	}
	err := fs.put(p, node{mode: S_IFDIR | 0o755, root: root})
	return fs.at(p), err
}

// put enters a node at an absolute path.
func (fs *FS) put(p string, n node) error {
	p = path.Clean(p)
	dir, err := fs.makeDirs(path.Dir(p), n.root)
	if err != nil {
		return err
	}
	if name := path.Base(p); len(name) > NameMax || fs.node(dir).dir.lookup(name) != 0 {
		return fmt.Errorf("%s: is there already, or too long", p)
	}
	id, e := fs.newNode(n)
	if e == 0 {
		fs.st.bytes += int64(len(n.target))
		if e = fs.enter(dir, path.Base(p), id); e != 0 {
			fs.drop(id)
		}
	}
	if e != 0 {
		return fmt.Errorf("%s: %s", p, e)
	}
	return nil
}
