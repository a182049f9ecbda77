package kernel

import (
	"patchlab/emu/vfs"
	"patchlab/guest"
)

const (
	protRead, protWrite, protExec              = 1, 2, 4
	mapShared, mapPrivate, mapFixed, mapAnon   = 1, 2, 0x10, 0x20
	mapFixedNoreplace                          = 0x100000
	mremapMaymove, mremapFixed                 = 1, 2
	madvDontneed, madvFree, madvDontneedLocked = 4, 8, 24
	anonymous, heap                            = "anonymous memory", "heap"
)

// permOf turns PROT_* into permissions. What can be written and executed is refused: text
// is only ever changed by patches.
func permOf(prot uint64) (guest.Perm, vfs.Errno) {
	p := guest.User
	for _, c := range []struct {
		bit  uint64
		perm guest.Perm
	}{{protRead, guest.Read}, {protWrite, guest.Read | guest.Write}, {protExec, guest.Read | guest.Exec}} {
		if prot&c.bit != 0 {
			p |= c.perm
		}
	}
	switch {
	case prot&^(protRead|protWrite|protExec) != 0:
		return 0, vfs.EINVAL
	case p&guest.Write != 0 && p&guest.Exec != 0:
		return 0, vfs.EACCES
	}
	return p, 0
}

// canWrite returns how many bytes the process can write to.
func (k *Kernel) canWrite() (n uint64) {
	for _, m := range k.host.Space().Mappings() {
		if m.Perm&writable == writable {
			n += m.Range.Size()
		}
	}
	return n
}

// maxMappings bounds the mappings of a process; Linux allows 65530. Each call that makes one
// looks at all.
const maxMappings = 8192

// room reports whether n more bytes can be mapped with a permission.
func (k *Kernel) room(n uint64, p guest.Perm) bool {
	return len(k.host.Space().Mappings()) < maxMappings && k.roomToWrite(n, p)
}

func (k *Kernel) roomToWrite(n uint64, p guest.Perm) bool {
	if p&guest.Write == 0 {
		return true
	}
	all := k.canWrite() + n
	if all > k.config.Memory {
		return false
	}
	k.peak = max(k.peak, all)
	return true
}

// pagesOf returns the pages of n bytes at a; ok is false if a is no page's start, or they
// lie outside of what a process can map.
func pagesOf(a guest.Addr, n uint64) (r guest.Range, ok bool) {
	if n == 0 || n > Area.Size() || a%guest.PageSize != 0 {
		return r, false
	}
	r = guest.RangeOf(a, uint64(guest.PageUp(guest.Addr(n))))
	return r, true
}

// gap returns the lowest free range of n bytes.
func (k *Kernel) gap(n uint64) (guest.Range, bool) {
	at := mapArea.Start
	for _, m := range k.host.Space().Mappings() {
		if m.Range.End <= at {
			continue
		}
		if m.Range.Start >= at && uint64(m.Range.Start-at) >= n {
			break
		}
		at = m.Range.End
	}
	r := guest.RangeOf(at, n)
	return r, mapArea.Covers(r)
}

// free reports whether nothing is mapped in r.
func (k *Kernel) free(r guest.Range) bool {
	for _, m := range k.host.Space().Mappings() {
		if m.Range.Overlaps(r) {
			return false
		}
	}
	return true
}

// mapped reports whether all of r is mapped, and the process's own.
func (k *Kernel) mapped(r guest.Range) bool {
	return !r.Overlaps(reservedForModules) && k.host.Space().Allows(r.Start, r.Size(), guest.User)
}

// placed finds where a mapping goes.
func (k *Kernel) placed(hint guest.Addr, n, flags uint64) (guest.Range, vfs.Errno) {
	r, ok := pagesOf(hint, n)
	switch {
	case n == 0:
		return r, vfs.EINVAL
	case flags&(mapFixed|mapFixedNoreplace) != 0 && !ok:
		return r, vfs.EINVAL
	case flags&mapFixedNoreplace != 0 && Area.Covers(r) && !k.free(r):
		return r, vfs.EEXIST
	case flags&(mapFixed|mapFixedNoreplace) != 0 && (!Area.Covers(r) || r.Overlaps(reservedForModules)):
		return r, vfs.ENOMEM
	case flags&(mapFixed|mapFixedNoreplace) != 0, ok && mapArea.Covers(r) && k.free(r):
		return r, 0
	case n > mapArea.Size():
		return r, vfs.ENOMEM
	}
	r, ok = k.gap(uint64(guest.PageUp(guest.Addr(n))))
	if !ok {
		return r, vfs.ENOMEM
	}
	return r, 0
}

