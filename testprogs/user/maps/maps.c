// Memory: mmap, munmap, mprotect, mremap, madvise, brk.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void tell(const char *what, int ok) { printf("%s: %s\n", what, ok ? "yes" : strerror(errno)); }

int main(void)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tell("mapped", p != MAP_FAILED);
	for (int i = 0; i < 16; i++)
		p[i * PAGE] = i + 1;
	tell("a hole", munmap(p + 4 * PAGE, 2 * PAGE) == 0);
	tell("a page of its own", mprotect(p + 8 * PAGE, PAGE, PROT_READ) == 0);
	tell("over a hole", mprotect(p, 16 * PAGE, PROT_READ) == 0);
	tell("filled", mmap(p + 4 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 4 * PAGE);
	printf("%d %d %d %d\n", p[3 * PAGE], p[4 * PAGE], p[5 * PAGE], p[6 * PAGE]);
	tell("writable again", mprotect(p, 16 * PAGE, PROT_READ | PROT_WRITE) == 0);
	tell("dropped", madvise(p + PAGE, PAGE, MADV_DONTNEED) == 0);
	printf("%d %d %d\n", p[0], p[PAGE], p[2 * PAGE]);
	char *q = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(q, "here", 5);
	q[3 * PAGE] = 9;
	char *r = mremap(q, 4 * PAGE, 300 * PAGE, MREMAP_MAYMOVE);
	tell("grown", r != MAP_FAILED && strcmp(r, "here") == 0 && r[3 * PAGE] == 9 && r[299 * PAGE] == 0);
	tell("shrunk", mremap(r, 300 * PAGE, PAGE, 0) == r && strcmp(r, "here") == 0);
	tell("no length", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	tell("too much", mmap(NULL, (size_t)1 << 50, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	tell("in between", munmap(p + 1, PAGE) == 0);
	char *heap = sbrk(0);
	if (sbrk(PAGE) == (void *)-1)
		return 0; // musl has none
	sbrk(-PAGE);
	tell("brk", sbrk(5 * PAGE) == heap && (heap[5 * PAGE - 1] = 7) && sbrk(-5 * PAGE) && sbrk(0) == heap);
	sbrk(5 * PAGE);
	tell("fresh", heap[5 * PAGE - 1] == 0);
	tell("read into what cannot be written", read(0, (char *)(uintptr_t)main, 1) >= 0);
	return 0;
}
