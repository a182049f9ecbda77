// Package vfs is what a guest program sees as files: a private tree in memory, pipes,
// event counters, standard streams, a little of /proc, and directories of the host where
// the caller names them. It knows nothing of engines, of guest memory or of system-call
// numbers: operations take Go byte slices and give an [Errno].
//
// Whoever answers system calls keeps the number of the process with each task, and does
//
//	fs, err := vfs.New(vfs.Config{Stdin: in, Stdout: out, Stderr: errs, Clock: now, Random: random})
//	p, errno := fs.NewProc(pid, "/bin/prog")
//	id := p.ID()
//	...
//	n, errno := fs.Proc(id).Read(fd, buf) // a system call of the guest
//	if errno == vfs.WouldBlock {
//		ch, _ := fs.Proc(id).Channel(fd) // the task sleeps on ch, and then tries again
//	}
//	for _, ch := range fs.Woken() {
//		... // the tasks that sleep on ch can go on
//	}
//
// No operation waits, but for a read of standard input, which waits for the host.
//
// The guest is user and group 1000 everywhere, without privileges. The tree belongs to it;
// /dev, /proc and /etc belong to root.
//
// Everything follows from the operations and from what the caller has connected: there is
// no clock but the caller's and no randomness; numbers of inodes and descriptors are the
// lowest free ones; directories are listed in the order in which their entries were made.
//
// A [Snapshot] is the whole state, and costs next to nothing: what is changed afterwards is
// copied first. A mount of the host is not part of it; see [Mount].
//
// An FS is for one goroutine.
package vfs
