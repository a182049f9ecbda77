/*
 * Faults that a program catches: where and why they happened, the registers then, and how
 * it goes on.
 * Calls: rt_sigaction mmap mprotect rt_sigreturn
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "../check.h"

static sigjmp_buf back;
static siginfo_t last;
static char *page;
static volatile int skips;

static void leap(int number, siginfo_t *info, void *context)
{
	(void)context;
	last = *info;
	siglongjmp(back, number);
}

/* skip goes on after an instruction of two bytes. */
static void skip(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	skips += number == SIGILL && info->si_addr == (void *)u->uc_mcontext.gregs[REG_RIP];
	u->uc_mcontext.gregs[REG_RIP] += 2;
	u->uc_mcontext.gregs[REG_RAX] = 42;
}

/* allow makes the page writable, so that the instruction works the second time. */
static void allow(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	last = *info;
	if (mprotect(page, 4096, PROT_READ | PROT_WRITE) != 0)
		siglongjmp(back, 99);
}

static void catch(int number, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	CHECK(sigaction(number, &a, NULL) == 0);
}

static void divide(void)
{
	__asm__ volatile("xor %%edx, %%edx\n\tmov $1, %%eax\n\tdiv %%edx" ::: "eax", "edx", "cc");
}

int main(void)
{
	int caught;

	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	catch(SIGSEGV, leap);
	catch(SIGFPE, leap);
	catch(SIGILL, skip);
	if ((caught = sigsetjmp(back, 1)) == 0)
		*(volatile char *)(page + 100) = 1;
	printf("signal %d, code %d, %d bytes into the page\n", caught, last.si_code, (int)((char *)last.si_addr - page));
	munmap(page, 4096);
	if ((caught = sigsetjmp(back, 1)) == 0)
		caught = *(volatile char *)(page + 5);
	printf("signal %d, code %d, %d bytes into the page\n", caught, last.si_code, (int)((char *)last.si_addr - page));
	if ((caught = sigsetjmp(back, 1)) == 0)
		divide();
	printf("signal %d, code %d\n", caught, last.si_code);

	long result = 1;
	__asm__ volatile("ud2" : "+a"(result));
	printf("skipped %d, result %ld\n", skips, result);

	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	catch(SIGSEGV, allow);
	page[7] = 'x';
	printf("written %c, after code %d\n", page[7], last.si_code);
	return done();
}
