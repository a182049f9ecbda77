// What instructions read and write.

#include "internal.h"

// pl_on_access notes an access of the instruction in progress. What touches an access of
// the same kind is one with it: the engine reports an access across pages in pieces, and
// a rep instruction each repetition.
void pl_on_access(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user)
{
	pl_cpu *c = user;
	bool write = type == UC_MEM_WRITE;
	uint64_t end = addr + size;
	(void)value;
	if (c->stopped || c->explaining)
		return;
	// Version 2.1.1 tells a read across pages as the words that it touches, newer ones as it is.
	enum { PAGE = 4096 };
	if (!write && (size & (size - 1)) == 0 && (addr & (PAGE - 1)) + size > PAGE) {
		end = (end + size - 1) & -(uint64_t)size;
		addr &= -(uint64_t)size;
		size = end - addr;
	}
	for (uint32_t i = c->access_first; i < c->naccesses; i++) {
		pl_access *a = &c->accesses[i];
		uint64_t a_end = a->addr + a->size;
		if (a->write != write || addr > a_end || end < a->addr)
			continue;
		a->addr = addr < a->addr ? addr : a->addr;
		a->size = (end > a_end ? end : a_end) - a->addr;
		return;
	}
	if (c->naccesses == PL_ACCESSES) {
		c->uc_err = UC_ERR_RESOURCE;
		pl_stop(c, uc, PL_FAULT, c->prev);
		return;
	}
	c->accesses[c->naccesses++] = (pl_access){ addr, size, c->budget - c->left, write };
}
