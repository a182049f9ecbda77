/*
 * The C library's heap, small blocks and large ones, for a while.
 * Calls: mmap
 */
#include <malloc.h>
#include <stdint.h>

#include "../check.h"

enum { SLOTS = 500, ROUNDS = 40000 };

static struct {
	uint32_t *at;
	uint32_t words;
} slots[SLOTS];

/* fill writes words that tell where they belong. */
static void fill(uint32_t slot, uint32_t from)
{
	for (uint32_t i = from; i < slots[slot].words; i++)
		slots[slot].at[i] = slot * 1000003 + i;
}

static int whole(uint32_t slot)
{
	for (uint32_t i = 0; i < slots[slot].words; i++)
		if (slots[slot].at[i] != slot * 1000003 + i)
			return 0;
	return 1;
}

int main(void)
{
	uint32_t state = 1, damaged = 0, grown = 0;

	for (int round = 0; round < ROUNDS; round++) {
		state = state * 1664525 + 1013904223;
		uint32_t slot = state >> 8 & 511, words = round % 400 == 0 ? 100000 : state >> 17 & 255;
		if (slot >= SLOTS)
			continue;
		damaged += !whole(slot);
		if (state & 1 << 30) {
			uint32_t had = slots[slot].words;
			slots[slot].at = realloc(slots[slot].at, 4 * words + 4);
			slots[slot].words = words + 1;
			grown += words + 1 > had;
			fill(slot, had < words + 1 ? had : words + 1);
		} else {
			free(slots[slot].at);
			slots[slot].at = malloc(4 * words + 4);
			slots[slot].words = words + 1;
			fill(slot, 0);
		}
	}
	void *aligned = NULL;
	CHECK(posix_memalign(&aligned, 4096, 100) == 0 && (uintptr_t)aligned % 4096 == 0);
	free(aligned);
	/* A block this large is a mapping of its own. */
	char *large = calloc(64, 1 << 20);
	CHECK(large && large[(64 << 20) - 1] == 0);
	large[40 << 20] = 1;
	int own = mallinfo2().hblks > 0;
	free(large);
	CHECK(own && malloc((size_t)1 << 60) == NULL && errno == ENOMEM);
	for (uint32_t i = 0; i < SLOTS; i++) {
		damaged += !whole(i);
		free(slots[i].at);
	}
	printf("%u blocks damaged, %u grown\n", damaged, grown);
	return done();
}
