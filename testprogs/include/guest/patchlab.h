/*
 * patchlab.h: what a kernel-style program and its patches know of the machine.
 *
 * A kernel-style program plays the kernel. Its kernel part runs from 0x400000 on,
 * one kernel stack per task, and is what patches replace functions of. Its user part
 * runs from 0x08000000 on, without access to kernel text and data: files whose names
 * begin with "user", and what is marked __user elsewhere. The two parts share no
 * symbol; the linker refuses a reference across.
 *
 *	TASK("name", entry, arg);	a task that starts in user mode with entry(arg)
 *	KTHREAD("name", fn, arg);	a kernel thread: fn(arg) in the kernel part, never in
 *					user mode; it ends when fn returns
 *	GATE(0x1001, fn);		user mode enters the kernel part: gate(0x1001, a)
 *					calls fn(a) on the task's kernel stack
 *	pl_sleep(ns);			the kernel part asks the machine for a service
 *
 * The header serves C and assembler. Its numbers stand a second time in the Go table
 * beside it (numbers.go); a test holds the two together.
 */
#ifndef PATCHLAB_H
#define PATCHLAB_H

/* Gates: what GATE may number. Number in rax, arguments in rdi rsi rdx r10 r8 r9 as of a
 * Linux system call; the function finds them where a C function does (r10's in rcx).
 * What it returns comes back in rax. */
#define PL_GATE_FIRST		0x1000
#define PL_GATE_LAST		0x1fff

/* Services: a SYSCALL in kernel mode with one of these in rax. Only the functions below
 * execute it, so that a task that sleeps in one has a whole frame. */
#define PL_SERVICE_FIRST	0x2000
#define PL_LOG			0x2000
#define PL_OUT			0x2001
#define PL_SCHEDULE		0x2002
#define PL_COND_RESCHED		0x2003
#define PL_PREEMPT_DISABLE	0x2004
#define PL_PREEMPT_ENABLE	0x2005
#define PL_SLEEP		0x2006
#define PL_WAIT			0x2007
#define PL_WAKE			0x2008
#define PL_CURRENT		0x2009
#define PL_PATCH_STATE		0x200a
#define PL_TIME			0x200b
#define PL_CPU			0x200c
#define PL_FORK			0x200d
/* 0x2010 to 0x201f: kept for shadow variables, 0x2020 to 0x2027 for system states. */
#define PL_SERVICE_LAST		0x2fff

/* User mode: the Linux system calls that the user part may make. */
#define PL_USER_WRITE		1
#define PL_USER_YIELD		24
#define PL_USER_NANOSLEEP	35
#define PL_USER_EXIT		60
#define PL_USER_GETTID		186

#ifndef __ASSEMBLER__

typedef unsigned char		u8;
typedef unsigned int		u32;
typedef unsigned long		u64;
typedef long			s64;

#define NULL			((void *)0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

/* As in the kernel: no copy of the function in its callers; no patch site. */
#define noinline		__attribute__((__noinline__))
#define notrace			__attribute__((__no_instrument_function__))

#define PL_PASTE_(a, b)		a##b
#define PL_PASTE(a, b)		PL_PASTE_(a, b)

/* A static object in a section that the machine reads as an array, in the order of the
 * source. The alignment is spelled out because gcc would pad large objects to 32 bytes. */
#define PL_ENTRY(type, sec)	static const type PL_PASTE(pl_entry_, __COUNTER__) \
	__attribute__((__used__, __no_reorder__, __section__(sec), __aligned__(8)))

struct pl_gate {
	u64 nr;
	const void *fn;
};

struct pl_task {
	const char *name;
	const void *entry;
	u64 arg;
};

/* GATE lets user mode call fn, a function of the kernel part, by number. */
#define GATE(nr, fn)		PL_ENTRY(struct pl_gate, ".patchlab.gates") = { (nr), (fn) }

/* TASK names a task that is there when the program starts, in user mode, about to call
 * entry(arg). The entry ends with user_exit: there is nothing to return to. */
#define TASK(name, entry, arg)	PL_ENTRY(struct pl_task, ".patchlab.tasks") = \
	{ (name), (entry), (u64)(arg) }

/* KTHREAD names a task of the kernel's own that is there when the program starts, about to
 * call fn(arg), a function of the kernel part. */
#define KTHREAD(name, fn, arg)	PL_ENTRY(struct pl_task, ".patchlab.kthreads") = \
	{ (name), (fn), (u64)(arg) }

