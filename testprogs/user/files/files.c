// Files, directories, links, pipes and their errors.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void tell(const char *what, long r) { printf("%s: %ld%s%s\n", what, r < 0 ? -1 : r, r < 0 ? " " : "", r < 0 ? strerror(errno) : ""); }

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

int main(void)
{
	char dir[] = "/tmp/filesXXXXXX", buf[64] = { 0 };
	struct stat st;
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	tell("open what is not there", open("none", O_RDONLY));
	int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0640);
	tell("write", write(fd, "hello, world\n", 13));
	tell("open exclusively", open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
	tell("seek", lseek(fd, 7, SEEK_SET));
	tell("read", read(fd, buf, sizeof buf));
	printf("it says %s", buf);
	struct iovec v[2] = { { "one ", 4 }, { "two\n", 4 } };
	tell("writev", writev(fd, v, 2));
	struct iovec empty[2] = { { "", 0 }, { "three\n", 6 } };
	tell("writev with an empty piece", writev(fd, empty, 2));
	tell("writev of nothing", writev(fd, empty, 1));
	tell("write of nothing to what is not open", write(99, "", 0));
	tell("pread", pread(fd, buf, 5, 0));
	tell("pwrite", pwrite(fd, "HELLO", 5, 0));
	fstat(fd, &st);
	printf("size %ld, mode %o, links %ld\n", (long)st.st_size, st.st_mode, (long)st.st_nlink);
	tell("truncate", ftruncate(fd, 5));
	tell("mkdir", mkdir("d", 0755));
	tell("mkdir again", mkdir("d", 0755));
	tell("rename", rename("a", "d/b"));
	tell("symlink", symlink("d/b", "l"));
	memset(buf, 0, sizeof buf);
	tell("readlink", readlink("l", buf, sizeof buf));
	printf("it leads to %s\n", buf);
	tell("rmdir", rmdir("d"));
	FILE *f = fopen("l", "a+");
	fprintf(f, " and more\n");
	rewind(f);
	printf("through the link: %s", fgets(buf, sizeof buf, f));
	fclose(f);
	int p[2];
	tell("pipe", pipe(p));
	struct pollfd w = { p[0], POLLIN, 0 };
	tell("poll an empty pipe", poll(&w, 1, 0));
	tell("write to it", write(p[1], "abc", 3));
	tell("poll", poll(&w, 1, 1000));
	close(p[1]);
	tell("read from it", read(p[0], buf, sizeof buf));
	tell("at its end", read(p[0], buf, sizeof buf));
	tell("dup", dup2(p[0], 20));
	tell("close twice", close(20) | close(20));
	struct dirent **list;
	int n = scandir(".", &list, NULL, by_name);
	for (int i = 0; i < n; i++)
		printf("%s ", list[i]->d_name);
	printf("\n");
	tell("unlink", unlink("l") | unlink("d/b") | rmdir("d") | rmdir(dir));
	return 0;
}
