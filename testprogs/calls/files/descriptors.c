/*
 * Descriptors, pipes, and what can be waited for.
 * Calls: dup dup2 dup3 pipe pipe2 eventfd2 fcntl poll ppoll
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"

int main(void)
{
	int p[2], q[2];
	char b[16] = "";
	uint64_t n = 5;

	signal(SIGPIPE, SIG_IGN);
	CHECK(syscall(SYS_pipe, p) == 0);
	CHECK(write(p[1], "hello", 5) == 5);
	struct pollfd w[2] = {{.fd = p[0], .events = POLLIN}, {.fd = p[1], .events = POLLOUT}};
	CHECK(poll(w, 2, -1) == 2 && w[0].revents == POLLIN && w[1].revents == POLLOUT);
	CHECK(read(p[0], b, 3) == 3 && read(p[0], b + 3, 9) == 2 && strcmp(b, "hello") == 0);
	CHECK(poll(w, 1, 0) == 0);
	CHECK(ppoll(w, 1, &(struct timespec){.tv_nsec = 1000}, NULL) == 0);
	FAILS(write(p[0], "a", 1), EBADF);

	int d = dup(p[1]);
	CHECK(d > p[1]);
	close(p[1]);
	CHECK(write(d, "again", 5) == 5);
	close(d);
	CHECK(poll(w, 1, 0) == 1 && w[0].revents == (POLLIN | POLLHUP));
	CHECK(read(p[0], b, sizeof b) == 5 && read(p[0], b, sizeof b) == 0);
	close(p[0]);

	CHECK(pipe2(q, O_NONBLOCK | O_CLOEXEC) == 0);
	FAILS(read(q[0], b, 1), EAGAIN);
	CHECK(fcntl(q[0], F_GETFD) == FD_CLOEXEC && fcntl(q[0], F_GETFL) == O_NONBLOCK);
	int full = 0;
	while (write(q[1], "0123456789abcdef", 16) == 16)
		full += 16;
	printf("a pipe takes %d bytes, then: %s\n", full, strerror(errno));
	CHECK(dup2(q[0], 20) == 20 && dup2(20, 20) == 20 && fcntl(20, F_GETFD) == 0);
	CHECK(dup3(q[0], 21, O_CLOEXEC) == 21 && fcntl(21, F_GETFD) == FD_CLOEXEC);
	FAILS(dup3(q[0], q[0], 0), EINVAL);
	FAILS(dup2(99, 20), EBADF);
	CHECK(fcntl(q[0], F_DUPFD, 30) == 30 && read(30, b, 4) == 4);
	close(q[0]);
	close(20);
	close(21);
	CHECK(write(q[1], "a", 1) == -1);
	close(30);
	FAILS(write(q[1], "a", 1), EPIPE);

	int e = eventfd(3, EFD_NONBLOCK);
	CHECK(e >= 0 && write(e, &n, 8) == 8 && read(e, &n, 8) == 8 && n == 8);
	FAILS(read(e, &n, 8), EAGAIN);
	return done();
}
