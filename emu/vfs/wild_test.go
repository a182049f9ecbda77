package vfs

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// wild makes random calls with random arguments, of several processes, with snapshots in
// between.
type wild struct {
	*rand.Rand
	fs    *FS
	procs []Proc
	snaps [4]Snapshot
	pid   int
}

func (w *wild) number() int {
	list := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, -1, AT_FDCWD, 4096, 65536, 1 << 31, 1<<63 - 1, -1 << 63, 0o644, 0o7777, O_RDWR, O_CREAT}
	if w.IntN(4) == 0 {
		return int(w.Uint64()) >> w.IntN(64)
	}
	return list[w.IntN(len(list))]
}

func (w *wild) fd() int {
	if w.IntN(30) == 0 {
		return w.number()
	}
	return w.IntN(12) - 1
}

func (w *wild) dirfd() int {
	if w.IntN(3) == 0 {
		return w.fd()
	}
	return AT_FDCWD
}

func (w *wild) flags(of ...int) int {
	if w.IntN(20) == 0 {
		return w.number()
	}
	flags := 0
	for w.IntN(2) == 0 {
		flags |= of[w.IntN(len(of))]
	}
	return flags
}

func (w *wild) path() string {
	parts := []string{
		"a", "b", "c", "d", "/", "/", "/", "..", ".", "/in", "/ro", "/proc", "self", "fd", "cwd", "1", "/dev", "stdout", "sub",
		"link", "out", "up", "secret", "", longName, "\x00", "\xff", "/tmp", "exe", "mounts",
	}
	path := ""
	for n := w.IntN(7); n >= 0; n-- {
		path += parts[w.IntN(len(parts))]
		if w.IntN(2) == 0 {
			path += "/"
		}
	}
	return path
}

func (w *wild) bytes() []byte { return make([]byte, []int{0, 1, 8, 100, 4096, 5000}[w.IntN(6)]) }

// step makes one call.
func (w *wild) step(t *testing.T) {
	i := w.IntN(len(w.procs))
	p := w.procs[i]
	switch w.IntN(200) {
	case 0:
		w.pid++
		if child, e := p.Fork(w.pid); e == 0 {
			w.procs = append(w.procs, child)
		}
		return
	case 1:
		if len(w.procs) > 1 {
			p.Exit()
			w.procs = append(w.procs[:i], w.procs[i+1:]...)
		}
		return
	case 2:
		p.Exec(w.path())
		return
	}
	wildCalls[w.IntN(len(wildCalls))](w, p)
}

