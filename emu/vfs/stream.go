package vfs

import (
	"errors"
	"io"
)

// input is a piece of what the host's standard input has given. The pieces are a list in
// one direction only: a piece that lies before every snapshot's position is garbage.
type input struct {
	data []byte
	next *input
	end  bool // nothing comes behind data
}

// cursor is a position in the input.
type cursor struct {
	at   *input
	off  int
	read int64 // bytes before it
}

// readStdin gives what is there of the standard input, and asks the host for more only
// when nothing is.
func (fs *FS) readStdin(b []byte) (int, Errno) {
	c := &fs.st.stdin
	for len(b) > 0 {
		if c.off < len(c.at.data) {
			n := copy(b, c.at.data[c.off:])
			c.off += n
			c.read += int64(n)
			return n, 0
		}
		if c.at.next != nil {
			c.at, c.off = c.at.next, 0
			continue
		}
		if c.at.end || fs.config.Stdin == nil {
			return 0, 0
		}
		if e := fs.fetch(len(b)); e != 0 {
			return 0, e
		}
	}
	return 0, 0
}

// fetch appends to the input what the host gives.
func (fs *FS) fetch(want int) Errno {
	buf := make([]byte, min(want, PipeSize))
	n, err := fs.config.Stdin.Read(buf)
	fs.input.next = &input{data: buf[:n]}
	fs.input = fs.input.next
	switch {
	case errors.Is(err, io.EOF):
		fs.input.end = true
	case err != nil && n == 0:
		return EIO
	}
	return 0
}

// writeStream hands b to the caller's writer.
func (fs *FS) writeStream(which int32, b []byte) (int, Errno) {
	w := fs.config.Stdout
	if which == 2 {
		w = fs.config.Stderr
	}
	if w == nil || len(b) == 0 {
		return len(b), 0
	}
	n, err := w.Write(b)
	if err != nil && n == 0 {
		return 0, EIO
	}
	return n, 0
}
