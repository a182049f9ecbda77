/*
 * Standard input that is empty, and a large standard output, buffered and not.
 * Calls: read write
 */
#include <unistd.h>

#include "../check.h"

int main(void)
{
	char line[80];

	CHECK(fgets(line, sizeof line, stdin) == NULL && feof(stdin));
	CHECK(read(0, line, 1) == 0);
	for (int i = 0; i < 2000; i++)
		printf("line %d of the output\n", i);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 0; i < 50; i++)
		printf("%d\n", i);
	return done();
}