var wildCalls = []func(w *wild, p Proc){
	func(w *wild, p Proc) {
		p.Openat(w.dirfd(), w.path(), w.flags(O_WRONLY, O_RDWR, O_CREAT, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY,
			O_NOFOLLOW, O_PATH, O_TMPFILE, O_NONBLOCK, O_CLOEXEC), uint32(w.number()))
	},
	func(w *wild, p Proc) {
		p.Openat(w.dirfd(), w.path(), w.flags(O_RDWR, O_CREAT), 0o777)
	},
	func(w *wild, p Proc) { p.Close(w.fd()) },
	func(w *wild, p Proc) { p.Read(w.fd(), w.bytes()) },
	func(w *wild, p Proc) { p.Pread(w.fd(), w.bytes(), int64(w.number())) },
	func(w *wild, p Proc) { p.Write(w.fd(), w.bytes()) },
	func(w *wild, p Proc) { p.Pwrite(w.fd(), w.bytes(), int64(w.number())) },
	func(w *wild, p Proc) { p.Seek(w.fd(), int64(w.number()), w.IntN(6)) },
	func(w *wild, p Proc) { p.Ftruncate(w.fd(), int64(w.number())) },
	func(w *wild, p Proc) { p.Truncate(w.path(), int64(w.number())) },
	func(w *wild, p Proc) { p.Fallocate(w.fd(), w.IntN(2), int64(w.number()), int64(w.number())) },
	func(w *wild, p Proc) { p.Fstat(w.fd()) },
	func(w *wild, p Proc) { p.Fstatat(w.dirfd(), w.path(), w.flags(AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH)) },
	func(w *wild, p Proc) {
		n := w.IntN(20)
		p.ReadDir(w.fd(), func(DirEntry) bool { n--; return n > 0 })
	},
	func(w *wild, p Proc) { p.Dup(w.fd()) },
	func(w *wild, p Proc) { p.Dup2(w.fd(), w.fd()) },
	func(w *wild, p Proc) { p.Dup3(w.fd(), w.fd(), w.flags(O_CLOEXEC)) },
	func(w *wild, p Proc) {
		p.Fcntl(w.fd(), []int{0, 1, 2, 3, 4, 1030, 1032, w.number()}[w.IntN(8)], w.number())
	},
	func(w *wild, p Proc) { p.Buffered(w.fd()) },
	func(w *wild, p Proc) { p.Chdir(w.path()) },
	func(w *wild, p Proc) { p.Fchdir(w.fd()) },
	func(w *wild, p Proc) { p.Getcwd() },
	func(w *wild, p Proc) { p.Mkdirat(w.dirfd(), w.path(), uint32(w.number())) },
	func(w *wild, p Proc) { p.Unlinkat(w.dirfd(), w.path(), w.flags(AT_REMOVEDIR)) },
	func(w *wild, p Proc) {
		p.Linkat(w.dirfd(), w.path(), w.dirfd(), w.path(), w.flags(AT_SYMLINK_FOLLOW, AT_EMPTY_PATH))
	},
	func(w *wild, p Proc) { p.Symlinkat(w.path(), w.dirfd(), w.path()) },
	func(w *wild, p Proc) { p.Readlinkat(w.dirfd(), w.path()) },
	func(w *wild, p Proc) {
		p.Renameat2(w.dirfd(), w.path(), w.dirfd(), w.path(), w.flags(RENAME_NOREPLACE, RENAME_EXCHANGE))
	},
	func(w *wild, p Proc) {
		p.Faccessat(w.dirfd(), w.path(), uint32(w.IntN(9)), w.flags(AT_EACCESS, AT_SYMLINK_NOFOLLOW))
	},
	func(w *wild, p Proc) { p.Fchmod(w.fd(), uint32(w.number())) },
	func(w *wild, p Proc) {
		p.Fchmodat(w.dirfd(), w.path(), uint32(w.number())|0o700, w.flags(AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH))
	},
	func(w *wild, p Proc) {
		p.Fchownat(w.dirfd(), w.path(), uint32(w.number()), GuestID, w.flags(AT_EMPTY_PATH))
	},
	func(w *wild, p Proc) {
		times := &[2]Time{{int64(w.number()), int64(w.number())}, {5, int64(w.number())}}
		p.Utimensat(w.dirfd(), w.path(), times, w.flags(AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH))
		p.Futimens(w.fd(), times)
	},
	func(w *wild, p Proc) { p.Flock(w.fd(), w.IntN(16)) },
	func(w *wild, p Proc) {
		r := Range{w.IntN(4), w.IntN(4), int64(w.number()), int64(w.number()), 0}
		p.Setlk(w.fd(), r, w.IntN(2) == 0)
		p.Getlk(w.fd(), r)
	},
	func(w *wild, p Proc) { p.Pipe2(w.flags(O_NONBLOCK, O_CLOEXEC)) },
	func(w *wild, p Proc) { p.Eventfd2(uint32(w.number()), w.flags(O_NONBLOCK, EFD_SEMAPHORE)) },
	func(w *wild, p Proc) { p.MemfdCreate(w.path(), w.flags(1)) },
	func(w *wild, p Proc) { p.Ready(w.fd()); p.Channel(w.fd()); w.fs.Woken() },
	func(w *wild, p Proc) { p.Umask(uint32(w.number()) & 0o77) },
}

// TestWildCalls makes very many calls without sense. Nothing may panic, what is counted
// must be what is there, and the host must stay as it is outside of the writable mount.
func TestWildCalls(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for seed := range uint64(rounds) {
		runWild(t, seed, 2000)
	}
}

func runWild(t *testing.T, seed uint64, steps int) {
	t.Helper()
	outside, inside := hostTree(t)
	writable := filepath.Join(outside, "writable")
	if err := os.Mkdir(writable, 0o755); err != nil {
		t.Fatal(err)
	}
	before := hashTree(t, outside, writable)
	fs, p := newRig(t, Config{
		Stdin: zeros{}, Stdout: io.Discard,
		Mounts: []Mount{{"/ro", inside, false}, {"/in", writable, true}},
		Limits: Limits{Bytes: 1 << 20, Nodes: 150, Files: 60, Descriptors: 12},
	})
	w := &wild{Rand: rand.New(rand.NewPCG(seed, 1)), fs: fs, procs: []Proc{p}, pid: 1}
	if seed%3 == 0 { // a mount that is written to keeps snapshots from being restored
		w.keep(t)
	}
	for range steps {
		w.step(t)
	}
	check(t, fs)
	if after := hashTree(t, outside, writable); before != after {
		t.Fatalf("seed %d: the host's files have changed:\n%s\nwere\n%s", seed, after, before)
	}
}

// keep saves and restores in the midst of the calls.
func (w *wild) keep(t *testing.T) {
	procs := [4][]Proc{}
	for i := range w.snaps {
		for range 200 {
			w.step(t)
		}
		w.fs.Save(&w.snaps[i])
		procs[i] = append([]Proc(nil), w.procs...)
		if j := w.IntN(i + 1); w.fs.Restore(&w.snaps[j]) == nil {
			w.procs = append([]Proc(nil), procs[j]...)
		}
		check(t, w.fs)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// hashTree shows all that is in a directory but for one below it.
func hashTree(t *testing.T, dir, but string) string {
	t.Helper()
	s := ""
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == but {
			return errorOr(err, filepath.SkipDir)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if s += fmt.Sprintf("%s %s", path, info.Mode()); path != dir {
			s += fmt.Sprint(info.ModTime())
		}
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			s += fmt.Sprintf(" %x", sha256.Sum256(b))
		}
		s += "\n"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
