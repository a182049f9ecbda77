// Allocates, moves and frees blocks of many sizes, and checks that each keeps its content.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 400, ROUNDS = 4000 };

static unsigned char *block[BLOCKS];
static size_t size[BLOCKS];
static uint32_t state = 12345;

static uint32_t roll(uint32_t n) { return (state = state * 1664525 + 1013904223) % n; }

static unsigned char fill(int i) { return (unsigned char)(i * 7 + 3); }

static void check(int i, size_t n)
{
	for (size_t k = 0; k < n; k += 97)
		if (block[i][k] != fill(i)) {
			printf("block %d is damaged at %zu\n", i, k);
			exit(1);
		}
}

int main(void)
{
	unsigned long total = 0;
	for (int round = 0; round < ROUNDS; round++) {
		int i = roll(BLOCKS);
		size_t want = roll(10) ? roll(3000) : roll(600000);
		if (block[i] && roll(3) == 0) {
			check(i, size[i]);
			free(block[i]);
			block[i] = NULL;
			continue;
		}
		size_t old = block[i] ? size[i] : 0;
		block[i] = realloc(block[i], want + 1);
		if (!block[i])
			return 2;
		check(i, old < want ? old : want);
		memset(block[i], fill(i), want + 1);
		size[i] = want;
		total += want;
	}
	printf("%lu bytes were asked for\n", total);
	return 0;
}
