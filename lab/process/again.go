package process

import (
	"errors"
	"io"
)

// Recorder passes on what is read from a reader, and can pass the same on again, in the same
// pieces: to run a process a second time on what its standard input gave it the first time.
type Recorder struct {
	from   io.Reader
	pieces []piece
}

// piece is what one Read has returned.
type piece struct {
	data []byte
	err  error
}

// Record returns a recorder of a reader; nil is empty.
func Record(from io.Reader) *Recorder { return &Recorder{from: from} }

// Read implements [io.Reader].
func (r *Recorder) Read(b []byte) (int, error) {
	if r.from == nil {
		return 0, io.EOF
	}
	n, err := r.from.Read(b)
	r.pieces = append(r.pieces, piece{append([]byte(nil), b[:n]...), err})
	return n, err
}

// ErrMore says that more was read than the first time.
var ErrMore = errors.New("more is read from standard input than the first time")

// Again returns a reader of what was read so far.
func (r *Recorder) Again() io.Reader {
	if r.from == nil {
		return nil
	}
	return &player{r.pieces}
}

// player reads pieces.
type player struct{ pieces []piece }

// Read implements [io.Reader].
func (p *player) Read(b []byte) (int, error) {
	if len(p.pieces) == 0 {
		return 0, ErrMore
	}
	next := p.pieces[0]
	if len(next.data) > len(b) {
		return 0, ErrMore
	}
	p.pieces = p.pieces[1:]
	return copy(b, next.data), next.err
}
