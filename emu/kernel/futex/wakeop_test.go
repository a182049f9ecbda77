package futex

import (
	"slices"
	"syscall"
	"testing"

	"patchlab/guest"
)

// op encodes an Op as the macro FUTEX_OP does.
func op(op, arg, cmp, with int32) Op {
	return Op(uint32(op&15)<<28 | uint32(cmp&15)<<24 | uint32(arg&0xfff)<<12 | uint32(with&0xfff))
}

func TestWakeOp(t *testing.T) {
	const shift = 8
	for _, c := range []struct {
		name string
		old  uint32
		op   Op
		want uint32
		both bool
		err  syscall.Errno
	}{
		{"set, eq", 7, op(0, 5, 0, 7), 5, true, 0},
		{"add negative, ne", 7, op(1, -2, 1, 7), 5, false, 0},
		{"or, lt signed", 0xfffffff0, op(2, 1, 2, -15), 0xfffffff1, true, 0},
		{"andn, le", 7, op(3, 2, 3, 6), 5, false, 0},
		{"xor, gt", 7, op(4, 2, 4, 6), 5, true, 0},
		{"shift, ge", 7, op(2|shift, 36, 5, 8), 0x17, false, 0},
		{"no operation", 7, op(5, 2, 0, 7), 7, false, syscall.ENOSYS},
		{"no comparison", 7, op(0, 2, 6, 7), 2, false, syscall.ENOSYS},
	} {
		m := memory{8: 0, 12: c.old}
		var table Table
		for id := range guest.TaskID(4) {
			wait(t, &table, m, Waiter{Task: id + 1, Addr: 8 + guest.Addr(id%2)*4})
		}
		woken, e := table.WakeOp(m, nil, 8, 12, 1, 2, c.op)
		want := []guest.TaskID{1}
		if c.both {
			want = []guest.TaskID{1, 2, 4}
		}
		if c.err != 0 {
			want = nil
		}
		if m[12] != c.want || !slices.Equal(woken, want) || e != c.err {
			t.Errorf("%s: word %#x, woken %v, %v; want %#x, %v, %v", c.name, m[12], woken, e, c.want, want, c.err)
		}
	}
}

func TestRequeueErrors(t *testing.T) {
	m := memory{8: 1, 12: 0}
	var table Table
	wait(t, &table, m, Waiter{Task: 1, Addr: 8})
	for _, c := range []struct {
		name       string
		to         guest.Addr
		wake, move int32
		value      uint32
		want       syscall.Errno
	}{
		{"other value", 12, 1, 1, 2, syscall.EAGAIN},
		{"less than none", 12, -1, 1, 1, syscall.EINVAL},
		{"less than none to move", 12, 1, -1, 1, syscall.EINVAL},
		{"crooked", 13, 1, 1, 1, syscall.EINVAL},
	} {
		woken, moved, e := table.CmpRequeue(m, nil, 8, c.to, c.wake, c.move, c.value)
		if e != c.want || moved != 0 || woken != nil {
			t.Errorf("%s: %v, %d, %v; want %v", c.name, woken, moved, e, c.want)
		}
	}
	if _, e := table.Wake(nil, 8, 1, 0); e != syscall.EINVAL {
		t.Errorf("a wake without bits: %v", e)
	}
}
