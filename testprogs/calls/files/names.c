/*
 * Folders, links and names.
 * Calls: mkdir mkdirat rmdir rename renameat renameat2 unlink unlinkat symlink readlink
 *	readlinkat chdir fchdir getcwd getdents64 access faccessat
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../place.h"

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* list prints the names in a folder, in order. */
static void list(const char *folder)
{
	char *names[32];
	int n = 0;
	DIR *d = opendir(folder);
	CHECK(d != NULL);
	for (struct dirent *e; d && (e = readdir(d));)
		if (n < 32)
			names[n++] = strdup(e->d_name);
	qsort(names, (size_t)n, sizeof names[0], by_name);
	printf("%s:", folder);
	for (int i = 0; i < n; free(names[i++]))
		printf(" %s", names[i]);
	puts("");
	closedir(d);
}

static void touch(const char *name) { CHECK(close(open(name, O_CREAT | O_WRONLY, 0644)) == 0); }

int main(void)
{
	char text[256];

	enter();
	CHECK(mkdir("d", 0755) == 0 && syscall(SYS_mkdirat, AT_FDCWD, "d/e", 0755) == 0);
	FAILS(mkdir("d", 0755), EEXIST);
	FAILS(rmdir("d"), ENOTEMPTY);
	touch("d/a");
	FAILS(rmdir("d/a"), ENOTDIR);
	FAILS(unlink("d/e"), EISDIR);
	CHECK(symlink("d/a", "s") == 0);
	CHECK(readlink("s", text, sizeof text) == 3 && memcmp(text, "d/a", 3) == 0);
	CHECK(syscall(SYS_readlinkat, AT_FDCWD, "s", text, 2) == 2);
	FAILS(readlink("d/a", text, sizeof text), EINVAL);
	CHECK(access("s", R_OK | W_OK) == 0 && syscall(SYS_faccessat, AT_FDCWD, "s", F_OK) == 0);
	FAILS(access("none", F_OK), ENOENT);
	list(".");
	list("d");

	CHECK(rename("d/a", "d/b") == 0 && syscall(SYS_renameat, AT_FDCWD, "d/b", AT_FDCWD, "c") == 0);
	FAILS(open("s", O_RDONLY), ENOENT);
	touch("a");
	FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE), EEXIST);
	CHECK(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE) == 0);
	CHECK(rename("b", "c") == 0);
	FAILS(rename("none", "c"), ENOENT);
	FAILS(rename("d", "d/e/f"), EINVAL);
	list(".");

	int here = open(".", O_RDONLY | O_DIRECTORY);
	CHECK(chdir("d/e") == 0 && getcwd(text, sizeof text) != NULL);
	puts(strrchr(text, 'd'));
	FAILS(chdir("none"), ENOENT);
	CHECK(fchdir(here) == 0 && access("c", F_OK) == 0);
	FAILS(syscall(SYS_getcwd, text, 2), ERANGE);
	CHECK(unlinkat(here, "d/e", AT_REMOVEDIR) == 0 && unlinkat(here, "c", 0) == 0);
	CHECK(syscall(SYS_rmdir, "d") == 0 && unlink("s") == 0);
	list(".");
	close(here);
	leave();
	return done();
}
