package signal

import "patchlab/guest"

// started returns a process with threads 1 to n.
func started(n int) *Process {
	p := New(1e18)
	for id := range guest.TaskID(n) {
		p.Start(id+1, id)
	}
	return p
}
