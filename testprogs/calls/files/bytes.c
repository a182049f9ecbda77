/*
 * What is written to files can be read from them, at every offset and in every way.
 * Calls: read write open openat close lseek pread64 pwrite64 readv writev creat
 *	truncate ftruncate fsync fdatasync unlink
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "../place.h"

int main(void)
{
	char b[64] = "", c[64] = "";
	struct iovec two[2] = {{b, 3}, {c, 60}};

	enter();
	int f = open("a", O_RDWR | O_CREAT | O_EXCL, 0644);
	CHECK(f >= 0);
	FAILS(open("a", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	FAILS(open("none/a", O_RDONLY), ENOENT);
	FAILS(open("a/b", O_RDONLY), ENOTDIR);
	CHECK(write(f, "0123456789", 10) == 10);
	CHECK(lseek(f, 0, SEEK_CUR) == 10);
	CHECK(lseek(f, -4, SEEK_END) == 6);
	CHECK(read(f, b, sizeof b) == 4 && memcmp(b, "6789", 4) == 0);
	CHECK(read(f, b, sizeof b) == 0);
	FAILS(lseek(f, -1, SEEK_SET), EINVAL);
	CHECK(pread(f, b, 3, 2) == 3 && memcmp(b, "234", 3) == 0);
	CHECK(pwrite(f, "xyz", 3, 20) == 3);
	CHECK(lseek(f, 8, SEEK_SET) == 8);
	CHECK(readv(f, two, 2) == 15);
	CHECK(memcmp(b, "89\0", 3) == 0 && memcmp(c, "\0\0\0\0\0\0\0\0\0xyz", 12) == 0);
	two[0] = (struct iovec){"one ", 4};
	two[1] = (struct iovec){"two", 3};
	CHECK(lseek(f, 100, SEEK_SET) == 100);
	CHECK(writev(f, two, 2) == 7);
	CHECK(lseek(f, 0, SEEK_END) == 107);
	CHECK(ftruncate(f, 103) == 0);
	CHECK(pread(f, b, 64, 98) == 5 && memcmp(b, "\0\0one", 5) == 0);
	CHECK(truncate("a", 110) == 0);
	CHECK(lseek(f, 0, SEEK_END) == 110);
	CHECK(fsync(f) == 0 && fdatasync(f) == 0);
	CHECK(close(f) == 0);
	FAILS(close(f), EBADF);
	FAILS(read(f, b, 1), EBADF);

	f = open("a", O_WRONLY | O_APPEND);
	FAILS(read(f, b, 1), EBADF);
	CHECK(write(f, "end", 3) == 3 && lseek(f, 0, SEEK_CUR) == 113);
	close(f);
	f = (int)syscall(SYS_creat, "a", 0600);
	CHECK(f >= 0 && lseek(f, 0, SEEK_END) == 0);
	close(f);
	f = (int)syscall(SYS_open, "a", O_RDONLY);
	CHECK(f >= 0);
	FAILS(write(f, "a", 1), EBADF);
	close(f);

	FILE *s = fopen("b", "w+");
	for (int i = 0; s && i < 5000; i++)
		fprintf(s, "%d,", i);
	rewind(s);
	long sum = 0;
	for (int i; fscanf(s, "%d,", &i) == 1;)
		sum += i;
	printf("sum %ld, %ld bytes\n", sum, ftell(s));
	fclose(s);
	CHECK(unlink("a") == 0 && unlink("b") == 0);
	FAILS(unlink("a"), ENOENT);
	leave();
	return done();
}
