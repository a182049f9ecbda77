// A run: legs on one engine and another.

#include "internal.h"

// missing_code ends the run at c->pc, where the code at addr is missing. A budget
// that is used up ends it before.
static void missing_code(pl_cpu *c, uint64_t addr)
{
	const pl_text *t = text_of(c, c->pc);
	if (c->left > 0 || (t && (t->flags[c->pc - t->start] & F_ARENA))) {
		pl_fetch_fault(c, addr, c->pc);
		return;
	}
	c->done = true;
	c->reason = PL_BUDGET;
}

// settle finds the reason of a leg that no hook has ended.
static void settle(pl_cpu *c, uc_engine *uc, uc_err err)
{
	if (c->stopped)
		return;
	enum { PAGE = 4096 };
	c->pc = reg(uc, UC_X86_REG_RIP);
	c->stopped = c->done = true;
	// An engine with an area asks for the pages at and before until when it has come there,
	// for a block of no bytes, and takes it for a failure that it gets none.
	if (err == UC_ERR_EXCEPTION && c->area_size)
		err = UC_ERR_OK;
	if (c->pc != c->until && c->until - c->pc <= PAGE)
		missing_code(c, c->pc);
	else if (err == UC_ERR_INSN_INVALID)
		pl_fault(c, PL_ILLEGAL);
	else if (err)
		c->uc_err = err;
	else if (c->pc != c->until)
		pl_fault(c, PL_HALT);
	else if (c->mode == PL_KERNEL)
		c->reason = PL_RETURN;
	else
		missing_code(c, c->pc);
}

// start runs an engine, on which the registers are, from c->pc.
static uc_err start(pl_cpu *c, uc_engine *uc, uint64_t until)
{
	c->stopped = c->fetching = c->rejected = c->rewind = c->denied = false;
	c->text_size = 0;
	c->prev = ~0ull;
	c->prev_end = c->pc;
	__atomic_store_n(&c->running, uc, __ATOMIC_SEQ_CST);
	uc_err err = UC_ERR_OK;
	if (!__atomic_load_n(&c->interrupted, __ATOMIC_SEQ_CST))
		err = uc_emu_start(uc, c->pc, until, 0, 0);
	__atomic_store_n(&c->running, NULL, __ATOMIC_SEQ_CST);
	if (c->denied && !c->stopped)
		pl_denied(c, uc);
	return err;
}

// creep executes the one instruction at c->pc on a stepping engine that has failed to
// translate the block there, because the block runs into missing code. The engine
// ends a block at until; so an until behind the instruction makes it a block of its
// own. Its length is not known, but any until that does not stand behind an
// instruction fails as before, and executes nothing.
static void creep(pl_cpu *c, uc_engine *uc)
{
	uint64_t pc = c->pc, missing = c->fault_addr;
	for (uint64_t size = 1; size <= 15 && pc + size <= missing; size++) {
		c->pc = pc;
		uc_err err = start(c, uc, pc + size);
		if (c->fetching)
			continue;
		if (c->stopped || err || reg(uc, UC_X86_REG_RIP) != pc + size) {
			settle(c, uc, err);
		} else {
			c->stopped = true;
			c->pc = pc + size;
		}
		return;
	}
	c->pc = pc;
	missing_code(c, missing);
}

// fetch_failed goes on after a leg that has failed to fetch code. A fast engine leaves
// it to the stepping one to get up to there.
static void fetch_failed(pl_cpu *c, uc_engine *uc)
{
	c->step_end = ~0ull;
	if (c->pc == c->fault_addr || c->left == 0)
		missing_code(c, c->fault_addr);
	else if (c->kind >= PL_STEP)
		creep(c, uc);
}

static void leg(pl_cpu *c, uint8_t *context)
{
	uc_engine *uc = c->uc[c->mode][c->kind];
	uc_context_restore(uc, (uc_context *)context);
	uc_err err = start(c, uc, c->until);
	if (__atomic_load_n(&c->interrupted, __ATOMIC_SEQ_CST)) {
		c->done = true;
		c->reason = PL_INTERRUPTED;
		return;
	}
	if (c->fetching)
		fetch_failed(c, uc);
	else
		settle(c, uc, err);
	if (c->rewind && takes_back(c))
		pl_take_back(c, context);
	else
		uc_context_save(uc, (uc_context *)context);
	if (c->rejected)
		uc_ctl_remove_cache(uc, c->pc, c->pc + 1);
}

// fits tells whether the watching engine is worth starting: not when it is already
// known that it would come back at once.
static bool fits(pl_cpu *c)
{
	const pl_text *t = text_of(c, c->pc);
	if (!t)
		return true;
	uint16_t b = t->blocks[c->pc - t->start];
	return b == B_UNKNOWN || (!(b & B_STEPPED) && (b & B_COUNT) - 1u <= c->left);
}

// A budget up to this is stepped: moving to a second engine costs more.
enum { SHORT = 48 };

static int fastest(const pl_cpu *c)
{
	if (c->trace)
		return PL_TRACE;
	if (c->exact)
		return PL_EXACT;
	if (c->budget <= SHORT)
		return PL_STEP;
	return c->uncounted && !c->nwatch && !c->nbreak ? PL_PLAIN : PL_WATCH;
}

void pl_run(pl_cpu *c, uint8_t *context)
{
	c->reason = c->uc_err = 0;
	c->done = c->vague = false;
	c->nevents = c->naccesses = 0;
	c->decisions = 0;
	c->left = c->budget;
	int fast = fastest(c);
	c->whole = fast >= PL_STEP;
	c->kind = fast;
	while (!c->done) {
		if (c->kind == PL_WATCH && !fits(c)) {
			c->kind = PL_STEP;
			c->step_end = ~0ull;
		}
		leg(c, context);
		c->kind = c->kind == fast && !c->whole ? PL_STEP : fast;
	}
	c->executed = c->budget - c->left;
	pl_registers(c, context);
}

// pl_explain runs the instruction that has faulted once more.
void pl_explain(pl_cpu *c, uint8_t *context)
{
	uint32_t events = c->nevents, accesses = c->naccesses;
	c->vague = c->done = false;
	c->kind = PL_TRACE;
	c->whole = true;
	c->left = c->budget = 1;
	c->nevents = c->naccesses = 0;
	c->explaining = true;
	leg(c, context);
	c->explaining = false;
	uc_ctl_flush_tlb(c->uc[c->mode][PL_TRACE]);
	c->nevents = events;
	c->naccesses = accesses;
	if (c->reason != PL_FAULT && !c->uc_err)
		c->uc_err = UC_ERR_EXCEPTION; // what has failed must fail again
	pl_registers(c, context);
}

void pl_interrupt(pl_cpu *c)
{
	__atomic_store_n(&c->interrupted, true, __ATOMIC_SEQ_CST);
	uc_engine *uc = __atomic_load_n(&c->running, __ATOMIC_SEQ_CST);
	if (uc)
		uc_emu_stop(uc);
}
