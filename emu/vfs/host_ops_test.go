package vfs

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// calls has for each operation how its arguments are drawn and what it is on each side.
var calls = map[string]func(g gen) call{
	"openat": func(g gen) call {
		dir, path, mode := g.dirfd(), g.path(), g.mode()
		flags := g.pick("access", O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_ACCMODE)
		for range g.pick("flags", 0, 1, 2, 3) {
			flags |= g.pick("flag", O_CREAT, O_CREAT, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW,
				O_CLOEXEC, O_PATH, O_NONBLOCK, O_TMPFILE, O_NOATIME)
		}
		return call{
			fmt.Sprintf("%d, %.20q, %#o, %#o", dir, path, flags, mode),
			func(p Proc) string { fd, e := p.Openat(dir, path, flags, mode); return result(e, fd) },
			func() string {
				fd, err := unix.Openat(hostFd(dir), path, flags, mode)
				return outcome(err, fd-hostBase)
			},
		}
	},
	"close": func(g gen) call {
		fd := g.fd()
		return call{
			fmt.Sprint(fd),
			func(p Proc) string { return result(p.Close(fd)) },
			func() string { return outcome(unix.Close(hostFd(fd))) },
		}
	},
	"mkdirat": func(g gen) call {
		dir, path, mode := g.dirfd(), g.path(), g.mode()
		return call{
			fmt.Sprintf("%d, %.20q, %#o", dir, path, mode),
			func(p Proc) string { return result(p.Mkdirat(dir, path, mode)) },
			func() string { return outcome(unix.Mkdirat(hostFd(dir), path, mode)) },
		}
	},
	"unlinkat": func(g gen) call {
		dir, path, flags := g.dirfd(), g.path(), g.pick("flags", 0, 0, AT_REMOVEDIR)
		return call{
			fmt.Sprintf("%d, %.20q, %#x", dir, path, flags),
			func(p Proc) string { return result(p.Unlinkat(dir, path, flags)) },
			func() string { return outcome(unix.Unlinkat(hostFd(dir), path, flags)) },
		}
	},
	"linkat": func(g gen) call {
		dir, path, dir2, path2 := g.dirfd(), g.path(), g.dirfd(), g.path()
		flags := g.pick("flags", 0, AT_SYMLINK_FOLLOW)
		return call{
			fmt.Sprintf("%d, %.20q, %d, %.20q, %#x", dir, path, dir2, path2, flags),
			func(p Proc) string { return result(p.Linkat(dir, path, dir2, path2, flags)) },
			func() string { return outcome(unix.Linkat(hostFd(dir), path, hostFd(dir2), path2, flags)) },
		}
	},
	"symlinkat": func(g gen) call {
		target, dir, path := g.path(), g.dirfd(), g.path()
		return call{
			fmt.Sprintf("%.20q, %d, %.20q", target, dir, path),
			func(p Proc) string { return result(p.Symlinkat(target, dir, path)) },
			func() string { return outcome(unix.Symlinkat(target, hostFd(dir), path)) },
		}
	},
	"readlinkat": func(g gen) call {
		dir, path := g.dirfd(), g.path()
		return call{
			fmt.Sprintf("%d, %.20q", dir, path),
			func(p Proc) string { s, e := p.Readlinkat(dir, path); return result(e, s) },
			func() string {
				b := make([]byte, PathMax)
				n, err := unix.Readlinkat(hostFd(dir), path, b)
				return outcome(err, string(b[:max(n, 0)]))
			},
		}
	},
	"renameat2": func(g gen) call {
		dir, path, dir2, path2 := g.dirfd(), g.path(), g.dirfd(), g.path()
		flags := g.pick("flags", 0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE, 3)
		return call{
			fmt.Sprintf("%d, %.20q, %d, %.20q, %#x", dir, path, dir2, path2, flags),
			func(p Proc) string { return result(p.Renameat2(dir, path, dir2, path2, flags)) },
			func() string { return outcome(unix.Renameat2(hostFd(dir), path, hostFd(dir2), path2, uint(flags))) },
		}
	},
	"stat": func(g gen) call {
		dir, path, flags := g.dirfd(), g.path(), g.pick("flags", 0, AT_SYMLINK_NOFOLLOW)
		return call{
			fmt.Sprintf("%d, %.20q, %#x", dir, path, flags),
			func(p Proc) string { s, e := p.Fstatat(dir, path, flags); return result(e, guestStat(s)) },
			func() string {
				var s unix.Stat_t
				err := unix.Fstatat(hostFd(dir), path, &s, flags)
				return outcome(err, hostStat(s))
			},
		}
	},
	"fstat": func(g gen) call {
		fd := g.fd()
		return call{
			fmt.Sprint(fd),
			func(p Proc) string { s, e := p.Fstat(fd); return result(e, guestStat(s)) },
			func() string { var s unix.Stat_t; err := unix.Fstat(hostFd(fd), &s); return outcome(err, hostStat(s)) },
		}
	},
	"samefile": func(g gen) call {
		path, path2 := g.path(), g.path()
		return call{
			fmt.Sprintf("%.20q, %.20q", path, path2),
			func(p Proc) string {
				a, e := p.Fstatat(AT_FDCWD, path, 0)
				b, e2 := p.Fstatat(AT_FDCWD, path2, 0)
				return result(max(e, e2), a.Ino == b.Ino)
			},
			func() string {
				var a, b unix.Stat_t
				err, err2 := unix.Fstatat(AT_FDCWD, path, &a, 0), unix.Fstatat(AT_FDCWD, path2, &b, 0)
				e, _ := err.(unix.Errno)
				e2, _ := err2.(unix.Errno)
				return result(Errno(max(e, e2)), a.Ino == b.Ino)
			},
		}
	},
	"accessat": func(g gen) call {
		dir, path, mode := g.dirfd(), g.path(), uint32(g.pick("mode", 0, R_OK, W_OK, X_OK, R_OK|W_OK, 7, 8))
		return call{
			fmt.Sprintf("%d, %.20q, %d", dir, path, mode),
			func(p Proc) string { return result(p.Faccessat(dir, path, mode, 0)) },
			func() string { return outcome(unix.Faccessat(hostFd(dir), path, mode, 0)) },
		}
	},
	"chmodat": func(g gen) call {
		dir, path, mode := g.dirfd(), g.path(), g.mode()
		return call{
			fmt.Sprintf("%d, %.20q, %#o", dir, path, mode),
			func(p Proc) string { return result(p.Fchmodat(dir, path, mode, 0)) },
			func() string { return outcome(unix.Fchmodat(hostFd(dir), path, mode, 0)) },
		}
	},
	"fchmod": func(g gen) call {
		fd, mode := g.fd(), g.mode()
		return call{
			fmt.Sprintf("%d, %#o", fd, mode),
			func(p Proc) string {
				if guestType(p, fd) == 0 {
					return "kernels differ on eventfds"
				}
				return result(p.Fchmod(fd, mode))
			},
			func() string {
				if hostType(fd) == 0 {
					return "kernels differ on eventfds"
				}
				return outcome(unix.Fchmod(hostFd(fd), mode))
			},
		}
	},
	"utimensat": func(g gen) call {
		dir, path, flags := g.dirfd(), g.path(), g.pick("flags", 0, AT_SYMLINK_NOFOLLOW)
		times := [2]Time{{int64(g.pick("sec", 0, 5, 1e9)), int64(g.pick("nsec", 0, 7, UTIME_OMIT, 1e9))}, {12, 34}}
		// Going through a symbolic link is an access to it on the host.
		skip := func(mode uint32) bool { return times[0].Nsec == UTIME_OMIT || mode&S_IFMT == S_IFLNK }
		return call{
			fmt.Sprintf("%d, %.20q, %v, %#x", dir, path, times, flags),
			func(p Proc) string {
				e := p.Utimensat(dir, path, &times, flags)
				s, e2 := p.Fstatat(dir, path, flags)
				return result(max(e, e2), s.Mtime, skip(s.Mode) || s.Atime == times[0])
			},
			func() string {
				ts := []unix.Timespec{{Sec: times[0].Sec, Nsec: times[0].Nsec}, {Sec: times[1].Sec, Nsec: times[1].Nsec}}
				err := unix.UtimesNanoAt(hostFd(dir), path, ts, flags)
				var s unix.Stat_t
				err2 := unix.Fstatat(hostFd(dir), path, &s, flags)
				e, _ := err.(unix.Errno)
				e2, _ := err2.(unix.Errno)
				return result(Errno(max(e, e2)), s.Mtim, skip(s.Mode) || Time(s.Atim) == times[0])
			},
		}
	},
	"chdir": func(g gen) call {
		path := g.path()
		return call{
			fmt.Sprintf("%.20q", path),
			func(p Proc) string { return result(p.Chdir(path)) },
			func() string { return outcome(unix.Chdir(path)) },
		}
	},
	"fchdir": func(g gen) call {
		fd := g.fd()
		return call{
			fmt.Sprint(fd),
			func(p Proc) string { return result(p.Fchdir(fd)) },
			func() string { return outcome(unix.Fchdir(hostFd(fd))) },
		}
	},
	"umask": func(g gen) call {
		mask := g.pick("mask", 0, 0o022, 0o077, 0o777)
		return call{
			fmt.Sprintf("%#o", mask),
			func(p Proc) string { return fmt.Sprint(p.Umask(uint32(mask))) },
			func() string { return fmt.Sprint(unix.Umask(mask)) },
		}
	},
	"truncate": func(g gen) call {
		path, size := g.path(), g.offset()
		return call{
			fmt.Sprintf("%.20q, %d", path, size),
			func(p Proc) string { return result(p.Truncate(path, size)) },
			func() string { return outcome(unix.Truncate(path, size)) },
		}
	},
	"list": func(g gen) call {
		fd := g.fd()
		return call{fmt.Sprint(fd), func(p Proc) string { return guestList(p, fd) }, func() string { return hostList(fd) }}
	},
}

