// Package futex is the queues of threads that wait for words of memory to change, as
// Linux keeps them. It holds no machine: memory is what [Words] reads, tasks are numbers,
// times are absolute.
//
//	var t futex.Table
//	e := t.Wait(words, futex.Waiter{Task: 1, Addr: a, Bits: futex.AnyBits}, value)
//	woken, e := t.Wake(nil, a, 1, futex.AnyBits)   // these go on, their call returns 0
//	late := t.Expire(nil, now)                     // these go on with ETIMEDOUT
//	t.Cancel(id)                                   // a signal has come
//
// Who waits for one word is woken in the order of arrival. Locks with priority
// inheritance have the protocol of their words, and no priorities. All state is flat:
// [Table.CopyFrom] copies it, [Table.AppendState] writes it down.
package futex
