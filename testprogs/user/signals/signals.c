// Signals: handlers, masks, an alternate stack, faults, timers, interrupted calls.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t seen, depth, deepest, raised;
static sigjmp_buf back;
static char alternate[65536];

static void on(int sig, void (*f)(int, siginfo_t *, void *), int flags)
{
	struct sigaction a = { 0 };
	a.sa_sigaction = f;
	a.sa_flags = SA_SIGINFO | flags;
	sigaction(sig, &a, NULL);
}

static void count(int sig, siginfo_t *i, void *u)
{
	(void)sig, (void)i, (void)u;
	volatile double spoil = 1.5;
	spoil *= 3;
	seen++;
}

static int fd[2], rings;

static void restarting(int sig)
{
	(void)sig;
	if (rings++ > 0)
		write(fd[1], "x", 1);
}

static void nest(int sig, siginfo_t *i, void *u)
{
	(void)i, (void)u;
	if (++depth > deepest)
		deepest = depth;
	if (raised++ < 2)
		raise(sig);
	depth--;
}

static void tell(int sig, siginfo_t *i, void *u)
{
	char here;
	(void)u;
	printf("signal %d, code %d, null %d, on the alternate stack %d\n", sig, i->si_code, i->si_addr == NULL,
		&here >= alternate && &here < alternate + sizeof alternate);
	siglongjmp(back, 1);
}

static void skip(int sig, siginfo_t *i, void *u)
{
	(void)sig, (void)i;
	ucontext_t *c = u;
	c->uc_mcontext.gregs[REG_RIP] += 2; // the length of div ecx
	c->uc_mcontext.gregs[REG_RAX] = 77;
}

static int overflow(volatile char *p)
{
	volatile char frame[4096];
	frame[0] = p ? *p : 0;
	return overflow(frame) + frame[0];
}

static void *waits(void *arg)
{
	sigset_t s;
	sigemptyset(&s);
	sigsuspend(&s);
	return arg;
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	on(SIGUSR1, count, 0);
	double x = 0.1, y = 0;
	for (int i = 0; i < 10; i++) {
		y += x * i;
		raise(SIGUSR1);
	}
	printf("%d %.17g\n", seen, y);

	sigset_t s, p;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	kill(getpid(), SIGUSR1);
	sigpending(&p);
	printf("blocked: %d, pending %d\n", seen, sigismember(&p, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &s, NULL);
	printf("unblocked: %d\n", seen);

	on(SIGUSR2, nest, SA_NODEFER);
	raise(SIGUSR2);
	on(SIGUSR2, nest, 0);
	printf("nested %d\n", deepest);
	deepest = raised = 0;
	raise(SIGUSR2);
	printf("deferred %d\n", deepest);

	stack_t alt = { .ss_sp = alternate, .ss_size = sizeof alternate };
	sigaltstack(&alt, NULL);
	on(SIGSEGV, tell, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		*(volatile int *)NULL = 1;
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)main = 1;
	if (sigsetjmp(back, 1) == 0)
		overflow(NULL);
	on(SIGILL, tell, 0);
	if (sigsetjmp(back, 1) == 0)
		__asm__ volatile("ud2");
	on(SIGFPE, skip, 0);
	for (int i = 0; i < 3; i++) {
		int r = 5;
		__asm__ volatile("div %%ecx" : "+a"(r) : "c"(0), "d"(0));
		printf("divided: %d\n", r);
	}

	char c;
	pipe(fd);
	on(SIGALRM, count, 0);
	struct itimerval t = { .it_value = { 0, 20000 } };
	setitimer(ITIMER_REAL, &t, NULL);
	ssize_t n = read(fd[0], &c, 1);
	printf("read: %zd %d\n", n, errno == EINTR);
	alarm(1);
	signal(SIGALRM, restarting);
	struct pollfd w = { fd[0], POLLIN, 0 };
	n = poll(&w, 1, -1);
	printf("poll: %zd %d\n", n, errno == EINTR);
	setitimer(ITIMER_REAL, &t, NULL);
	n = read(fd[0], &c, 1);
	printf("read again: %zd\n", n);
	on(SIGALRM, count, 0);
	alarm(1);
	n = usleep(5000000);
	printf("usleep: %zd %d\n", n, errno == EINTR);
	seen = 0;
	t.it_interval.tv_usec = t.it_value.tv_usec = 5000;
	setitimer(ITIMER_REAL, &t, NULL);
	while (seen < 5)
		pause();
	volatile long spin = 0;
	while (seen < 10)
		spin++;
	memset(&t, 0, sizeof t);
	setitimer(ITIMER_REAL, &t, NULL);
	printf("ticked\n");

	pthread_t th;
	sigprocmask(SIG_BLOCK, &s, NULL);
	seen = 0;
	pthread_create(&th, NULL, waits, NULL);
	usleep(1000);
	pthread_kill(th, SIGUSR1);
	pthread_join(th, NULL);
	printf("the other thread: %d\n", seen);

	signal(SIGPIPE, SIG_IGN);
	close(fd[0]);
	n = write(fd[1], "x", 1);
	printf("write: %zd %d\n", n, errno == EPIPE);
	signal(SIGTERM, SIG_DFL);
	raise(SIGTERM);
	printf("not reached\n");
	return 0;
}
