package signal

import (
	"syscall"
	"testing"
)

func TestNames(t *testing.T) {
	for n, want := range map[Number]string{
		SIGHUP: "SIGHUP", SIGSYS: "SIGSYS", SIGKILL: "SIGKILL", SIGSTKFLT: "SIGSTKFLT", RTMin: "SIGRTMIN", Max: "SIGRTMIN+32",
		0: "signal 0", Max + 1: "signal 65",
	} {
		if n.String() != want {
			t.Errorf("%d is %s, want %s", uint8(n), n, want)
		}
	}
	for n, host := range map[Number]syscall.Signal{
		SIGABRT: syscall.SIGABRT, SIGCHLD: syscall.SIGCHLD, SIGTTOU: syscall.SIGTTOU, SIGPWR: syscall.SIGPWR, SIGSYS: syscall.SIGSYS, SIGUSR2: syscall.SIGUSR2,
	} {
		if int(n) != int(host) {
			t.Errorf("%s is %d, want %d", n, n, host)
		}
	}
}

// TestDefaults has one row for each action: signal(7), "Standard signals".
func TestDefaults(t *testing.T) {
	want := map[Number]Default{
		SIGCONT: Continue, SIGCHLD: Ignore, SIGURG: Ignore, SIGWINCH: Ignore,
		SIGSTOP: Stop, SIGTSTP: Stop, SIGTTIN: Stop, SIGTTOU: Stop,
		SIGQUIT: Core, SIGILL: Core, SIGTRAP: Core, SIGABRT: Core, SIGBUS: Core, SIGFPE: Core, SIGSEGV: Core, SIGXCPU: Core, SIGXFSZ: Core, SIGSYS: Core,
	}
	for n := SIGHUP; n <= Max; n++ {
		if n.Default() != want[n] { // Terminate is the zero value
			t.Errorf("%s: %d, want %d", n, n.Default(), want[n])
		}
		if s := Of(n); !s.Has(n) || s.Has(n%Max+1) || s != 1<<(n-1) {
			t.Errorf("%s alone is %#x", n, uint64(s))
		}
	}
	if Of(0, Max+1) != 0 {
		t.Error("numbers of no signal are in no set")
	}
}
