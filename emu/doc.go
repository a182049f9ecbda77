// Package emu is the machine: virtual CPUs, tasks, address space, virtual time,
// snapshots, the truth recorder and the digest.
//
// A machine is made for one kernel-style program and then driven one [Machine.Step]
// at a time, each step being one turn of one CPU: some instructions of its task, or
// one step of a protocol that the task is in. All choices come from the policy, so
// equal configurations run alike, to the digest.
//
//	m, err := emu.New(emu.Config{Image: img, CPUs: 2, Policy: sched.NewRandom(1), ...})
//	defer m.Close()
//	err = m.Boot()
//	for {
//		status, err := m.Step()
//		if err != nil || status != emu.Running {
//			break
//		}
//	}
//
// While one task can run and nothing waits for time to pass, its instructions are not
// counted: virtual time is moved by its system calls alone. Else an instruction takes
// [InstructionTime], and the timer interrupts every [TickTime]. Which of the two holds
// follows from the guest, never from who looks on.
//
// The machine knows nothing of patches. What it asks of whoever redirects functions
// and keeps per-task state is [Patcher].
//
// A Machine is for one goroutine; only [Machine.Interrupt] may be called from
// others.
package emu
