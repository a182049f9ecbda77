package futex

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
)

const (
	headAt = 0x100
	apart  = 16 // from an entry to its lock
)

// list writes a robust list with entries at 0x1000, 0x1100 and so on.
func list(m memory, pending uint64, entries ...uint64) {
	at := guest.Addr(headAt)
	for _, e := range entries {
		m.put64(at, e)
		at = guest.Addr(e &^ 1)
	}
	m.put64(at, headAt)
	m.put64(headAt+8, apart)
	m.put64(headAt+16, pending)
}

func TestRobustList(t *testing.T) {
	for _, c := range []struct {
		name  string
		word  uint32 // of the lock of the entry at 0x1000
		want  uint32
		woken []guest.TaskID
		make  func(m memory)
	}{
		{"held, with waiters", Waiters | 1, Waiters | OwnerDied, []guest.TaskID{7}, func(m memory) { list(m, 0, 0x1000) }},
		{"held, no waiters", 1, OwnerDied, nil, func(m memory) { list(m, 0, 0x1000) }},
		{"another's", Waiters | 2, Waiters | 2, nil, func(m memory) { list(m, 0, 0x1000) }},
		{"being locked", Waiters | 1, Waiters | OwnerDied, []guest.TaskID{7}, func(m memory) { list(m, 0x1000) }},
		{"being unlocked", 0, 0, []guest.TaskID{7}, func(m memory) { list(m, 0x1000) }},
		{"on the list and pending", Waiters | 1, Waiters | OwnerDied, []guest.TaskID{7}, func(m memory) { list(m, 0x1000, 0x1000) }},
		{"behind what cannot be read", 1, 1, nil, func(m memory) { list(m, 0, 0x3000, 0x1000); delete(m, 0x3000) }},
		{"pending, list broken", 1, 1, nil, func(m memory) { list(m, 0x1000, 0x2000); delete(m, 0x2000) }},
		{"a circle, and pending", Waiters | 1, Waiters | OwnerDied, []guest.TaskID{7}, func(m memory) {
			list(m, 0x1000, 0x2000)
			m.put64(0x2000, 0x2000)
		}},
		{"no head", 1, 1, nil, func(memory) {}},
	} {
		m := memory{0x1000 + apart: c.word, 0x2000 + apart: 0, 0x3000 + apart: 0}
		c.make(m)
		var table Table
		wait(t, &table, m, Waiter{Task: 7, Addr: 0x1000 + apart})
		wait(t, &table, m, Waiter{Task: 8, Addr: 0x1000 + apart})
		wait(t, &table, m, Waiter{Task: 1, Addr: 0x2000 + apart})
		woken := table.Exit(m, nil, 1, headAt)
		if got := m[0x1000+apart]; got != c.want || !slices.Equal(woken, c.woken) {
			t.Errorf("%s: word %#x, woken %v; want %#x, %v", c.name, got, woken, c.want, c.woken)
		}
		if table.Waits(1) {
			t.Errorf("%s: a task waits that has exited", c.name)
		}
	}
}

// TestListBound has more entries than are looked at.
func TestListBound(t *testing.T) {
	m := memory{}
	var entries []uint64
	for i := range uint64(maxRobust + 1) {
		entries = append(entries, 0x1000+i*32)
		m[guest.Addr(0x1000+i*32+apart)] = 1
	}
	list(m, 0, entries...)
	new(Table).Exit(m, nil, 1, headAt)
	for i, e := range entries {
		want := OwnerDied
		if i == maxRobust {
			want = 1
		}
		if got := m[guest.Addr(e+apart)]; got != want {
			t.Fatalf("entry %d: %#x, want %#x", i, got, want)
		}
	}
}

func TestExitHandsLocksOver(t *testing.T) {
	m := memory{0x1010: 0, 0x2010: 0}
	list(m, 0, 0x1001) // a lock of this kind, on the list; the one at 0x2010 is not
	var table Table
	for id := guest.TaskID(1); id <= 3; id++ {
		for _, a := range []guest.Addr{0x1010, 0x2010} {
			if id == 3 && a == 0x2010 || id == 2 && a == 0x1010 {
				continue
			}
			if _, e := table.Lock(m, Waiter{Task: id, Addr: a}, false, alive); e != 0 {
				t.Fatal(e)
			}
		}
	}
	woken := table.Exit(m, nil, 1, headAt)
	if !slices.Equal(woken, []guest.TaskID{2, 3}) {
		t.Errorf("woken: %v", woken)
	}
	if m[0x1010] != Waiters|OwnerDied|3 || m[0x2010] != Waiters|OwnerDied|2 {
		t.Errorf("words %#x, %#x", m[0x1010], m[0x2010])
	}
}

// TestAnyList walks lists in memory of any content: it comes to an end.
func TestAnyList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := memory{}
		for range rapid.IntRange(0, 20).Draw(t, "words") {
			a := guest.Addr(rapid.Uint64Range(headAt/8, headAt/8+8).Draw(t, "at") * 8)
			m.put64(a, rapid.OneOf(rapid.Uint64Range(headAt, headAt+64), rapid.Uint64()).Draw(t, "word"))
		}
		var table Table
		table.enqueue(Waiter{Task: 2, Addr: headAt + 8, Bits: 1})
		table.Exit(m, nil, 1, headAt)
	})
}
