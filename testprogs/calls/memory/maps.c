/*
 * Memory that is mapped, moved, protected and given back.
 * Calls: mmap munmap mprotect mremap madvise mincore brk
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"

enum { PAGE = 4096 };

static sigjmp_buf back;

static void leap(int number) { siglongjmp(back, number); }

/* can tells whether the byte at p can be read, and written when asked. */
static int can(volatile char *p, int write)
{
	if (sigsetjmp(back, 1))
		return 0;
	char c = *p;
	if (write)
		*p = c;
	return 1;
}

int main(void)
{
	signal(SIGSEGV, leap);
	char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED && (uintptr_t)p % PAGE == 0);
	int zero = 0;
	for (int i = 0; i < 8 * PAGE; i++)
		zero += p[i] == 0;
	printf("%d bytes are 0\n", zero);
	for (int i = 0; i < 8; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
	CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	CHECK(mprotect(p + 2 * PAGE, PAGE, PROT_NONE) == 0);
	printf("%d%d %d%d %d%d\n", can(p, 0), can(p, 1), can(p + PAGE, 0), can(p + PAGE, 1), can(p + 2 * PAGE, 0), can(p + 3 * PAGE, 1));
	CHECK(munmap(p + 4 * PAGE, PAGE) == 0);
	printf("%d %d %d\n", can(p + 4 * PAGE - 1, 0), can(p + 4 * PAGE, 0), can(p + 5 * PAGE, 0));
	char *again = mmap(p + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(again == p + 4 * PAGE && *again == 0);
	FAILS(munmap(p + 1, PAGE), EINVAL);
	FAILS(mprotect(p + 1, PAGE, PROT_READ), EINVAL);
	CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);

	CHECK(madvise(p, PAGE, MADV_DONTNEED) == 0 && p[0] == 0 && p[5 * PAGE] == 'f');
	unsigned char in[1] = {0};
	CHECK(mincore(p + 5 * PAGE, PAGE, in) == 0 && (in[0] & 1) == 1);
	char *q = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(q, 'q', 2 * PAGE);
	char *r = mremap(q, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(r != MAP_FAILED && r[2 * PAGE - 1] == 'q' && r[64 * PAGE - 1] == 0);
	CHECK(mremap(r, 64 * PAGE, PAGE, 0) == r && can(r, 1) && !can(r + PAGE, 0));

	char *top = (char *)syscall(SYS_brk, 0);
	CHECK((char *)syscall(SYS_brk, top + 3 * PAGE) == top + 3 * PAGE && can(top + 2 * PAGE, 1));
	CHECK((char *)syscall(SYS_brk, top) == top);
	return done();
}
