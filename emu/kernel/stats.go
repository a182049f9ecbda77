package kernel

import "patchlab/guest"

// Count is how often a system call was made.
type Count struct {
	Name  string
	Times uint32
}

// Calls returns the calls that were made, by number. One that had to wait counts once, when
// it ends.
func (k *Kernel) Calls() []Count { return counts(k.calls[:]) }

// Unknown returns the calls that were made and are not answered, by number.
func (k *Kernel) Unknown() []Count {
	list := counts(k.unknown[:])
	if k.beyond > 0 {
		list = append(list, Count{"numbers that no call has", k.beyond})
	}
	return list
}

// counts lists what is not 0.
func counts(by []uint32) []Count {
	var list []Count
	for nr, n := range by {
		if n > 0 {
			list = append(list, Count{Name(uint64(nr)), n})
		}
	}
	return list
}

// Peak returns the most memory that the process could write to at a time, in bytes.
func (k *Kernel) Peak() uint64 { return k.peak }

// TID returns the number by which the program knows a thread.
func TID(id guest.TaskID) int { return tid(id) }
