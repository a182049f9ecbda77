package vfs

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// Digest returns a hash of the whole state: equal states have equal digests, on every
// machine, however they came about. What has not changed since it was last hashed is not
// hashed again. What the host holds is not part of it.
func (fs *FS) Digest() uint64 {
	st := &fs.st
	b := words(nil, st.nodes.sum(), st.files.sum(), st.procs.sum(), uint64(st.bytes), uint64(st.entries),
		uint64(st.stdin.read))
	return xxhash.Sum64(b)
}

// sum returns a hash of all objects and their numbers.
func (t *table[T, P]) sum() uint64 {
	var b []byte
	for i, c := range t.chunks {
		if c.used == 0 || i == 0 && c.used == 1 {
			continue
		}
		if c.sum == 0 {
			c.sum = sumOf[T, P](c)
		}
		b = words(b, uint64(i), c.sum)
	}
	return xxhash.Sum64(b)
}

func sumOf[T any, P object[T]](c *chunk[T]) uint64 {
	b := words(nil, c.used)
	for _, x := range c.cells {
		if x == nil {
			continue
		}
		if x.sum == 0 {
			x.sum = known(xxhash.Sum64(P(&x.val).encode(nil)))
		}
		b = words(b, x.sum)
	}
	return known(xxhash.Sum64(b))
}

// known returns a hash that is not 0, which stands for one that is not known.
func known(sum uint64) uint64 { return max(sum, 1) }

func words(b []byte, ws ...uint64) []byte {
	for _, w := range ws {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

func text(b []byte, s string) []byte { return append(words(b, uint64(len(s))), s...) }

func flag(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

func (n *node) encode(b []byte) []byte {
	b = words(b, uint64(n.kind), uint64(n.mode), flag(n.root), uint64(n.nlink), uint64(n.opens),
		uint64(n.arg), uint64(n.owner), flag(n.linkable))
	for _, t := range []Time{n.atime, n.mtime, n.ctime, n.btime} {
		b = words(b, uint64(t.Sec), uint64(t.Nsec))
	}
	b = text(n.content.encode(b), n.target)
	b = text(words(b, uint64(n.dir.parent), uint64(n.dir.last)), n.dir.name)
	for _, e := range n.dir.entries {
		b = text(words(b, uint64(e.node), uint64(e.cookie)), e.name)
	}
	b = words(b, uint64(n.pipe.readers), uint64(n.pipe.writers), uint64(len(n.pipe.bufs)))
	for _, q := range n.pipe.bufs {
		b = text(words(b, uint64(q.read)), string(q.data))
	}
	b = words(b, n.event.count, flag(n.event.semaphore), uint64(len(n.locks)))
	for _, l := range n.locks {
		b = l.encode(b)
	}
	return b
}

func (c *content) encode(b []byte) []byte {
	b = words(b, uint64(c.size), uint64(c.pages))
	for _, r := range c.runs {
		for i, p := range r.pages.p {
			if p == nil {
				continue
			}
			if p.sum == 0 {
				p.sum = known(xxhash.Sum64(p.b[:]))
			}
			b = words(b, uint64(r.at)*chunkSize+uint64(i), p.sum)
		}
	}
	return b
}

func (p place) encode(b []byte) []byte {
	return text(words(b, uint64(p.node), uint64(p.fd)), p.host)
}

func (f *file) encode(b []byte) []byte {
	b = words(f.at.encode(b), uint64(f.flags), uint64(f.refs), uint64(f.pos))
	b = words(text(text(b, f.path), f.text), uint64(len(f.names)))
	for _, name := range f.names {
		b = text(b, name)
	}
	return b
}

func (p *proc) encode(b []byte) []byte {
	b = words(p.cwd.encode(b), uint64(p.pid), uint64(p.umask), uint64(len(p.fds)))
	for _, d := range p.fds {
		b = words(b, uint64(d.file), flag(d.cloexec))
	}
	return text(b, p.exe)
}
