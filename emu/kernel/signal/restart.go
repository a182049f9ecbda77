package signal

// Class says how a call that sleeps ends when a signal ends its sleep.
type Class uint8

// The classes, by what the kernel's own code returns for them.
const (
	Restarts   Class = iota // ERESTARTSYS: it is made again if the handler has SA_RESTART
	Interrupts              // EINTR: it always fails
	NoHandler               // ERESTARTNOHAND: it fails if a handler runs
	Resumes                 // ERESTART_RESTARTBLOCK: likewise; otherwise it sleeps for the rest of its time
	Always                  // ERESTARTNOINTR: it is always made again
)

// Outcome is what becomes of an interrupted call.
type Outcome uint8

// What becomes of an interrupted call.
const (
	EINTR  Outcome = iota // it fails with EINTR
	Again                 // it is made again, with the same registers, once the handler has returned
	Resume                // it goes on, with the deadline that it had
)

// Interrupted decides what becomes of a call whose sleep a signal has ended; handler says
// whether a handler is to run, and flags are that handler's.
func (c Class) Interrupted(handler bool, flags uint64) Outcome {
	switch {
	case c == Interrupts:
		return EINTR
	case !handler && c == Resumes:
		return Resume
	case !handler, c == Always, c == Restarts && flags&SA_RESTART != 0:
		return Again
	}
	return EINTR
}

// Numbers of system calls that are not of class Restarts.
const (
	sysPoll           = 7
	sysSelect         = 23
	sysPause          = 34
	sysNanosleep      = 35
	sysSemop          = 65
	sysMsgsnd         = 69
	sysMsgrcv         = 70
	sysSigtimedwait   = 128
	sysSigsuspend     = 130
	sysFutex          = 202
	sysGetevents      = 208
	sysSemtimedop     = 220
	sysClockNanosleep = 230
	sysEpollWait      = 232
	sysPselect6       = 270
	sysPpoll          = 271
	sysEpollPwait     = 281
	sysEpollPwait2    = 441
)

// ClassOf returns the class of system call nr; timed says whether it sleeps with a limit.
func ClassOf(nr uint64, timed bool) Class {
	switch nr {
	case sysSemop, sysSigtimedwait, sysGetevents, sysSemtimedop, sysEpollWait, sysEpollPwait, sysEpollPwait2:
		return Interrupts
	case sysSelect, sysPause, sysMsgsnd, sysMsgrcv, sysSigsuspend, sysPselect6, sysPpoll:
		return NoHandler
	case sysPoll, sysNanosleep, sysClockNanosleep:
		return Resumes
	case sysFutex:
		if timed {
			return Resumes
		}
	}
	return Restarts
}
