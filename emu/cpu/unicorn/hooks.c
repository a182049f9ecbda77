// The hooks of code that runs well: counting, watching, stopping.

#include "internal.h"

// end_leg makes the hooks silent and the engine return.
static void end_leg(pl_cpu *c, uc_engine *uc, uint64_t pc)
{
	silence(c);
	c->pc = pc;
	uc_emu_stop(uc);
}

// pl_stop ends the run.
void pl_stop(pl_cpu *c, uc_engine *uc, int reason, uint64_t pc)
{
	if (c->stopped)
		return;
	c->done = true;
	c->reason = reason;
	end_leg(c, uc, pc);
}

// step_next has the block from addr to end stepped next.
static void step_next(pl_cpu *c, uc_engine *uc, uint64_t addr, uint64_t end)
{
	c->step_end = end;
	end_leg(c, uc, addr);
}

void pl_event_add(pl_cpu *c, uint64_t kind, uint64_t addr, uint64_t sp, uint64_t body)
{
	c->events[c->nevents++] = (pl_event){ kind, addr, sp, body, c->budget - c->left };
}

// wrapped ends the leg in code that is executed where there is none: addresses wrap
// around behind 52 bits.
static void wrapped(pl_cpu *c, uc_engine *uc, uint64_t addr)
{
	c->fetching = true;
	c->fault_addr = addr;
	end_leg(c, uc, addr);
}

// known tells whether each of the count instructions at addr was stepped once and
// can run on a fast engine.
static bool known(pl_cpu *c, uint64_t addr, uint32_t count)
{
	while (count-- > 0) {
		const pl_text *t = text_of(c, addr);
		uint64_t i = t ? addr - t->start : 0;
		if (!t || !t->lens[i] || (t->flags[i] & (F_REFUSE | F_STEP)))
			return false;
		addr += t->lens[i];
	}
	return true;
}

static bool any_flag(const pl_text *t, uint64_t from, uint64_t to, uint8_t flags)
{
	for (uint64_t i = from; i < to; i++)
		if (t->flags[i] & flags)
			return true;
	return false;
}

// classify finds out what there is to know of a block that the watching engine has
// translated. It stays unknown while an instruction of it was never stepped.
static uint16_t classify(pl_cpu *c, uc_engine *uc, pl_text *t, uint64_t addr, uint32_t size)
{
	uint64_t i = addr - t->start;
	uc_tb tb;
	enum { TF = 0x100 }; // with the trap flag a block is one instruction
	if (uc_ctl_request_cache(uc, addr, &tb) != UC_ERR_OK || (reg(uc, UC_X86_REG_RFLAGS) & TF))
		return B_UNKNOWN;
	if (!(t->flags[i] & F_ARENA) && !known(c, addr, tb.icount))
		return B_UNKNOWN;
	uint16_t b = t->flags[i] & F_ARENA ? 1 : 1 + tb.icount;
	if (i + size > t->size || any_flag(t, i + 1, i + size, F_WATCH | F_BREAK))
		b = B_STEPPED; // where it crosses into another mapping nobody looks for flags
	else if (t->flags[i] & (F_WATCH | F_BREAK | F_REP))
		b |= B_SLOW;
	t->sizes[i] = size;
	return t->blocks[i] = b;
}

// repeats tells whether the block at addr, which begins with the rep instruction there,
// only goes on with it: the block before ended with the same instruction.
static bool repeats(pl_cpu *c, const pl_text *t, uint64_t addr)
{
	const pl_text *p = text_of(c, c->prev);
	return p && c->prev + p->sizes[c->prev - p->start] == addr + t->lens[addr - t->start];
}

// block_slow is for blocks that are more than a count, and those in another text than
// the one before.
static __attribute__((noinline)) void block_slow(uc_engine *uc, uint64_t addr, uint32_t size, pl_cpu *c)
{
	if (c->stopped)
		return;
	pl_text *t = text_of(c, addr);
	if (!t) {
		wrapped(c, uc, addr);
		return;
	}
	c->text_start = t->start;
	c->text_size = t->size;
	c->text_blocks = t->blocks;
	uint64_t i = addr - t->start;
	uint8_t f = t->flags[i];
	if ((f & F_REP) && repeats(c, t, addr))
		return; // counted already, and never stopped inside
	uint16_t b = t->blocks[i];
	if (b == B_UNKNOWN)
		b = classify(c, uc, t, addr, size);
	uint32_t n = (b & B_COUNT) - 1;
	if (b == B_UNKNOWN || (b & B_STEPPED) || n > c->left || ((f & F_BREAK) && pl_breaks_here(c, addr)) ||
	    ((f & F_WATCH) && c->nevents >= PL_EVENTS)) {
		step_next(c, uc, addr, addr + size);
		return;
	}
	if (f & F_WATCH)
		pl_event_add(c, PL_ENTERED, addr, reg(uc, UC_X86_REG_RSP), 0);
	c->left -= n;
	c->prev = addr;
}

