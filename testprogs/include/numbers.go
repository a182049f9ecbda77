package include

import "slices"

// The numbers of gates: what GATE may give a function of the kernel part, for user mode
// to enter it by.
const (
	GateFirst = 0x1000
	GateLast  = 0x1fff
)

// The numbers of services: what a function of support.S has in rax when it executes
// SYSCALL in kernel mode. 0x2010 to 0x201f are kept for shadow variables, 0x2020 to
// 0x2027 for system states.
const (
	ServiceFirst          = 0x2000
	ServiceLog            = 0x2000
	ServiceOut            = 0x2001
	ServiceSchedule       = 0x2002
	ServiceCondResched    = 0x2003
	ServicePreemptDisable = 0x2004
	ServicePreemptEnable  = 0x2005
	ServiceSleep          = 0x2006
	ServiceWait           = 0x2007
	ServiceWake           = 0x2008
	ServiceCurrent        = 0x2009
	ServicePatchState     = 0x200a
	ServiceTime           = 0x200b
	ServiceCPU            = 0x200c
	ServiceFork           = 0x200d
	ServiceLast           = 0x2fff
)

// The Linux system calls that the user part of a kernel-style program may make
// (arch/x86/entry/syscalls/syscall_64.tbl).
const (
	UserWrite     = 1
	UserYield     = 24
	UserNanosleep = 35
	UserExit      = 60
	UserGettid    = 186
)

// Call is one number that guest code may put into rax for a SYSCALL.
type Call struct {
	Number    uint64
	Macro     string // name of the number in patchlab.h
	Prototype string // the function that makes the call, as patchlab.h declares it
	Doc       string // what it does, in a line
}

// Services returns the services, by number. Their functions have the System V calling
// convention: arguments in rdi, rsi, rdx, the result in rax.
func Services() []Call { return slices.Clone(services) }

// UserCalls returns the system calls of user mode, by number, with Linux's arguments and
// results (a negative errno in rax).
func UserCalls() []Call { return slices.Clone(userCalls) }

var services = []Call{
	{ServiceLog, "PL_LOG", "void pl_log(const char *s)", "a line of the kernel log, without newline"},
	{ServiceOut, "PL_OUT", "void pl_out(const char *buf, u64 len)", "output of the program"},
	{ServiceSchedule, "PL_SCHEDULE", "void pl_schedule(void)", "let others run"},
	{ServiceCondResched, "PL_COND_RESCHED", "void pl_cond_resched(void)", "let others run if one waits for this CPU"},
	{ServicePreemptDisable, "PL_PREEMPT_DISABLE", "void pl_preempt_disable(void)", "keep this CPU until the matching enable; nests"},
	{ServicePreemptEnable, "PL_PREEMPT_ENABLE", "void pl_preempt_enable(void)", "undo one disable"},
	{ServiceSleep, "PL_SLEEP", "void pl_sleep(u64 ns)", "asleep for ns of virtual time"},
	{ServiceWait, "PL_WAIT", "void pl_wait(const void *channel)", "asleep until woken"},
	{ServiceWake, "PL_WAKE", "u64 pl_wake(const void *channel)", "wakes all that wait; returns how many"},
	{ServiceCurrent, "PL_CURRENT", "u64 pl_current(void)", "pid of the calling task"},
	{ServicePatchState, "PL_PATCH_STATE", "s64 pl_patch_state(void)", "-1 idle, 0 unpatched, 1 patched; to look at only"},
	{ServiceTime, "PL_TIME", "u64 pl_time(void)", "virtual time since the start in ns"},
	{ServiceCPU, "PL_CPU", "u64 pl_cpu(void)", "the CPU that runs this, from 0"},
	{ServiceFork, "PL_FORK", "s64 pl_fork(void)", "a copy of the task, whose gate returns 0; its pid, or -errno"},
}

var userCalls = []Call{
	{UserWrite, "PL_USER_WRITE", "s64 user_write(const char *buf, u64 len)", "write(2) to standard output"},
	{UserYield, "PL_USER_YIELD", "void user_yield(void)", "sched_yield(2)"},
	{UserNanosleep, "PL_USER_NANOSLEEP", "void user_sleep(u64 ns)", "nanosleep(2)"},
	{UserExit, "PL_USER_EXIT", "void user_exit(int code)", "exit(2): ends the task"},
	{UserGettid, "PL_USER_GETTID", "u64 user_gettid(void)", "gettid(2)"},
}
