package signal

import "fmt"

// Number is the number of a signal, from 1 to [Max].
type Number uint8

// The standard signals. From RTMin on they are real-time signals, which are queued.
const (
	SIGHUP Number = iota + 1
	SIGINT
	SIGQUIT
	SIGILL
	SIGTRAP
	SIGABRT
	SIGBUS
	SIGFPE
	SIGKILL
	SIGUSR1
	SIGSEGV
	SIGUSR2
	SIGPIPE
	SIGALRM
	SIGTERM
	SIGSTKFLT
	SIGCHLD
	SIGCONT
	SIGSTOP
	SIGTSTP
	SIGTTIN
	SIGTTOU
	SIGURG
	SIGXCPU
	SIGXFSZ
	SIGVTALRM
	SIGPROF
	SIGWINCH
	SIGIO
	SIGPWR
	SIGSYS
	RTMin
	Max Number = 64
)

var names = [RTMin]string{
	"signal 0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
	"SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
	"SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
	"SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
}

// String returns the name that programs use, or SIGRTMIN+n as the kernel counts.
func (n Number) String() string {
	switch {
	case n < RTMin:
		return names[n]
	case n == RTMin:
		return "SIGRTMIN"
	case n <= Max:
		return fmt.Sprintf("SIGRTMIN+%d", n-RTMin)
	}
	return fmt.Sprintf("signal %d", uint8(n))
}

// Default is what a signal does to a process that has not asked for anything else.
type Default uint8

// The default actions. Core is Terminate that would leave a core file; what Continue does
// is done when the signal is sent, so on delivery it is Ignore.
const (
	Terminate Default = iota
	Core
	Ignore
	Stop
	Continue
)

// Default returns the default action of n.
func (n Number) Default() Default {
	switch {
	case coreSet.Has(n):
		return Core
	case Of(SIGCHLD, SIGURG, SIGWINCH).Has(n):
		return Ignore
	case stopSet.Has(n):
		return Stop
	case n == SIGCONT:
		return Continue
	}
	return Terminate
}

// Set is a set of signals as the kernel keeps it (sigset_t): bit n-1 is signal n.
type Set uint64

var (
	coreSet = Of(SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS)
	stopSet = Of(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU)
	// faultSet is delivered first: what the instruction at hand has caused.
	faultSet = Of(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS)
	// unblockable is what no mask holds and no handler takes.
	unblockable = Of(SIGKILL, SIGSTOP)
)

// Of returns the set of the signals given.
func Of(numbers ...Number) Set {
	var s Set
	for _, n := range numbers {
		s |= n.bit()
	}
	return s
}

// Has reports whether n is in s.
func (s Set) Has(n Number) bool { return s&n.bit() != 0 }

func (n Number) bit() Set { return 1 << (n - 1) }