// reservedForModules is where patches and the stub lie: nothing of the process's.
var reservedForModules = guest.Range{Start: heapEnd, End: mapArea.Start}

func (k *Kernel) mmap(c *Call) Result {
	n, prot, flags, fd, off := c.Args[1], c.Args[2], c.Args[3], c.int(4), c.Args[5]
	p, e := permOf(prot)
	switch kind := flags & 3; {
	case e != 0:
		return fail(e)
	case kind != mapShared && kind != mapPrivate && kind != mapShared|mapPrivate || off%guest.PageSize != 0:
		return fail(vfs.EINVAL)
	}
	var content []byte
	if flags&mapAnon == 0 {
		if flags&mapShared != 0 && prot&protWrite != 0 {
			return fail(vfs.ENODEV)
		}
		if content, e = k.content(fd, n, off); e != 0 {
			return fail(e)
		}
	}
	r, e := k.placed(c.addr(0), n, flags)
	if e != 0 {
		return fail(e)
	}
	if !k.room(r.Size(), p) {
		return fail(vfs.ENOMEM)
	}
	name := anonymous
	if flags&mapAnon == 0 {
		name = "mapped file"
	}
	if err := k.host.Space().Map(name, r, p, k.host); err != nil {
		return fail(vfs.ENOMEM)
	}
	if len(content) > 0 {
		if err := k.host.Space().Load(r.Start, content); err != nil {
			panic("BUG: fill a mapping: " + err.Error())
		}
		k.host.TextChanged(guest.RangeOf(r.Start, uint64(len(content))))
	}
	return done(uint64(r.Start))
}

// content returns what a private mapping of a file begins with.
func (k *Kernel) content(fd int, n, off uint64) ([]byte, vfs.Errno) {
	st, e := k.proc().Fstat(fd)
	switch {
	case e != 0:
		return nil, e
	case st.Mode&vfs.S_IFMT != vfs.S_IFREG:
		return nil, vfs.ENODEV
	case n == 0 || uint64(st.Size) <= off:
		return nil, 0
	}
	b := make([]byte, min(n, uint64(st.Size)-off))
	got, e := k.proc().Pread(fd, b, int64(off))
	return b[:max(got, 0)], e
}

func (k *Kernel) munmap(c *Call) Result {
	r, ok := pagesOf(c.addr(0), c.Args[1])
	switch {
	case !ok:
		return fail(vfs.EINVAL)
	case len(k.host.Space().Mappings()) >= maxMappings && k.cuts(r):
		return fail(vfs.ENOMEM)
	}
	if r = r.Intersect(Area); r.Start < r.End {
		k.unmap(r)
	}
	return done(0)
}

// cuts reports whether a mapping has pages on both sides of r.
func (k *Kernel) cuts(r guest.Range) bool {
	m := k.host.Space().Find(r.Start)
	return m != nil && m.Range.Start < r.Start && m.Range.End > r.End
}

// unmap unmaps what is the process's of r.
func (k *Kernel) unmap(r guest.Range) {
	for _, part := range []guest.Range{
		{Start: r.Start, End: min(r.End, reservedForModules.Start)}, {Start: max(r.Start, reservedForModules.End), End: r.End},
	} {
		if part.Start >= part.End {
			continue
		}
		if err := k.host.Space().Unmap(part, k.host); err != nil {
			panic("BUG: unmap: " + err.Error())
		}
	}
}

// mappedPages returns the pages that address and length, the first arguments of a call, are
// about; all must be mapped.
func (k *Kernel) mappedPages(c *Call) (guest.Range, vfs.Errno) {
	r, ok := pagesOf(c.addr(0), c.Args[1])
	switch {
	case !ok:
		return r, vfs.EINVAL
	case !k.mapped(r):
		return r, vfs.ENOMEM
	}
	return r, 0
}

func (k *Kernel) mprotect(c *Call) Result {
	p, e := permOf(c.Args[2] &^ 0x03000000) // PROT_GROWSDOWN and PROT_GROWSUP mean nothing here
	if e != 0 {
		return fail(e)
	}
	if c.Args[1] == 0 && c.addr(0)%guest.PageSize == 0 {
		return done(0)
	}
	r, e := k.mappedPages(c)
	if e == 0 && !k.room(r.Size()-k.writableIn(r), p) {
		e = vfs.ENOMEM
	}
	if e != 0 {
		return fail(e)
	}
	if err := k.host.Space().Protect(r, p, k.host); err != nil {
		panic("BUG: protect: " + err.Error())
	}
	return done(0)
}

