package futex

import (
	"bytes"
	"encoding/binary"
	"slices"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
)

// memory is some words at addresses that are multiples of 4; what is not in it is not mapped.
type memory map[guest.Addr]uint32

func (m memory) Load32(a guest.Addr) (uint32, bool) {
	v, ok := m[a]
	return v, ok
}

func (m memory) Store32(a guest.Addr, v uint32) bool {
	if _, ok := m[a]; !ok {
		return false
	}
	m[a] = v
	return true
}

func (m memory) Load64(a guest.Addr) (uint64, bool) {
	low, ok1 := m[a]
	high, ok2 := m[a+4]
	return uint64(high)<<32 | uint64(low), ok1 && ok2
}

func (m memory) put64(a guest.Addr, v uint64) { m[a], m[a+4] = uint32(v), uint32(v>>32) }

// wait has a task wait and must succeed.
func wait(t *testing.T, table *Table, m memory, w Waiter) {
	t.Helper()
	if w.Bits == 0 {
		w.Bits = AnyBits
	}
	if e := table.Wait(m, w, m[w.Addr]); e != 0 {
		t.Fatalf("task %d: %v", w.Task, e)
	}
}

func TestWaitErrors(t *testing.T) {
	m := memory{8: 5}
	for _, c := range []struct {
		name  string
		w     Waiter
		value uint32
		want  syscall.Errno
	}{
		{"other value", Waiter{Task: 1, Addr: 8, Bits: 1}, 4, syscall.EAGAIN},
		{"no bits", Waiter{Task: 1, Addr: 8}, 5, syscall.EINVAL},
		{"crooked", Waiter{Task: 1, Addr: 9, Bits: 1}, 5, syscall.EINVAL},
		{"not mapped", Waiter{Task: 1, Addr: 12, Bits: 1}, 5, syscall.EFAULT},
	} {
		var table Table
		if e := table.Wait(m, c.w, c.value); e != c.want || table.Waits(1) {
			t.Errorf("%s: %v, want %v; waits %v", c.name, e, c.want, table.Waits(1))
		}
	}
}

func TestExpireAndCancel(t *testing.T) {
	m := memory{8: 0, 12: 0}
	var table Table
	for id, d := range []guest.Time{1: 50, 2: 0, 3: 20, 4: 50, 5: 51} {
		if id > 0 {
			wait(t, &table, m, Waiter{Task: guest.TaskID(id), Addr: 8, Deadline: d})
		}
	}
	if at := table.NextDeadline(); at != 20 {
		t.Errorf("next deadline %d, want 20", at)
	}
	if late := table.Expire(nil, 50); !slices.Equal(late, []guest.TaskID{3, 1, 4}) {
		t.Errorf("late: %v, want 3, 1, 4", late)
	}
	if !table.Cancel(5) || table.Cancel(5) || table.NextDeadline() != 0 {
		t.Error("task 5 must be cancelled once, and leave no deadline")
	}
	if woken, _ := table.Wake(nil, 8, 9, AnyBits); !slices.Equal(woken, []guest.TaskID{2}) {
		t.Errorf("woken: %v, want 2", woken)
	}
}

// naive is the queues as a map of lists.
type naive map[guest.Addr][]Waiter

func (n naive) wake(a guest.Addr, count int32, bits uint32) (woken []guest.TaskID) {
	var rest []Waiter
	count = max(count, 1)
	for _, w := range n[a] {
		if w.Bits&bits != 0 && count > 0 {
			woken = append(woken, w.Task)
			count--
		} else {
			rest = append(rest, w)
		}
	}
	n[a] = rest
	return woken
}

// step does one random operation on both, and compares what it did.
func step(t *rapid.T, table *Table, n naive, m memory) {
	addr := rapid.SampledFrom([]guest.Addr{8, 12, 16})
	a, b := addr.Draw(t, "a"), addr.Draw(t, "b")
	count := rapid.Int32Range(0, 3).Draw(t, "count")
	bits := rapid.Uint32Range(1, 3).Draw(t, "bits")
	id := guest.TaskID(rapid.Int32Range(1, 9).Draw(t, "task"))
	var got, want []guest.TaskID
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0, 1, 2:
		if w := (Waiter{Task: id, Addr: a, Bits: bits}); !table.Waits(id) && table.Wait(m, w, 0) == 0 {
			n[a] = append(n[a], w)
		}
	case 3:
		got, _ = table.Wake(nil, a, count, bits)
		want = n.wake(a, count, bits)
	case 4:
		move := rapid.Int32Range(0, 3).Draw(t, "move")
		var moved int
		got, moved, _ = table.CmpRequeue(m, nil, a, b, count, move, 0)
		if count > 0 {
			want = n.wake(a, count, AnyBits)
		}
		c := min(int(move), len(n[a]))
		if moved != c {
			t.Fatalf("%d moved, want %d", moved, c)
		}
		if a != b {
			n[b], n[a] = append(n[b], n[a][:c]...), n[a][c:]
		}
	case 5:
		for k, q := range n {
			n[k] = slices.DeleteFunc(slices.Clone(q), func(w Waiter) bool { return w.Task == id })
		}
		table.Cancel(id)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("woken: %v, want %v", got, want)
	}
}

func TestAgainstLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := memory{8: 0, 12: 0, 16: 0}
		var table, other Table
		n := naive{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			step(t, &table, n, m)
			other.CopyFrom(&table)
			table, other = other, table // a copy goes on as the original would
			if !bytes.Equal(table.AppendState(nil), other.AppendState(nil)) {
				t.Fatal("a copy has another state")
			}
		}
		for _, a := range []guest.Addr{8, 12, 16} {
			got, _ := table.Wake(nil, a, 100, AnyBits)
			if want := n.wake(a, 100, AnyBits); !slices.Equal(got, want) {
				t.Fatalf("left at %s: %v, want %v", a, got, want)
			}
		}
	})
}

// TestStateTellsApart changes one thing at a time.
func TestStateTellsApart(t *testing.T) {
	seen := map[string]Waiter{}
	for _, w := range []Waiter{
		{1, 8, 1, 0, false}, {2, 8, 1, 0, false}, {1, 12, 1, 0, false}, {1, 8, 2, 0, false}, {1, 8, 1, 9, false}, {1, 8, 1, 0, true},
	} {
		s := string((&Table{waiters: []Waiter{w}}).AppendState(nil))
		if old, ok := seen[s]; ok {
			t.Errorf("%v and %v have the same state", w, old)
		}
		seen[s] = w
	}
	if b := (&Table{}).AppendState([]byte{7}); !bytes.Equal(b, binary.LittleEndian.AppendUint32([]byte{7}, 0)) {
		t.Errorf("an empty table is %v", b)
	}
}
