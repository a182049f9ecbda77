// What is known of code: marks that were asked for, and what was derived from bytes.

#include <stdlib.h>
#include "internal.h"

// A block is at most this long, so one that starts further away does not reach: the
// engine ends a block of more than a page less 32 bytes.
enum { BLOCK_REACH = 4096 };

// An instruction has at most 15 bytes: the last byte of one that starts further away
// lies before.
enum { INSTRUCTION_REACH = 14 };

pl_text *pl_text_search(pl_cpu *c, uint64_t addr)
{
	for (int i = 0; i < c->ntext; i++) {
		pl_text *t = c->texts[i];
		if (addr - t->start < t->size)
			return *near_of(c, addr) = t;
	}
	return NULL;
}

void pl_text_free(pl_text *t)
{
	if (!t)
		return;
	free(t->flags);
	free(t->lens);
	free(t->blocks);
	free(t->sizes);
	free(t);
}

// fixed_flags sets the flags that an address has by its place.
static void fixed_flags(const pl_cpu *c, pl_text *t)
{
	for (uint64_t a = c->arena_start; a < c->arena_end; a++)
		if (a - t->start < t->size)
			t->flags[a - t->start] |= F_ARENA;
	if (!c->stub.entry)
		return;
	if (c->stub.entry - t->start < t->size)
		t->flags[c->stub.entry - t->start] |= F_STUB;
	if (c->stub.hook - t->start < t->size)
		t->flags[c->stub.hook - t->start] |= F_STUB;
}

uc_err pl_text_add(pl_cpu *c, const pl_map *m)
{
	uint64_t size = m->end - m->start;
	pl_text **texts = realloc(c->texts, (c->ntext + 1) * sizeof *texts);
	if (texts)
		c->texts = texts;
	pl_text *t = calloc(1, sizeof *t);
	if (t)
		*t = (pl_text){ m->start, size, m->host, calloc(size, 1), calloc(size, 1), calloc(size, 2), calloc(size, 2) };
	if (!texts || !t || !t->flags || !t->lens || !t->blocks || !t->sizes) {
		pl_text_free(t);
		return UC_ERR_NOMEM;
	}
	fixed_flags(c, t);
	texts[c->ntext++] = t;
	return UC_ERR_OK;
}

// pl_text_remove forgets the text that starts there, if any, and the marks in it.
void pl_text_remove(pl_cpu *c, uint64_t start)
{
	int i = 0;
	while (i < c->ntext && c->texts[i]->start != start)
		i++;
	if (i == c->ntext)
		return;
	pl_text *t = c->texts[i];
	for (uint64_t a = start; a < start + t->size; a++)
		if (t->flags[a - start] & F_WATCH)
			pl_watch(c, a, false);
	for (int j = c->nbreak - 1; j >= 0; j--)
		if (c->breaks[j].addr - start < t->size)
			pl_set_break(c, c->breaks[j].addr, c->breaks[j].task, false);
	pl_text_free(t);
	memmove(c->texts + i, c->texts + i + 1, (c->ntext - i - 1) * sizeof *c->texts);
	c->ntext--;
	memset(c->near, 0, sizeof c->near);
}

// forget drops what is known of the blocks that may reach into [start, end), and of
// the instructions when their bytes changed.
static void forget(pl_cpu *c, uint64_t start, uint64_t end, bool changed)
{
	for (int i = 0; i < c->ntext; i++) {
		pl_text *t = c->texts[i];
		uint64_t stop = end < t->start + t->size ? end : t->start + t->size;
		uint64_t from = start > BLOCK_REACH ? start - BLOCK_REACH : 0;
		if (from < t->start)
			from = t->start;
		if (from >= stop)
			continue;
		memset(t->blocks + (from - t->start), 0, (stop - from) * sizeof *t->blocks);
		if (from + INSTRUCTION_REACH < start)
			from = start - INSTRUCTION_REACH;
		for (; changed && from < stop; from++) {
			t->lens[from - t->start] = 0;
			t->flags[from - t->start] &= ~(F_REP | F_REFUSE | F_STEP | F_FIRST);
		}
	}
}

void pl_text_changed(pl_cpu *c, uint64_t start, uint64_t end)
{
	forget(c, start, end, true);
	for (int mode = 0; mode < PL_MODES; mode++)
		for (int kind = 0; kind < PL_KINDS; kind++)
			if (c->uc[mode][kind])
				uc_ctl_remove_cache(c->uc[mode][kind], start, end);
}

// mark sets or clears a flag that was asked for, and tells whether that changed it.
static bool mark(pl_cpu *c, uint64_t addr, uint8_t flag, bool on)
{
	pl_text *t = text_of(c, addr);
	if (!t)
		return false;
	uint8_t *f = &t->flags[addr - t->start];
	if (!!(*f & flag) == on)
		return false;
	*f ^= flag;
	if (*f & F_ARENA)
		c->arena_marks += on ? 1 : -1;
	forget(c, addr, addr + 1, false);
	return true;
}

void pl_watch(pl_cpu *c, uint64_t addr, bool on)
{
	if (mark(c, addr, F_WATCH, on))
		c->nwatch += on ? 1 : -1;
}

uc_err pl_set_break(pl_cpu *c, uint64_t addr, int64_t task, bool on)
{
	int at = -1;
	bool others = false;
	for (int i = 0; i < c->nbreak; i++) {
		if (c->breaks[i].addr != addr)
			continue;
		if (c->breaks[i].task == task)
			at = i;
		else
			others = true;
	}
	if (on && at < 0 && text_of(c, addr)) {
		pl_break *breaks = realloc(c->breaks, (c->nbreak + 1) * sizeof *breaks);
		if (!breaks)
			return UC_ERR_NOMEM;
		c->breaks = breaks;
		breaks[c->nbreak++] = (pl_break){ addr, task };
	} else if (!on && at >= 0) {
		c->breaks[at] = c->breaks[--c->nbreak];
	}
	mark(c, addr, F_BREAK, on || others);
	return UC_ERR_OK;
}

bool pl_breaks_here(const pl_cpu *c, uint64_t addr)
{
	for (int i = 0; i < c->nbreak; i++)
		if (c->breaks[i].addr == addr && c->breaks[i].task == c->task)
			return true;
	return false;
}
