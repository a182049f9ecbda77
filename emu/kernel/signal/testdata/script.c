// Does what each line of its input says about signals, and tells what comes of it. All
// calls are made directly, with a restorer of its own.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

void restore(void);
__asm__("restore:\n\tmov $15, %eax\n\tsyscall\n");

static uint64_t mask(void)
{
	uint64_t m;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &m, 8);
	return m;
}

static void handler(int sig, siginfo_t *info, ucontext_t *uc)
{
	uint64_t saved;

	memcpy(&saved, &uc->uc_sigmask, 8);
	dprintf(1, "handler %d %d %d %lx %lx\n", sig, info->si_code, info->si_code == SI_QUEUE ? info->si_int : 0, saved, mask());
}

static void line(const char *s)
{
	struct { uint64_t handler, flags, restorer, mask; } act = { .restorer = (uint64_t)restore };
	uint64_t a = 0, b = 0, pending;
	int n = 0, err = 0;
	siginfo_t info;
	struct timespec none = { 0, 0 };

	memset(&info, 0, sizeof info);
	sscanf(s + 1, "%d %lx %lx %lx", &n, &a, &b, &act.mask);
	switch (*s) {
	case 'm':
		err = syscall(SYS_rt_sigprocmask, n, &a, 0, 8);
		break;
	case 'a':
		act.handler = a == 2 ? (uint64_t)handler : a;
		act.flags = b;
		err = syscall(SYS_rt_sigaction, n, &act, 0, 8);
		break;
	case 'k':
		err = syscall(SYS_kill, getpid(), n);
		break;
	case 't':
		err = syscall(SYS_tgkill, getpid(), gettid(), n);
		break;
	case 'q':
		info.si_code = SI_QUEUE;
		info.si_int = a;
		err = syscall(SYS_rt_sigqueueinfo, getpid(), n, &info);
		break;
	case 'w':
		err = syscall(SYS_rt_sigtimedwait, &a, &info, &none, 8);
		if (err >= 0)
			dprintf(1, "took %d %d %d\n", err, info.si_code, info.si_code == SI_QUEUE ? info.si_int : 0);
		break;
	case 'p':
		syscall(SYS_rt_sigpending, &pending, 8);
		dprintf(1, "pending %lx %lx\n", pending, mask());
		break;
	}
	dprintf(1, "%c %s\n", *s, err < 0 ? "fails" : "done");
}

int main(void)
{
	static char input[1 << 20];
	size_t n = fread(input, 1, sizeof input - 1, stdin);

	input[n] = 0;
	for (char *s = input, *end; (end = strchr(s, '\n')); s = end + 1)
		line(s);
	return 0;
}
