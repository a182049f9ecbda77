package vfs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"

	"golang.org/x/sys/unix"
)

// fdCalls are the operations on descriptors; see calls.
var fdCalls = map[string]func(g gen) call{
	"read": func(g gen) call {
		fd, n := g.fd(), g.pick("n", 0, 1, 8, 100, 5000, 70000)
		return call{
			fmt.Sprintf("%d, %d", fd, n),
			func(p Proc) string {
				if guestType(p, fd) == S_IFDIR {
					return "positions in directories differ"
				}
				b := make([]byte, n)
				n, e := p.Read(fd, b)
				return result(e, brief(b[:n]))
			},
			func() string {
				if hostType(fd) == S_IFDIR {
					return "positions in directories differ"
				}
				b := make([]byte, n)
				n, err := unix.Read(hostFd(fd), b)
				return outcome(err, brief(b[:max(n, 0)]))
			},
		}
	},
	"pread": func(g gen) call {
		fd, n, off := g.fd(), g.pick("n", 0, 1, 100, 5000), g.offset()
		return call{
			fmt.Sprintf("%d, %d, %d", fd, n, off),
			func(p Proc) string { b := make([]byte, n); n, e := p.Pread(fd, b, off); return result(e, brief(b[:n])) },
			func() string {
				b := make([]byte, n)
				n, err := unix.Pread(hostFd(fd), b, off)
				return outcome(err, brief(b[:max(n, 0)]))
			},
		}
	},
	"write": func(g gen) call {
		fd, b := g.fd(), g.bytes()
		return call{
			fmt.Sprintf("%d, %s", fd, brief(b)),
			func(p Proc) string {
				if guestType(p, fd) == 0 && len(b) > 8 {
					return "kernels differ on long writes to eventfds"
				}
				n, e := p.Write(fd, b)
				return result(e, n)
			},
			func() string {
				if hostType(fd) == 0 && len(b) > 8 {
					return "kernels differ on long writes to eventfds"
				}
				n, err := unix.Write(hostFd(fd), b)
				return outcome(err, n)
			},
		}
	},
	"pwrite": func(g gen) call {
		fd, b, off := g.fd(), g.bytes(), g.offset()
		return call{
			fmt.Sprintf("%d, %s, %d", fd, brief(b), off),
			func(p Proc) string { n, e := p.Pwrite(fd, b, off); return result(e, n) },
			func() string { n, err := unix.Pwrite(hostFd(fd), b, off); return outcome(err, n) },
		}
	},
	"lseek": func(g gen) call {
		fd, off, whence := g.fd(), g.offset(), g.pick("whence", 0, 0, 1, 2, 3, 4, 5)
		return call{
			fmt.Sprintf("%d, %d, %d", fd, off, whence),
			func(p Proc) string {
				if guestType(p, fd) == S_IFDIR {
					return "positions in directories differ"
				}
				n, e := p.Seek(fd, off, whence)
				return result(e, n)
			},
			func() string {
				if hostType(fd) == S_IFDIR {
					return "positions in directories differ"
				}
				n, err := unix.Seek(hostFd(fd), off, whence)
				return outcome(err, n)
			},
		}
	},
	"ftruncate": func(g gen) call {
		fd, size := g.fd(), g.offset()
		return call{
			fmt.Sprintf("%d, %d", fd, size),
			func(p Proc) string { return result(p.Ftruncate(fd, size)) },
			func() string { return outcome(unix.Ftruncate(hostFd(fd), size)) },
		}
	},
	"dup": func(g gen) call {
		fd := g.fd()
		return call{
			fmt.Sprint(fd),
			func(p Proc) string { n, e := p.Dup(fd); return result(e, n) },
			func() string { n, err := unix.Dup(hostFd(fd)); return outcome(err, n-hostBase) },
		}
	},
	"dup3": func(g gen) call {
		fd, to, flags := g.fd(), g.pick("to", -1, 0, 1, 2, 3, 4, 5, 1<<30), g.pick("flags", 0, 0, O_CLOEXEC, 1)
		return call{
			fmt.Sprintf("%d, %d, %#x", fd, to, flags),
			func(p Proc) string { n, e := p.Dup3(fd, to, flags); return result(e, n) },
			func() string { return outcome(unix.Dup3(hostFd(fd), hostFd(to), flags), to) },
		}
	},
	"fcntl": func(g gen) call {
		fd, cmd := g.fd(), g.pick("cmd", F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETPIPE_SZ, 999)
		arg := g.pick("arg", 0, 1, 2, 5, -1, 1<<30)
		if cmd == F_SETFL {
			arg = O_NONBLOCK | g.pick("arg", 0, O_APPEND, O_RDWR, O_NOATIME)
		}
		return call{
			fmt.Sprintf("%d, %d, %#o", fd, cmd, arg),
			func(p Proc) string { n, e := p.Fcntl(fd, cmd, arg); return result(e, n) },
			func() string {
				if cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC {
					n, err := unix.FcntlInt(uintptr(hostFd(fd)), cmd, hostFd(arg))
					return outcome(err, n-hostBase)
				}
				n, err := unix.FcntlInt(uintptr(hostFd(fd)), cmd, arg)
				return outcome(err, n)
			},
		}
	},
	"pipe2": func(g gen) call {
		flags := O_NONBLOCK | g.pick("flags", 0, O_CLOEXEC, 1)
		return call{
			fmt.Sprintf("%#o", flags),
			func(p Proc) string { r, w, e := p.Pipe2(flags); return result(e, r, w) },
			func() string {
				var fds [2]int
				err := unix.Pipe2(fds[:], flags)
				return outcome(err, fds[0]-hostBase, fds[1]-hostBase)
			},
		}
	},
	"eventfd2": func(g gen) call {
		count, flags := g.pick("count", 0, 1, 3), O_NONBLOCK|g.pick("flags", 0, O_CLOEXEC, EFD_SEMAPHORE, 2)
		return call{
			fmt.Sprintf("%d, %#o", count, flags),
			func(p Proc) string { fd, e := p.Eventfd2(uint32(count), flags); return result(e, fd) },
			func() string { fd, err := unix.Eventfd(uint(count), flags); return outcome(err, fd-hostBase) },
		}
	},
	"memfd": func(g gen) call {
		name, flags := g.path(), g.pick("flags", 0, 1, 2, 64)
		return call{
			fmt.Sprintf("%.20q, %d", name, flags),
			func(p Proc) string { fd, e := p.MemfdCreate(name, flags); return result(e, fd) },
			func() string { fd, err := unix.MemfdCreate(name, flags); return outcome(err, fd-hostBase) },
		}
	},
	"poll": func(g gen) call {
		fd := max(g.fd(), 0)
		const all = POLLIN | POLLOUT | POLLERR | POLLHUP
		return call{
			fmt.Sprint(fd),
			func(p Proc) string { return fmt.Sprintf("%#x", p.Ready(fd)) },
			func() string {
				fds := []unix.PollFd{{Fd: int32(hostFd(fd)), Events: all}}
				_, err := unix.Poll(fds, 0)
				return outcome(err, fmt.Sprintf("%#x", fds[0].Revents))
			},
		}
	},
	"fionread": func(g gen) call {
		fd := g.fd()
		return call{
			fmt.Sprint(fd),
			func(p Proc) string { n, e := p.Buffered(fd); return result(e, n) },
			func() string { n, err := unix.IoctlGetInt(hostFd(fd), unix.TIOCINQ); return outcome(err, int32(n)) },
		}
	},
	"flock": func(g gen) call {
		fd, op := g.fd(), LOCK_NB|g.pick("op", LOCK_SH, LOCK_EX, LOCK_UN, 0, LOCK_SH|LOCK_EX)
		return call{
			fmt.Sprintf("%d, %d", fd, op),
			func(p Proc) string {
				if guestType(p, fd) == 0 {
					return "all eventfds are one file"
				}
				return result(p.Flock(fd, op))
			},
			func() string {
				if hostType(fd) == 0 {
					return "all eventfds are one file"
				}
				return outcome(unix.Flock(hostFd(fd), op))
			},
		}
	},
	"setlk": func(g gen) call {
		fd, r := g.fd(), Range{Type: g.pick("type", 0, 1, 2, 3), Whence: g.pick("whence", 0, 1, 2, 3), Start: g.offset(), Len: g.offset()}
		return call{
			fmt.Sprintf("%d, %+v", fd, r),
			func(p Proc) string {
				if typ := guestType(p, fd); typ == 0 || typ == S_IFDIR {
					return "sizes differ"
				}
				return result(p.Setlk(fd, r, false))
			},
			func() string {
				if typ := hostType(fd); typ == 0 || typ == S_IFDIR {
					return "sizes differ"
				}
				l := unix.Flock_t{Type: int16(r.Type), Whence: int16(r.Whence), Start: r.Start, Len: r.Len}
				return outcome(unix.FcntlFlock(uintptr(hostFd(fd)), unix.F_SETLK, &l))
			},
		}
	},
}

func init() { maps.Copy(calls, fdCalls) }

// guestType returns what a descriptor is for; 1 if it is not open.
func guestType(p Proc, fd int) uint32 {
	s, e := p.Fstat(fd)
	if e != 0 {
		return 1
	}
	return s.Mode & S_IFMT
}

func hostType(fd int) uint32 {
	var s unix.Stat_t
	if unix.Fstat(hostFd(fd), &s) != nil {
		return 1
	}
	return s.Mode & S_IFMT
}

// brief shows bytes shortly, and tells all contents apart.
func brief(b []byte) string {
	var sum uint32
	for _, c := range b {
		sum = sum*31 + uint32(c)
	}
	return fmt.Sprintf("%d bytes %x", len(b), sum)
}

func (g gen) bytes() []byte {
	b := bytes.Repeat([]byte{byte(g.pick("byte", 'p', 'q', 'r', 0))}, g.pick("n", 0, 1, 8, 50, 3000, 4096, 5000, 70000))
	if len(b) >= 8 && g.pick("counter", 0, 1) == 1 { // for an eventfd
		binary.LittleEndian.PutUint64(b, uint64(g.pick("count", 0, 1, -1, -2)))
	}
	return b
}
