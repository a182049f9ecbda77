/* place.h: a folder of the program's own, for those that work with files. */
#ifndef PLACE_H
#define PLACE_H

#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static char place[] = "/tmp/place-XXXXXX";

/* enter makes the folder and goes there. */
static inline void enter(void)
{
	if (!mkdtemp(place) || chdir(place) != 0) {
		perror(place);
		exit(99);
	}
}

/* leave removes the folder, which must be empty. */
static inline void leave(void)
{
	CHECK(chdir("/") == 0);
	CHECK(rmdir(place) == 0);
}

#endif
