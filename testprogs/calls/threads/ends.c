/*
 * A program that ends while other threads sleep: nothing more comes from them.
 * Calls: exit_group
 */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

static void *sleeper(void *argument)
{
	nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
	if (write(1, "still here\n", 11) != 11)
		failures++;
	return argument;
}

int main(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&t, NULL, sleeper, NULL) == 0);
	printf("the end\n");
	fflush(stdout);
	_exit(5);
}