// guestStat shows what of a Stat is the same on every file system.
func guestStat(s Stat) string {
	if s.Mode&S_IFMT == S_IFDIR {
		return fmt.Sprintf("%#o", s.Mode)
	}
	return fmt.Sprintf("%#o %d %d", s.Mode, s.Size, s.Nlink)
}

func hostStat(s unix.Stat_t) string {
	return guestStat(Stat{Mode: s.Mode, Size: s.Size, Nlink: uint32(s.Nlink)})
}

func guestList(p Proc, fd int) string {
	if _, e := p.Seek(fd, 0, SEEK_SET); e != 0 {
		return e.String()
	}
	var names []string
	for {
		n := 0
		e := p.ReadDir(fd, func(e DirEntry) bool {
			if n++; n > 3 {
				return false
			}
			if !slices.Contains([]string{"dev", "etc", "proc", "tmp"}, e.Name) {
				names = append(names, fmt.Sprintf("%s:%o", e.Name, e.Type))
			}
			return true
		})
		if e != 0 {
			return e.String()
		}
		if n == 0 {
			slices.Sort(names)
			return strings.Join(names, " ")
		}
	}
}

func hostList(fd int) string {
	if _, err := unix.Seek(hostFd(fd), 0, SEEK_SET); err != nil {
		return outcome(err)
	}
	var names []string
	b := make([]byte, 4096)
	for {
		n, err := unix.Getdents(hostFd(fd), b)
		if err != nil {
			return outcome(err)
		}
		if n == 0 {
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		for rest := b[:n]; len(rest) > 0; {
			size := binary.LittleEndian.Uint16(rest[16:])
			name, _, _ := strings.Cut(string(rest[19:size]), "\x00")
			names = append(names, fmt.Sprintf("%s:%o", name, int(rest[18])<<12))
			rest = rest[size:]
		}
	}
}