/* The user part of a program that is one file. Literals in quotes are kernel data: give
 * them a name and __user_rodata. */
#define __user			__attribute__((__section__(".user.text"), __noinline__, \
				__no_instrument_function__, __aligned__(16)))
#define __user_data		__attribute__((__section__(".user.data")))
#define __user_rodata		__attribute__((__section__(".user.rodata")))

/*
 * The kernel part's services (support.S). None but the sleeping ones (schedule,
 * cond_resched, sleep, wait; preempt_enable where the machine is told so) lets another
 * task run on this CPU.
 */
void pl_log(const char *s);			/* a line of the kernel log, without newline */
void pl_out(const char *buf, u64 len);		/* output of the program */
void pl_schedule(void);				/* let others run */
void pl_cond_resched(void);			/* let others run if one waits for this CPU */
void pl_preempt_disable(void);			/* keep this CPU until the matching enable; nests */
void pl_preempt_enable(void);			/* undo one disable */
void pl_sleep(u64 ns);				/* asleep for ns of virtual time */
void pl_wait(const void *channel);		/* asleep until woken */
u64 pl_wake(const void *channel);		/* wakes all that wait; returns how many */
u64 pl_current(void);				/* pid of the calling task */
s64 pl_patch_state(void);			/* -1 idle, 0 unpatched, 1 patched; to look at only */
u64 pl_time(void);				/* virtual time since the start in ns */
u64 pl_cpu(void);				/* the CPU that runs this, from 0 */
s64 pl_fork(void);				/* a copy of the task, whose gate returns 0; its pid, or -errno */

/* What gcc wants of a program without a C library (support.S). */
void *memcpy(void *to, const void *from, u64 n);
void *memmove(void *to, const void *from, u64 n);
void *memset(void *to, int byte, u64 n);
int memcmp(const void *a, const void *b, u64 n);

#define PL_INLINE		static inline __attribute__((__always_inline__, __unused__, \
				__no_instrument_function__))

/* pl_print is pl_out of a string. */
PL_INLINE void pl_print(const char *s)
{
	u64 n = 0;

	while (s[n])
		n++;
	pl_out(s, n);
}

/* The user part's side. */
PL_INLINE s64 pl_syscall(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	s64 ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/* gate(nr, ...) calls the function of a gate with up to five arguments. */
#define gate(...)		PL_GATE_PICK(__VA_ARGS__, 0, 0, 0, 0, 0)
#define PL_GATE_PICK(nr, a, b, c, d, e, ...) \
	pl_syscall((nr), (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e))

/* user_write writes to standard output. */
PL_INLINE s64 user_write(const char *buf, u64 len)
{
	return pl_syscall(PL_USER_WRITE, 1, (u64)buf, len, 0, 0);
}

PL_INLINE void user_yield(void)
{
	pl_syscall(PL_USER_YIELD, 0, 0, 0, 0, 0);
}

PL_INLINE u64 user_gettid(void)
{
	return pl_syscall(PL_USER_GETTID, 0, 0, 0, 0, 0);
}

PL_INLINE void user_sleep(u64 ns)
{
	u64 timespec[2] = { ns / 1000000000, ns % 1000000000 };

	pl_syscall(PL_USER_NANOSLEEP, (u64)timespec, 0, 0, 0, 0);
}

PL_INLINE __attribute__((__noreturn__)) void user_exit(int code)
{
	for (;;)
		pl_syscall(PL_USER_EXIT, code, 0, 0, 0, 0);
}

#define MSEC			1000000ul	/* in ns, as pl_sleep and user_sleep count */
#define SEC			1000000000ul

#else /* __ASSEMBLER__ */

#define GATE(nr, fn)		.pushsection .patchlab.gates, "a"; .balign 8; \
				.quad nr, fn; .popsection
/* name: a label of a string that ends in zero. */
#define TASK(name, entry, arg)	.pushsection .patchlab.tasks, "a"; .balign 8; \
				.quad name, entry, arg; .popsection
#define KTHREAD(name, fn, arg)	.pushsection .patchlab.kthreads, "a"; .balign 8; \
				.quad name, fn, arg; .popsection

/* A function in the section at hand, as in the kernel's linkage.h. */
#define SYM_FUNC_START(name)	.globl name; .type name, @function; .balign 16; name:
#define SYM_FUNC_END(name)	.size name, . - name

/* The patch site of a function: its first instruction. */
#define FENTRY			call __fentry__

#endif
#endif
