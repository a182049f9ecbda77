package vfs

import (
	"slices"
)

const pageSize = 4096

// content is the bytes of a file: pages, with holes between them that read as zeros. Pages,
// and runs of them, are shared between copies until they are written to.
type content struct {
	size  int64
	runs  []run // in order; none is empty
	pages int64
}

// run is pages that lie side by side, chunkSize at most.
type run struct {
	at    int64 // the number of the first page / chunkSize
	pages *pages
}

type pages struct {
	age uint64
	n   int // that are there
	p   [chunkSize]*page
}

type page struct {
	age uint64
	sum uint64 // of the bytes; 0: not known
	b   [pageSize]byte
}

// find returns the index of a run in c.runs, or where it would be.
func (c *content) find(at int64) (int, bool) {
	if n := len(c.runs); n > 0 && c.runs[n-1].at < at {
		return n, false // appending is the common case
	}
	return slices.BinarySearchFunc(c.runs, at, func(r run, at int64) int { return int(r.at - at) })
}

// page returns a page to look at, nil for a hole.
func (c *content) page(nr int64) *page {
	i, ok := c.find(nr / chunkSize)
	if !ok {
		return nil
	}
	return c.runs[i].pages.p[nr%chunkSize]
}

// own returns a page that can be written to.
func (c *content) own(age uint64, nr int64) *page {
	i, ok := c.find(nr / chunkSize)
	if !ok {
		c.runs = slices.Insert(c.runs, i, run{nr / chunkSize, &pages{age: age}})
	}
	r := c.ownRun(age, i)
	p := r.p[nr%chunkSize]
	switch {
	case p == nil:
		p = &page{age: age}
		r.n++
		c.pages++
	case p.age != age:
		p = &page{age: age, b: p.b}
	}
	p.sum = 0
	r.p[nr%chunkSize] = p
	return p
}

func (c *content) ownRun(age uint64, i int) *pages {
	r := c.runs[i].pages
	if r.age != age {
		next := *r
		next.age = age
		r = &next
		c.runs[i].pages = r
	}
	return r
}

// readAt fills b from the offset on, up to the end of the file.
func (c *content) readAt(b []byte, off int64) int {
	if off >= c.size {
		return 0
	}
	b = b[:min(int64(len(b)), c.size-off)]
	for done := 0; done < len(b); {
		at := off + int64(done)
		part := b[done:min(len(b), done+pageSize-int(at%pageSize))]
		if p := c.page(at / pageSize); p != nil {
			copy(part, p.b[at%pageSize:])
		} else {
			clear(part)
		}
		done += len(part)
	}
	return len(b)
}

// writeAt stores b, of which the caller has seen to it that there is room for the pages
// that [content.missing] counts.
func (c *content) writeAt(age uint64, b []byte, off int64) {
	for done := 0; done < len(b); {
		at := off + int64(done)
		p := c.own(age, at/pageSize)
		done += copy(p.b[at%pageSize:], b[done:])
	}
	c.size = max(c.size, off+int64(len(b)))
}

// missing counts the pages that bytes from off to end need and that are not there, up
// to a limit, and says where the first one beyond the limit begins.
func (c *content) missing(off, end, limit int64) (n, stop int64) {
	for nr := off / pageSize; nr*pageSize < end; nr++ {
		if c.page(nr) != nil {
			continue
		}
		if n == limit {
			return n, max(off, nr*pageSize)
		}
		n++
	}
	return n, end
}

// fill makes pages where there are none.
func (c *content) fill(age uint64, off, end int64) {
	for nr := off / pageSize; nr*pageSize < end; nr++ {
		if c.page(nr) == nil {
			c.own(age, nr)
		}
	}
}

// truncate sets the size; what lies beyond it is gone.
func (c *content) truncate(age uint64, size int64) {
	if size < c.size {
		first := (size + pageSize - 1) / pageSize // page that goes
		for i := len(c.runs) - 1; i >= 0 && (c.runs[i].at+1)*chunkSize > first; i-- {
			r := c.ownRun(age, i)
			for j := max(0, first-c.runs[i].at*chunkSize); j < chunkSize; j++ {
				if r.p[j] != nil {
					r.p[j] = nil
					r.n--
					c.pages--
				}
			}
			if r.n == 0 {
				c.runs = slices.Delete(c.runs, i, i+1)
			}
		}
		if size%pageSize != 0 && c.page(size/pageSize) != nil {
			clear(c.own(age, size/pageSize).b[size%pageSize:])
		}
	}
	c.size = size
}

// data returns the first offset from off on that is no hole, or -1.
func (c *content) data(off int64) int64 {
	i, _ := c.find(off / pageSize / chunkSize)
	for ; i < len(c.runs); i++ {
		first := c.runs[i].at * chunkSize
		for j := range int64(chunkSize) {
			if c.runs[i].pages.p[j] != nil && (first+j+1)*pageSize > off {
				return max(off, (first+j)*pageSize)
			}
		}
	}
	return -1
}

// hole returns the first offset from off on that is one; the end of the file is.
func (c *content) hole(off int64) int64 {
	for off < c.size && c.page(off/pageSize) != nil {
		off = (off/pageSize + 1) * pageSize
	}
	return min(off, c.size)
}
