package unicorn

import "testing"

func TestRegistry(t *testing.T) {
	var r registry
	if r.lookup(0) != nil || r.lookup(1<<slotBits) != nil {
		t.Error("an empty registry has an entry")
	}
	entries := make([]*entry, 100)
	for i := range entries {
		entries[i] = &entry{}
		r.add(entries[i])
	}
	for i, e := range entries {
		if r.lookup(e.id) != e {
			t.Fatalf("entry %d with id %#x not found", i, e.id)
		}
	}
	gone := entries[50]
	r.remove(gone.id)
	if r.lookup(gone.id) != nil || r.len() != 99 {
		t.Errorf("after remove: found %v, length %d", r.lookup(gone.id), r.len())
	}
	next := &entry{}
	r.add(next)
	if next.id&slotMask != gone.id&slotMask || next.id == gone.id {
		t.Errorf("id %#x after %#x was removed: want the same slot, another generation", next.id, gone.id)
	}
	r.remove(gone.id) // must not take the new entry
	if r.lookup(gone.id) != nil || r.lookup(next.id) != next {
		t.Error("an old id finds or removes the new entry")
	}
	if r.lookup(1<<slotBits|1000) != nil {
		t.Error("found an entry beyond the slots")
	}
}
