package signal

import "testing"

func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		class                    Class
		none, handler, restarted Outcome
	}{
		{Restarts, Again, EINTR, Again},
		{Interrupts, EINTR, EINTR, EINTR},
		{NoHandler, Again, EINTR, EINTR},
		{Resumes, Resume, EINTR, EINTR},
		{Always, Again, Again, Again},
	} {
		if o := c.class.Interrupted(false, 0); o != c.none {
			t.Errorf("class %d, no handler: %d, want %d", c.class, o, c.none)
		}
		if o := c.class.Interrupted(true, SA_SIGINFO); o != c.handler {
			t.Errorf("class %d, a handler: %d, want %d", c.class, o, c.handler)
		}
		if o := c.class.Interrupted(true, SA_RESTART); o != c.restarted {
			t.Errorf("class %d, SA_RESTART: %d, want %d", c.class, o, c.restarted)
		}
	}
}

// TestClassOf has the calls of signal(7), "Interruption of system calls".
func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		name  string
		nr    uint64
		timed bool
		want  Class
	}{
		{"read", 0, false, Restarts},
		{"wait4", 61, false, Restarts},
		{"futex", 202, false, Restarts},
		{"futex with a timeout", 202, true, Resumes},
		{"nanosleep", 35, true, Resumes},
		{"clock_nanosleep", 230, true, Resumes},
		{"poll", 7, true, Resumes},
		{"ppoll", 271, true, NoHandler},
		{"select", 23, true, NoHandler},
		{"pause", 34, false, NoHandler},
		{"rt_sigsuspend", 130, false, NoHandler},
		{"rt_sigtimedwait", 128, true, Interrupts},
		{"epoll_wait", 232, true, Interrupts},
		{"semop", 65, false, Interrupts},
	} {
		if got := ClassOf(c.nr, c.timed); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
