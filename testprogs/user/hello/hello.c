// Arguments, environment, standard input, output and error, exit status.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	char line[100];
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	printf("COLOUR is %s\n", getenv("COLOUR") ? getenv("COLOUR") : "not set");
	while (fgets(line, sizeof line, stdin))
		printf("line: %s", line);
	fprintf(stderr, "done\n");
	return 42;
}
