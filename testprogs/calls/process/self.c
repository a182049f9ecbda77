/*
 * What a process knows about itself, and how it ends.
 * Calls: getpid getppid gettid getuid geteuid getgid getegid uname getrandom
 * Args: one two
 */
#define _GNU_SOURCE
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../check.h"

static void first(void) { puts("at the end"); }
static void second(void) { puts("before that"); }

__attribute__((constructor)) static void early(void) { puts("before main"); }

int main(int argc, char **argv)
{
	struct utsname name;
	unsigned char a[64] = {0}, b[64] = {0};
	struct rlimit limit;

	for (int i = 1; i < argc; i++)
		printf("argument %d: \"%s\"\n", i, argv[i]);
	CHECK(argv[argc] == NULL && getauxval(AT_EXECFN) != 0);
	CHECK(getpid() > 0 && syscall(SYS_getpid) == getpid() && gettid() == getpid());
	CHECK(getppid() >= 0 && getppid() != getpid());
	CHECK(syscall(SYS_getuid) == (long)getauxval(AT_UID) && syscall(SYS_geteuid) == (long)getauxval(AT_EUID));
	CHECK(syscall(SYS_getgid) == (long)getauxval(AT_GID) && syscall(SYS_getegid) == (long)getauxval(AT_EGID));
	CHECK(getauxval(AT_PAGESZ) == 4096 && sysconf(_SC_PAGESIZE) == 4096);
	CHECK(uname(&name) == 0 && strcmp(name.sysname, "Linux") == 0 && strcmp(name.machine, "x86_64") == 0);
	CHECK(getrandom(a, sizeof a, 0) == sizeof a && getrandom(b, sizeof b, 0) == sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 1 << 16);
	CHECK(setenv("WORD", "value", 1) == 0 && strcmp(getenv("WORD"), "value") == 0);
	FAILS(syscall(9999), ENOSYS);
	FAILS(syscall(SYS_write, 1, 8, 4), EFAULT);

	atexit(first);
	atexit(second);
	printf("%d not so\n", failures);
	fflush(stdout);
	exit(failures ? 1 : 40 + argc);
}
