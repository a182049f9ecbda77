package kernel

import (
	"encoding/binary"

	"patchlab/emu/vfs"
	"patchlab/guest"
)

// Call is one system call.
type Call struct {
	Task guest.TaskID
	Nr   uint64
	Args [6]uint64
}

func (c *Call) addr(i int) guest.Addr { return guest.Addr(c.Args[i]) }
func (c *Call) int(i int) int         { return int(int32(c.Args[i])) }

// Call answers the call that a task has made with these registers.
func (k *Kernel) Call(id guest.TaskID, r *guest.Regs) Result {
	g := &r.GPR
	c := &k.call
	*c = Call{Task: id, Nr: g[guest.RAX], Args: [6]uint64{
		g[guest.RDI], g[guest.RSI], g[guest.RDX], g[guest.R10], g[guest.R8], g[guest.R9],
	}}
	row := find(c.Nr)
	var res Result
	switch {
	case row != nil && row.answer != nil:
		res = row.answer(k, c)
	case c.Nr < maxNumber:
		k.unknown[c.Nr]++
		res = fail(enosys)
	default:
		k.beyond++
		res = fail(enosys)
	}
	if c.Nr < maxNumber && res.Then != Again { // one that is made again counts when it ends
		k.calls[c.Nr]++
	}
	k.wakeChannels()
	k.trace(c, row, res)
	return res
}

// again has a call made again when a descriptor has changed, or at its deadline.
func (k *Kernel) again(c *Call, ch vfs.Channel) Result {
	t := k.thread(c.Task)
	t.wait, t.channel = waitChannel, ch
	if t.deadline == never {
		return Result{Then: Again}
	}
	return Result{Then: Again, Until: t.deadline}
}

// wait has a call that would block made again, when descriptor fd has changed.
func (k *Kernel) waitFor(c *Call, fd int) Result {
	ch, e := k.proc().Channel(fd)
	if e != 0 {
		return fail(e)
	}
	return k.again(c, ch)
}

const (
	readable = guest.Read | guest.User
	writable = guest.Write | guest.User
)

// in returns the n bytes at a, if the process may read them.
func (k *Kernel) in(a guest.Addr, n uint64) ([]byte, bool) {
	if !k.host.Space().Allows(a, n, readable) {
		return nil, false
	}
	b := make([]byte, n)
	return b, k.host.Space().ReadAt(a, b) == nil
}

// out writes b to a, if the process may write there.
func (k *Kernel) out(a guest.Addr, b []byte) bool {
	return k.host.Space().Allows(a, uint64(len(b)), writable) && k.host.Space().WriteAt(a, b) == nil
}

// outWords writes words of 8 bytes.
func (k *Kernel) outWords(a guest.Addr, words ...uint64) bool {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return k.out(a, b)
}

// inWords reads n words of 8 bytes.
func (k *Kernel) inWords(a guest.Addr, n int) ([]uint64, bool) {
	b, ok := k.in(a, uint64(n)*8)
	if !ok {
		return nil, false
	}
	words := make([]uint64, n)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[i*8:])
	}
	return words, true
}

// word32 reads a word of 4 bytes.
func (k *Kernel) word32(a guest.Addr) (uint32, bool) {
	b, ok := k.in(a, 4)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}

func (k *Kernel) out32(a guest.Addr, v uint32) bool {
	return k.out(a, binary.LittleEndian.AppendUint32(nil, v))
}

// path reads the string at a, which must be shorter than a path may be.
func (k *Kernel) path(a guest.Addr) (string, vfs.Errno) {
	var s []byte
	for len(s) < vfs.PathMax {
		n := min(uint64(guest.PageSize-a%guest.PageSize), vfs.PathMax-uint64(len(s)))
		b, ok := k.in(a, n)
		if !ok {
			return "", efault
		}
		for i, c := range b {
			if c == 0 {
				return string(append(s, b[:i]...)), 0
			}
		}
		s = append(s, b...)
		a += guest.Addr(n)
	}
	return "", vfs.ENAMETOOLONG
}
