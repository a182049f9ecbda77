package vfs

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"path"
	"syscall"

	"github.com/cespare/xxhash/v2"
)

// Mount makes a directory of the host part of the tree. What the host holds is an input of
// the run: equal runs need equal directories. Nothing outside of the directory can be
// reached through it: symbolic links in it are followed in the guest's tree, and what is
// opened is opened by [os.Root]. Only regular files and directories are opened.
//
// The guest can do there what this process may, whatever permissions say about user
// 1000, whose files they all seem to be. Snapshots do not undo what was written.
type Mount struct {
	// Guest is an absolute path, which is made if it is not there; Host is a
	// directory.
	Guest, Host string
	// Writable is false for a mount where every change ends with EROFS.
	Writable bool
}

// mount is a Mount that is open.
type mount struct {
	root     *os.Root
	writable bool
}

func (fs *FS) openMounts() error {
	for i, m := range fs.config.Mounts {
		id, err := fs.makeDirs(m.Guest, false)
		if err != nil {
			return fmt.Errorf("mount %s: %w", m.Host, err)
		}
		if len(fs.node(id).dir.entries) > 0 || id == rootNode {
			return fmt.Errorf("mount %s: %s is not empty", m.Host, m.Guest)
		}
		root, err := os.OpenRoot(m.Host)
		if err != nil {
			return fmt.Errorf("mount at %s: %w", m.Guest, err)
		}
		fs.mounts = append(fs.mounts, mount{root, m.Writable})
		n := fs.edit(id)
		n.kind, n.arg = kindMount, int32(i)
	}
	return nil
}

// Close closes what is open of the host.
func (fs *FS) Close() error {
	for _, h := range fs.handles {
		h.Close()
	}
	fs.handles = nil
	var first error
	for _, m := range fs.mounts {
		if err := m.root.Close(); err != nil && first == nil {
			first = err
		}
	}
	fs.mounts = nil
	return first
}

// mountOf returns the mount that a place of the host is in.
func (fs *FS) mountOf(at place) mount { return fs.mounts[fs.node(at.node).arg] }

// hostErrno returns the guest's number for an error of the host.
func hostErrno(err error) Errno {
	var e syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		if _, known := errnoNames[Errno(e)]; known {
			return Errno(e)
		}
	case errors.Is(err, iofs.ErrNotExist):
		return ENOENT
	case errors.Is(err, iofs.ErrExist):
		return EEXIST
	case errors.Is(err, iofs.ErrPermission):
		return EACCES
	case errors.Is(err, iofs.ErrInvalid):
		return EINVAL
	}
	return EIO
}

func hostJoin(dir, name string) string { return path.Join(dir, name) }

func (fs *FS) hostChild(d place, name string) (place, Errno) {
	at := place{node: d.node, host: hostJoin(d.host, name)}
	switch _, e := fs.hostLstat(at); e {
	case 0:
		return at, 0
	case ENOENT:
		return place{}, 0
	default:
		return place{}, e
	}
}

func (fs *FS) hostLstat(at place) (*syscall.Stat_t, Errno) {
	info, err := fs.mountOf(at).root.Lstat(at.host)
	if err != nil {
		return nil, hostErrno(err)
	}
	return info.Sys().(*syscall.Stat_t), 0
}

func (fs *FS) hostMode(at place) (uint32, Errno) {
	st, e := fs.hostLstat(at)
	if e != 0 {
		return 0, e
	}
	return st.Mode, 0
}

func (fs *FS) hostReadlink(at place) (string, Errno) {
	target, err := fs.mountOf(at).root.Readlink(at.host)
	if err == nil && target == "" {
		return "", ENOENT
	}
	return target, hostErrno(err)
}

func (fs *FS) hostStat(at place) (Stat, Errno) {
	st, e := fs.hostLstat(at)
	if e != 0 {
		return Stat{}, e
	}
	return fs.guestStat(at, st), 0
}

// guestStat turns what the host says into what the guest is told. The inode number follows
// from the path: a second link to a file looks like a second file.
func (fs *FS) guestStat(at place, st *syscall.Stat_t) Stat {
	dev := treeDev + 1 + uint64(fs.node(at.node).arg)
	s := Stat{
		Dev: dev, Mount: dev, Ino: xxhash.Sum64String(at.host)>>16 | 1<<47, Mode: st.Mode, Nlink: 1,
		UID: GuestID, GID: GuestID, Size: st.Size, Blksize: pageSize, Blocks: (st.Size + 511) / 512,
		Atime: Time(st.Atim), Mtime: Time(st.Mtim), Ctime: Time(st.Ctim), Btime: Time(st.Ctim),
	}
	if s.Mode&S_IFMT == S_IFDIR {
		s.Nlink, s.Size, s.Blocks = 2, pageSize, pageSize/512
	}
	return s
}
