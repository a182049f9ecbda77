package vfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// hostSide makes system calls of the host in a directory, as the guest would in its tree:
// on a thread of its own, with its own descriptors, working directory and mask. Where
// the test is root, the directory is the thread's root, and its user the guest's.
type hostSide struct {
	calls   chan func()
	done    chan struct{}
	confine bool // the directory is the root
}

func newHostSide(t *rapid.T, dir string) *hostSide {
	h := &hostSide{calls: make(chan func()), done: make(chan struct{}), confine: os.Geteuid() == 0}
	ready := make(chan error)
	go func() {
		defer close(h.done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		err := h.enter(dir)
		ready <- err
		if err != nil {
			return
		}
		for call := range h.calls {
			call()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatalf("the host's side: %v", err)
	}
	return h
}

func (h *hostSide) enter(dir string) error {
	if h.confine {
		if err := os.Chown(dir, GuestID, GuestID); err != nil {
			return err
		}
	}
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_FILES); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := takeNumbers(); err != nil {
		return err
	}
	if err := unix.Chdir(dir); err != nil {
		return err
	}
	if h.confine {
		if err := unix.Chroot("."); err != nil {
			return fmt.Errorf("chroot: %w", err)
		}
		// Only of this thread, unlike what the functions of package syscall do.
		for _, nr := range []uintptr{unix.SYS_SETRESGID, unix.SYS_SETRESUID} {
			if _, _, e := unix.RawSyscall(nr, GuestID, GuestID, GuestID); e != 0 {
				return fmt.Errorf("set user: %w", e)
			}
		}
	}
	unix.Umask(0o022)
	return unix.CloseRange(hostBase, 1<<31-1, 0)
}

// hostBase is what the host has for descriptor 0. The runtime uses descriptors of its own
// from any thread, so these stay; the others below are taken.
const hostBase = 64

// hostFd returns the host's number for a descriptor, or for a number that is none.
func hostFd(fd int) int {
	if fd < 0 || fd >= 1<<20 {
		return fd
	}
	return fd + hostBase
}

// takeNumbers takes all free descriptors below hostBase.
func takeNumbers() error {
	fd, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
	for err == nil && fd < hostBase {
		fd, err = unix.Dup(fd)
	}
	return err
}

// run has the thread call f.
func (h *hostSide) run(f func() string) string {
	var s string
	ran := make(chan struct{})
	h.calls <- func() {
		defer close(ran)
		defer func() {
			if r := recover(); r != nil { // the thread has nowhere to print it
				s = fmt.Sprint("panic: ", r)
			}
		}()
		s = f()
	}
	<-ran
	return s
}

func (h *hostSide) close() {
	close(h.calls)
	<-h.done
}

// result shows how an operation of the guest ended.
func result(e Errno, values ...any) string {
	if e == WouldBlock {
		e = EAGAIN
	}
	if e != 0 {
		return e.String()
	}
	return fmt.Sprint(values...)
}

// outcome shows how one of the host ended.
func outcome(err error, values ...any) string {
	var e syscall.Errno
	if err != nil && !errors.As(err, &e) {
		return err.Error()
	}
	return result(Errno(e), values...)
}

// call is one operation, on both sides.
type call struct {
	args  string
	guest func(p Proc) string
	host  func() string
}

// gen draws arguments of calls.
type gen struct {
	*rapid.T
	confine bool
}

func (g gen) pick(label string, of ...int) int { return even(g, label, of) }

// even draws with equal chances, where rapid prefers what comes first.
func even[T any](g gen, label string, of []T) T {
	x := rapid.Uint64().Draw(g.T, label)
	x = (x ^ 0x9e3779b97f4a7c15) * 0xd1342543de82ef95
	return of[(x^x>>32)%uint64(len(of))]
}

func (g gen) fd() int { return g.pick("fd", -1, 0, 1, 2, 3, 4, 5, 6, 7) }

func (g gen) dirfd() int {
	return g.pick("dirfd", AT_FDCWD, AT_FDCWD, AT_FDCWD, AT_FDCWD, 0, 1, 2, 3, 9)
}

func (g gen) mode() uint32 {
	return uint32(g.pick("mode", 0o644, 0o777, 0o755, 0o700, 0o600, 0o444, 0o555, 0o311, 0o200, 0))
}

func (g gen) offset() int64 {
	return int64(g.pick("offset", 0, 1, 100, 4095, 4096, 8192, 10000, -1, 300000, 1<<20+3))
}

var longName = string(make255())

func make255() []byte {
	b := make([]byte, NameMax)
	for i := range b {
		b[i] = 'x'
	}
	return b
}

// path draws a path of few names, so that most of them lead somewhere.
func (g gen) path() string {
	names := []string{
		"a", "a", "a", "b", "b", "b", "c", "d", "a/b", "a/c", "b/a", "b/b", "a/b/c", "./a", "a//b", "a/", "b/", "a/.",
		longName, longName + "y", "",
	}
	if g.confine {
		names = append(names, "/a", "/b", "/b/c", "../a", "a/..", "b/../a", "..", ".", "/", "//", "a/../..", "/..")
	}
	return even(g, "path", names)
}

// tempDir makes a directory that can be removed whatever its permissions are.
func tempDir(t *rapid.T, base string) string {
	dir, err := os.MkdirTemp(base, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if e != nil && e.IsDir() {
				os.Chmod(path, 0o700)
			}
			return nil
		})
		os.RemoveAll(dir)
	})
	return dir
}

// both makes a call on both sides and wants the same to come of it.
func both(t *rapid.T, name string, p Proc, h *hostSide, c call) {
	got, want := c.guest(p), h.run(c.host)
	if got != want {
		t.Fatalf("%s(%s): %s; the host: %s", name, c.args, got, want)
	}
	t.Logf("%s(%s): %s", name, c.args, got)
}