// pl_on_block is called before each block on the watching engine.
void pl_on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	pl_cpu *c = user;
	uint64_t i = addr - c->text_start;
	if (likely(i < c->text_size)) {
		uint32_t n = c->text_blocks[i] - 1u;
		if (likely(n < B_COUNT && n <= c->left)) {
			c->left -= n;
			c->prev = addr;
			return;
		}
	}
	block_slow(uc, addr, size, c);
}

// pl_on_edge is called when the plain engine has translated a block it has not run
// yet. A block that it must not run may not stay translated either: coming there
// again would not be reported.
void pl_on_edge(uc_engine *uc, uc_tb *cur, uc_tb *prev, void *user)
{
	pl_cpu *c = user;
	(void)prev;
	pl_text *t = text_of(c, cur->pc);
	if (c->stopped || cur->pc == c->until)
		return;
	if (!t) {
		c->rejected = true;
		wrapped(c, uc, cur->pc);
		return;
	}
	if ((t->flags[cur->pc - t->start] & F_ARENA) || known(c, cur->pc, cur->icount))
		return;
	c->rejected = true;
	step_next(c, uc, cur->pc, cur->pc + cur->size);
}

// refused ends the run before an instruction that is refused.
static void refused(pl_cpu *c, uc_engine *uc, uint64_t addr)
{
	uint8_t b[15];
	size_t n = pl_code_bytes(c, addr, b, sizeof b);
	pl_refuse(c, uc, pl_refusal(b, n), addr, addr);
}

// admit decides whether the instruction at addr is executed on a stepping engine, and
// counts it.
//
// A leg that was to step one block goes on as long as it meets instructions for the first
// time: a fast engine would translate each block there only to be told so.
static inline bool admit(pl_cpu *c, uc_engine *uc, uint64_t addr, uint8_t f, bool fresh)
{
	if (!(f & F_ARENA) && c->left == 0) {
		pl_stop(c, uc, PL_BUDGET, addr);
		return false;
	}
	if (!c->whole && !fresh && !(f & F_ARENA) && (addr != c->prev_end || addr >= c->step_end)) {
		end_leg(c, uc, addr);
		return false;
	}
	if ((f & F_BREAK) && pl_breaks_here(c, addr)) {
		pl_stop(c, uc, PL_BREAK, addr);
		return false;
	}
	if (c->naccesses > PL_ACCESSES - PL_ACCESS_ROOM) {
		pl_stop(c, uc, PL_FULL, addr);
		return false;
	}
	if (f & (F_WATCH | F_STUB | F_REFUSE)) {
		if (((f & F_WATCH) || ((f & F_STUB) && c->nwatch)) && c->nevents >= PL_EVENTS)
			pl_stop(c, uc, PL_FULL, addr);
		else if (f & F_REFUSE)
			refused(c, uc, addr);
		else if (f & F_WATCH)
			pl_event_add(c, PL_ENTERED, addr, reg(uc, UC_X86_REG_RSP), 0);
		if (c->stopped)
			return false;
	}
	if (!(f & F_ARENA))
		c->left--;
	return true;
}

// store_flags has the engine keep the flags as such from here on, so that an instruction
// that reads them where they are kept finds them.
static void store_flags(uc_engine *uc)
{
	uint64_t flags = reg(uc, UC_X86_REG_RFLAGS);
	uc_reg_write(uc, UC_X86_REG_RFLAGS, &flags);
}

// pl_on_code is called before each instruction on the stepping engines.
//
// From version 2.1.2 on, these lose the flags (c->loses_flags): behind a code hook the
// engine computes them, and when another hook is called or the instruction fails, it
// goes back to how they were kept before that, in places that no longer hold them. The
// first instruction of a leg is safe, since it is not known how they were kept. So an
// instruction during which that can happen begins a leg, which is slower.
void pl_on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	pl_cpu *c = user;
	pl_text *t = text_of(c, addr);
	if (c->stopped)
		return;
	if (!t) {
		wrapped(c, uc, addr);
		return;
	}
	uint64_t i = addr - t->start;
	bool fresh = !t->lens[i];
	if (fresh)
		pl_look(c, t, addr, size);
	uint8_t f = t->flags[i];
	bool again = (f & F_REP) && c->prev == addr;
	if (c->loses_flags && !again && c->prev != ~0ull && (takes_back(c) || (f & F_FIRST))) {
		end_leg(c, uc, addr);
		return;
	}
	if (!again && !admit(c, uc, addr, f, fresh))
		return;
	if (c->loses_flags && (f & F_FIRST))
		store_flags(uc);
	c->prev = addr;
	c->prev_end = addr + t->lens[i];
	if (takes_back(c))
		pl_remember(c, uc);
	if (!again)
		c->access_first = c->naccesses;
	if (f & F_STUB)
		pl_on_stub(uc, addr, size, c);
}

void pl_on_syscall(uc_engine *uc, void *user)
{
	pl_cpu *c = user;
	uint64_t pc = reg(uc, UC_X86_REG_RIP);
	const pl_text *t = text_of(c, pc);
	// It may have prefixes; on every engine it was stepped before, or is now.
	uint32_t size = t && t->lens[pc - t->start] ? t->lens[pc - t->start] : 2;
	pl_stop(c, uc, PL_SYSCALL, pc + size);
}
