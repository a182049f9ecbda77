package livepatch

import "patchlab/guest"

// Route runs the handler whole for a task at a site and returns the body that it
// chose, 0 for the original function. It redirects nothing itself. It remembers nothing:
// who asks may use an answer again until a variable is written that was read for it
// ([protocol.Store.TraceReads]), unless the run left the store changed.
func (m *Model) Route(task guest.TaskID, site int) guest.Addr {
	m.prog.Start(&m.whole, task, m.tables.Handler, uint64(site), 1)
	return guest.Addr(m.prog.RunWhole(&m.whole))
}
