/*
 * What is known about files.
 * Calls: stat fstat lstat newfstatat chmod fchmod umask faccessat2
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../place.h"

static void print(const char *what, const struct stat *s)
{
	printf("%s: mode %o, %ld bytes, %s\n", what, s->st_mode, S_ISDIR(s->st_mode) ? 0 : (long)s->st_size,
	       s->st_uid == geteuid() ? "ours" : "not ours");
}

int main(void)
{
	struct stat s, t;

	enter();
	CHECK(umask(027) != (mode_t)-1);
	CHECK(umask(027) == 027);
	int f = open("a", O_RDWR | O_CREAT, 0666);
	CHECK(write(f, "12345", 5) == 5);
	CHECK(syscall(SYS_fstat, f, &s) == 0);
	print("file", &s);
	CHECK(symlink("a", "s") == 0);
	CHECK(syscall(SYS_stat, "s", &t) == 0 && t.st_ino == s.st_ino && t.st_dev == s.st_dev);
	print("through the link", &t);
	CHECK(syscall(SYS_lstat, "s", &t) == 0 && t.st_ino != s.st_ino);
	print("the link", &t);
	CHECK(fstatat(AT_FDCWD, "s", &t, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(t.st_mode));
	CHECK(fstatat(f, "", &t, AT_EMPTY_PATH) == 0 && t.st_ino == s.st_ino);
	FAILS(stat("none", &t), ENOENT);
	FAILS(fstat(f + 1, &t), EBADF);

	CHECK(chmod("s", 0640) == 0 && stat("a", &t) == 0);
	print("after chmod", &t);
	CHECK(fchmod(f, 0500) == 0 && fstat(f, &t) == 0);
	print("after fchmod", &t);
	CHECK(syscall(SYS_faccessat2, AT_FDCWD, "a", R_OK | X_OK, AT_EACCESS) == 0);
	CHECK(mkdir("d", 0777) == 0 && stat("d", &t) == 0);
	print("folder", &t);
	CHECK(lseek(f, 10000, SEEK_SET) == 10000 && write(f, "", 1) == 1 && fstat(f, &t) == 0);
	print("grown", &t);
	CHECK(isatty(f) == 0);
	close(f);
	CHECK(unlink("a") == 0 && unlink("s") == 0 && rmdir("d") == 0);
	leave();
	return done();
}