// writableIn returns how many bytes of r can be written to.
func (k *Kernel) writableIn(r guest.Range) (n uint64) {
	for _, m := range k.host.Space().Mappings() {
		if m.Range.Overlaps(r) && m.Perm&writable == writable {
			n += m.Range.Intersect(r).Size()
		}
	}
	return n
}

// setBrk moves the end of the heap, and answers with where it is then.
func (k *Kernel) setBrk(c *Call) Result {
	want := c.addr(0)
	if want < k.brkStart || want > heapEnd {
		return done(uint64(k.brk))
	}
	old, end := guest.PageUp(k.brk), guest.PageUp(want)
	switch {
	case end > old:
		r := guest.Range{Start: old, End: end}
		if !k.free(r) || !k.room(r.Size(), writable) || k.host.Space().Map(heap, r, readable|writable, k.host) != nil {
			return done(uint64(k.brk))
		}
	case end < old:
		k.unmap(guest.Range{Start: end, End: old})
	}
	k.brk = want
	return done(uint64(want))
}

func (k *Kernel) mremap(c *Call) Result {
	old, ok := pagesOf(c.addr(0), c.Args[1])
	n, flags := uint64(guest.PageUp(guest.Addr(c.Args[2]))), c.Args[3]
	m := k.host.Space().Find(c.addr(0))
	switch {
	case !ok || n == 0 || n > Area.Size() || flags&^(mremapMaymove|mremapFixed) != 0 || flags == mremapFixed:
		return fail(vfs.EINVAL)
	case m == nil || !m.Range.Covers(old) || !k.mapped(old):
		return fail(efault)
	case flags&mremapFixed == 0 && n <= old.Size():
		if n < old.Size() {
			k.unmap(guest.Range{Start: old.Start + guest.Addr(n), End: old.End})
		}
		return done(uint64(old.Start))
	case n > old.Size() && !k.room(n-old.Size(), m.Perm):
		return fail(vfs.ENOMEM)
	}
	more := guest.Range{Start: old.End, End: old.Start + guest.Addr(n)}
	if flags&mremapFixed == 0 && mapArea.Covers(more) && k.free(more) {
		if err := k.host.Space().Map(m.Name, more, m.Perm, k.host); err != nil {
			return fail(vfs.ENOMEM)
		}
		return done(uint64(old.Start))
	}
	if flags&mremapMaymove == 0 {
		return fail(vfs.ENOMEM)
	}
	return k.move(old, n, flags, c.addr(4))
}

// move moves a mapping and makes it n bytes long.
func (k *Kernel) move(old guest.Range, n, flags uint64, to guest.Addr) Result {
	s := k.host.Space()
	m := s.Find(old.Start)
	name, perm := m.Name, m.Perm
	r, e := k.placed(to, n, (flags&mremapFixed)<<3) // MAP_FIXED
	switch {
	case e != 0:
		return fail(e)
	case r.Overlaps(old):
		return fail(vfs.EINVAL)
	}
	b := make([]byte, min(n, old.Size()))
	if err := s.ReadAt(old.Start, b); err != nil {
		return fail(efault)
	}
	k.unmap(old)
	if err := s.Map(name, r, perm, k.host); err != nil {
		return fail(vfs.ENOMEM)
	}
	if err := s.Load(r.Start, b); err != nil {
		panic("BUG: fill a mapping: " + err.Error())
	}
	return done(uint64(r.Start))
}

func (k *Kernel) madvise(c *Call) Result {
	if c.Args[1] == 0 {
		return done(0)
	}
	r, e := k.mappedPages(c)
	if e != 0 {
		return fail(e)
	}
	if a := c.Args[2]; a == madvDontneed || a == madvFree || a == madvDontneedLocked {
		k.host.Space().Zero(r)
	}
	return done(0)
}

func (k *Kernel) mincore(c *Call) Result {
	r, ok := pagesOf(c.addr(0), c.Args[1])
	switch {
	case !ok:
		return fail(vfs.EINVAL)
	case !k.mapped(r):
		return fail(vfs.ENOMEM)
	}
	b := make([]byte, r.Size()/guest.PageSize)
	for i := range b {
		b[i] = 1
	}
	if !k.out(c.addr(2), b) {
		return fail(efault)
	}
	return done(0)
}
