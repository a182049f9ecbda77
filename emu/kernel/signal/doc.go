// Package signal is the signals of one process as Linux knows them: what is pending, what
// is blocked, who takes what, and what a handler finds on its stack. It holds no machine;
// guest memory and registers come and go as values.
//
//	p := signal.New(epoch)
//	p.Start(1, 0)                      // a thread, and whose mask it has
//	p.SendTo(1, signal.FromUser(...))  // kill, tgkill, sigqueue, a timer
//	if p.Notified(1) { ... }           // end its sleep: Interrupted says how the call ends
//	d, ok := p.Next(1, now)            // on each way back to user mode
//
// For a handler, [Process.Frame] says where the frame goes, [Frame.Encode] what it holds
// and [Frame.Enter] what registers the handler starts with; then call [Process.Entered].
// At rt_sigreturn, [Decode] reads the frame and [Process.Resume] ends the handler. Where
// one of these fails, [Process.ForceSegv] says what becomes of the thread.
//
// Where kernels differ, Linux 6.18 is followed. All state is flat: [Process.CopyFrom]
// copies it and [Process.AppendState] writes it down. A Process is for one goroutine.
package signal
