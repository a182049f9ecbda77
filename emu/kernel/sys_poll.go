package kernel

import (
	"encoding/binary"

	"patchlab/emu/vfs"
	"patchlab/guest"
)

// never is the deadline of a call that waits for ever, and that a signal ends even if it
// asks for calls to be made again.
const never guest.Time = 1 << 62

// maxPoll bounds the files that one call asks about.
const maxPoll = 1024

// until returns the deadline of a call that waits for d, and whether it has passed: it is
// set when the call is made for the first time.
func (k *Kernel) until(c *Call, d guest.Time) (passed bool) {
	t := k.thread(c.Task)
	if t.deadline == 0 {
		t.deadline = k.host.Now() + d
	}
	return d == 0 || k.host.Now() >= t.deadline
}

// pollEnded ends a call that waited for files.
func (k *Kernel) pollEnded(c *Call, r Result) Result {
	k.thread(c.Task).deadline = 0
	return r
}

func (k *Kernel) poll(c *Call) Result {
	wait, forever := guest.Time(c.int(2))*1e6, c.int(2) < 0
	return k.pollFor(c, wait, forever)
}

func (k *Kernel) ppoll(c *Call) Result {
	if c.Args[2] == 0 {
		return k.pollFor(c, 0, true)
	}
	d, e := k.timespec(c.addr(2))
	if e != 0 {
		return fail(e)
	}
	return k.pollFor(c, d, false)
}

// pollFor asks about an array of struct pollfd.
func (k *Kernel) pollFor(c *Call, wait guest.Time, forever bool) Result {
	const size = 8
	if c.Args[1] > maxPoll {
		return k.pollEnded(c, fail(vfs.EINVAL))
	}
	b, ok := k.in(c.addr(0), c.Args[1]*size)
	if !ok {
		return k.pollEnded(c, fail(efault))
	}
	n := 0
	for i := 0; i < len(b); i += size {
		fd, asked := int(int32(binary.LittleEndian.Uint32(b[i:]))), int(binary.LittleEndian.Uint16(b[i+4:]))
		found := 0
		if fd >= 0 {
			found = k.proc().Ready(fd) & (asked | vfs.POLLERR | vfs.POLLHUP | vfs.POLLNVAL)
		}
		binary.LittleEndian.PutUint16(b[i+6:], uint16(found))
		if found != 0 {
			n++
		}
	}
	if forever {
		k.thread(c.Task).deadline = never
	}
	if n == 0 && (forever || !k.until(c, wait)) {
		return k.again(c, anyChannel)
	}
	if !k.out(c.addr(0), b) {
		return k.pollEnded(c, fail(efault))
	}
	return k.pollEnded(c, done(uint64(n)))
}
