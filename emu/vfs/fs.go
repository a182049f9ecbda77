package vfs

import (
	"io"
	"os"
)

// Config says what a file system is connected to. The zero value is a system with empty
// input, output that goes nowhere, a clock that stands still and randomness that is all
// zeros.
type Config struct {
	// Stdin is what descriptor 0 reads. A read of the guest can block the host in it.
	// What was read is kept as long as a snapshot needs it.
	Stdin io.Reader
	// Stdout and Stderr take what is written to descriptors 1 and 2. What was written
	// stays written when a snapshot is restored: a caller who wants it undone has to
	// do that.
	Stdout, Stderr io.Writer
	// Clock returns the guest's time, in nanoseconds since 1970.
	Clock func() int64
	// Random fills its argument: what /dev/urandom and /dev/random give.
	Random func(p []byte)
	// Mounts are directories of the host that the guest sees.
	Mounts []Mount
	// Proc are files of /proc, besides those that are always there.
	Proc []ProcFile
	// Limits bounds what the guest can use.
	Limits Limits
}

// Limits bounds what the guest can make the host keep. A field that is 0 has the default.
type Limits struct {
	// Bytes is the size of all files and symbolic links together, in whole pages;
	// beyond it ENOSPC. Default 256 MiB. Pipes come on top, 64 KiB each at most.
	Bytes int64
	// Nodes is the number of files, directories and so on, and also that of names;
	// beyond it ENOSPC. Default 65536.
	Nodes int
	// Files is the number of open files of all processes; beyond it ENFILE. Default 4096.
	Files int
	// Descriptors is the number of descriptors of one process; beyond it EMFILE.
	// Default 1024.
	Descriptors int
}

func (l Limits) withDefaults() Limits {
	set := func(p *int, to int) {
		if *p == 0 {
			*p = to
		}
	}
	if l.Bytes == 0 {
		l.Bytes = 256 << 20
	}
	set(&l.Nodes, 65536)
	set(&l.Files, 4096)
	set(&l.Descriptors, 1024)
	return l
}

// FS is a file system with the processes that use it. It is for one goroutine.
type FS struct {
	config Config
	limits Limits

	st  state
	age uint64 // of what st does not share with a snapshot; only grows

	texts  []ProcFile // of /proc
	mounts []mount

	woken []Channel // since the caller last asked
	input *input    // the last piece that the host's standard input has given

	handles    map[uint64]*os.File // of the host, by file.handle
	lastHandle uint64              // only grows
	hostWrites uint64              // how often the host was changed; only grows
}

// state is all that a snapshot holds.
type state struct {
	nodes   table[node, *node]
	files   table[file, *file]
	procs   table[proc, *proc]
	bytes   int64 // in pages of regular files, and in symbolic links
	entries int   // of all directories
	stdin   cursor
}

// rootNode is the number of the root directory.
const rootNode = 1

// New returns a file system with the directories that every one has and no process.
func New(c Config) (*FS, error) {
	fs := &FS{config: c, limits: c.Limits.withDefaults(), age: 1, input: &input{}, handles: map[uint64]*os.File{}}
	fs.st.stdin.at = fs.input
	root := fs.st.nodes.add(fs.age, node{mode: S_IFDIR | 0o755, nlink: 2, opens: 1})
	if root != rootNode {
		panic("BUG: the root directory is not the first node")
	}
	fs.edit(root).dir.parent = root
	if err := fs.populate(); err != nil {
		fs.Close()
		return nil, err
	}
	return fs, nil
}
