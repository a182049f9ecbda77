/*
 * A program that ends by the signal that its argument names.
 * Calls: tgkill
 * Args: 9
 */
#include <signal.h>

#include "../check.h"

int main(int argc, char **argv)
{
	printf("waiting for the end\n");
	fflush(stdout);
	if (argc < 2)
		abort();
	raise(atoi(argv[1]));
	return done();
}
