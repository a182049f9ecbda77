/*
 * check.h: what the programs in this folder have in common. Each is run on the host and on
 * the machine, and must print the same on both and end with the same status. So nothing
 * that differs from one run to the next is printed: no address, no number of a process, no
 * time, but what is known about it.
 *
 * A line "Calls: NAME..." in a program's first comment names system calls without which
 * the program prints something else, or ends otherwise. A line "Args: WORD..." gives its
 * arguments.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

/* CHECK says so when E is not true, with what the system last gave as a reason. */
#define CHECK(e) \
	do { \
		errno = 0; \
		if (!(e)) { \
			printf("line %d: not so: %s (%s)\n", __LINE__, #e, strerror(errno)); \
			failures++; \
		} \
	} while (0)

/* FAILS wants E to be -1 for a reason. */
#define FAILS(e, reason) CHECK((e) == -1 && errno == (reason))

/* done ends main. */
static inline int done(void)
{
	puts(failures ? "failed" : "done");
	return failures != 0;
}

/* STOP ends main after a failure, where it would wait for ever. */
#define STOP() \
	do { \
		if (failures) \
			return done(); \
	} while (0)

#endif
