package vfs

import "slices"

// pipe is up to sixteen buffers of up to a page, as in the kernel: a short write joins the
// last buffer only if it fits there, so what a pipe holds depends on how it was written.
type pipe struct {
	readers, writers int32
	bufs             []pipeBuf
}

type pipeBuf struct {
	age  uint64
	data []byte // pageSize at most
	read int    // of data
}

const pipeBufs = PipeSize / pageSize

// Pipe2 makes a pipe and returns the descriptors of the end to read and of the end to
// write. The flags are O_CLOEXEC and O_NONBLOCK.
func (p Proc) Pipe2(flags int) (r, w int, e Errno) {
	if flags&^(O_CLOEXEC|O_NONBLOCK) != 0 {
		return 0, 0, EINVAL
	}
	if e := p.roomForFile(); e != 0 {
		return 0, 0, e
	}
	id, e := p.fs.newNode(node{kind: kindPipe, mode: S_IFIFO | 0o600})
	if e != 0 {
		return 0, 0, ENFILE
	}
	fds := [2]int{}
	for i, mode := range []int{O_RDONLY, O_WRONLY} {
		f := file{at: place{node: id}, flags: mode | flags&O_NONBLOCK, path: anonPath("pipe", id)}
		p.fs.openEnd(&f)
		if fds[i], e = p.newFile(f, flags&O_CLOEXEC != 0); e != 0 {
			if i == 1 {
				p.Close(fds[0])
			}
			return 0, 0, e
		}
	}
	return fds[0], fds[1], 0
}

// openEnd counts a file as one of its pipe's ends.
func (fs *FS) openEnd(f *file) {
	n := fs.edit(f.at.node)
	if f.readable() {
		n.pipe.readers++
	}
	if f.writable() {
		n.pipe.writers++
	}
	fs.wake(f.at.node)
}

func (fs *FS) closeEnd(f *file) {
	n := fs.edit(f.at.node)
	if f.readable() {
		n.pipe.readers--
	}
	if f.writable() {
		n.pipe.writers--
	}
	fs.wake(f.at.node)
}

func (fs *FS) readPipe(f *file, b []byte) (int, Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	n := fs.node(f.at.node)
	if len(n.pipe.bufs) == 0 {
		if n.pipe.writers == 0 {
			return 0, 0
		}
		return 0, f.wouldBlock()
	}
	q := &fs.edit(f.at.node).pipe
	done := 0
	for done < len(b) && len(q.bufs) > 0 {
		first := &q.bufs[0]
		k := copy(b[done:], first.data[first.read:])
		done += k
		if first.read += k; first.read == len(first.data) {
			q.bufs = slices.Delete(q.bufs, 0, 1)
		}
	}
	fs.wake(f.at.node)
	return done, 0
}

func (fs *FS) writePipe(f *file, b []byte) (int, Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	n := fs.node(f.at.node)
	if n.pipe.readers == 0 {
		return 0, EPIPE
	}
	tail := len(b) % pageSize
	joins := tail > 0 && n.pipe.joins(tail)
	if !joins && len(n.pipe.bufs) == pipeBufs {
		return 0, f.wouldBlock()
	}
	q := &fs.edit(f.at.node).pipe
	done := 0
	if joins {
		q.join(fs.age, b[:tail])
		done = tail
	}
	for done < len(b) && len(q.bufs) < pipeBufs {
		part := b[done:min(len(b), done+pageSize)]
		q.bufs = append(q.bufs, pipeBuf{age: fs.age, data: slices.Clone(part)})
		done += len(part)
	}
	fs.wake(f.at.node)
	if done < len(b) && f.flags&O_NONBLOCK == 0 {
		return done, WouldBlock
	}
	return done, 0
}

// joins reports whether bytes fit into the last buffer.
func (q *pipe) joins(n int) bool {
	return len(q.bufs) > 0 && len(q.bufs[len(q.bufs)-1].data)+n <= pageSize
}

func (q *pipe) join(age uint64, b []byte) {
	last := &q.bufs[len(q.bufs)-1]
	if last.age != age {
		last.age, last.data = age, slices.Clone(last.data)
	}
	last.data = append(last.data, b...)
}

// wouldBlock returns what an operation that has to wait ends with.
func (f *file) wouldBlock() Errno {
	if f.flags&O_NONBLOCK != 0 {
		return EAGAIN
	}
	return WouldBlock
}
