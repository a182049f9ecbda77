// What goes wrong. The hooks here note the fault. A store that failed does not end
// its instruction, and a fast engine has gone on to the end of the block: there the
// run is inexact. EXACT notes what each instruction is about to change, and takes
// it back.

#include <stdlib.h>
#include "internal.h"

// The bytes that the last instruction has overwritten. No instruction that runs
// stores more than fxsave does.
enum { UNDO = 1024 };
struct pl_undo {
	uint32_t n;
	uint64_t last;      // the address and size of the last store
	uint32_t last_size;
	struct {
		uint8_t *host;
		uint8_t old;
	} byte[UNDO];
};

struct pl_undo *pl_undo_new(void) { return calloc(1, sizeof(struct pl_undo)); }

// end_run ends the leg and the run, without stopping the engine.
static void end_run(pl_cpu *c, int reason, uint64_t pc)
{
	silence(c);
	c->done = true;
	c->reason = reason;
	c->pc = pc;
}

// pl_refuse ends the run before an instruction, on any engine.
void pl_refuse(pl_cpu *c, uc_engine *uc, int refusal, uint64_t addr, uint64_t pc)
{
	c->fault_kind = PL_REFUSED;
	c->fault_refusal = refusal;
	c->fault_addr = addr;
	pl_stop(c, uc, PL_FAULT, pc);
}

// pl_fetch_fault ends the run because control cannot go on at pc, where the code at
// addr is missing.
void pl_fetch_fault(pl_cpu *c, uint64_t addr, uint64_t pc)
{
	c->fault_kind = PL_FETCH;
	c->fault_addr = addr;
	c->fault_size = 0;
	c->fault_mapped = pl_find_map(c, addr) != NULL;
	end_run(c, PL_FAULT, pc);
}

// counted_before takes the instruction that faulted out of the count; on the
// watching engine, all of its block, so that what is left is certain.
static void counted_before(pl_cpu *c)
{
	const pl_text *t = text_of(c, c->prev);
	if (!t || (t->flags[c->prev - t->start] & F_ARENA) || c->kind == PL_PLAIN)
		return;
	uint16_t b = t->blocks[c->prev - t->start];
	c->left += c->kind == PL_WATCH ? (b & B_COUNT) - 1 : 1;
}

// counted_from takes the instructions of the last block from pc on out of the count.
static void counted_from(pl_cpu *c, uint64_t pc)
{
	if (c->kind != PL_WATCH) {
		counted_before(c);
		return;
	}
	const pl_text *t = text_of(c, c->prev);
	if (!t || (t->flags[c->prev - t->start] & F_ARENA))
		return;
	uint32_t n = (t->blocks[c->prev - t->start] & B_COUNT) - 1;
	for (uint64_t at = c->prev; at != pc && n > 0; n--) {
		t = text_of(c, at);
		at += t->lens[at - t->start];
	}
	c->left += n;
}

// vague_fault ends the run before the instruction that the engine stands at, for a
// fault that pl_explain will look at. Where there is an area, registers and memory are
// those from before the instruction.
static void vague_fault(pl_cpu *c, uc_engine *uc)
{
	uint64_t pc = reg(uc, UC_X86_REG_RIP);
	counted_from(c, pc);
	c->vague = c->rewind = true;
	end_run(c, PL_FAULT, pc);
}

// stepped_int tells whether the last instruction was int N. The engine stands behind it then.
static bool stepped_int(pl_cpu *c)
{
	uint8_t b[15];
	return c->kind >= PL_STEP && pl_is_int(b, pl_code_bytes(c, c->prev, b, sizeof b));
}

// pl_fault ends the run because of the instruction at c->prev. Only some faults leave
// the state from before it when it was stepped: a trap flag hits behind the
// instruction, an instruction that is found to be illegal may have switched to MMX, and
// one that fails to divide has lost the flags with version 2.1.2 or newer.
void pl_fault(pl_cpu *c, int kind)
{
	enum { TRAP = 1, BREAKPOINT = 3, PROTECTION = 13, OWN = 32 }; // OWN and up are of int N only
	bool clean = kind == PL_HALT ||
		(kind == PL_EXCEPTION && (c->fault_vector == BREAKPOINT || c->fault_vector >= OWN));
	if (kind == PL_EXCEPTION && c->fault_vector < OWN && c->fault_vector != BREAKPOINT && stepped_int(c)) {
		c->fault_vector = PROTECTION; // a program may ask for 3 only
		clean = true;
	}
	if (c->area_size && kind == PL_EXCEPTION && c->fault_vector == TRAP) {
		c->fault_kind = kind;
		end_run(c, PL_FAULT, reg(c->uc[c->mode][c->kind], UC_X86_REG_RIP));
		return;
	}
	bool exact = takes_back(c) || (c->kind == PL_STEP && clean);
	c->fault_kind = kind;
	if (c->area_size && !exact) {
		vague_fault(c, c->uc[c->mode][c->kind]);
		return;
	}
	counted_before(c);
	c->rewind = true;
	end_run(c, exact ? PL_FAULT : PL_INEXACT, c->prev);
}

static void data_fault(pl_cpu *c, int kind, uint64_t addr, int size)
{
	c->fault_kind = kind;
	c->fault_addr = addr;
	c->fault_size = size;
	c->fault_mapped = pl_find_map(c, addr) != NULL;
	counted_before(c);
	c->rewind = true;
	const struct pl_undo *u = c->undo;
	// A store across pages is done byte by byte.
	if (takes_back(c) && kind == PL_WRITE && addr - u->last < u->last_size)
		c->fault_size = u->last_size;
	end_run(c, takes_back(c) ? PL_FAULT : PL_INEXACT, c->prev);
}

// pl_denied ends a leg in which an access was denied.
void pl_denied(pl_cpu *c, uc_engine *uc)
{
	uint64_t pc = reg(uc, UC_X86_REG_RIP), page = c->denied_page;
	if (c->denied_type != UC_MEM_READ && c->denied_type != UC_MEM_WRITE) {
		silence(c);
		c->fetching = true;
		c->fault_addr = pc - page < 4096 ? pc : page;
		c->pc = pc;
	} else {
		vague_fault(c, uc);
	}
}

// full_address returns the address of an access: the engine reports 52 bits of it.
static uint64_t full_address(uint64_t addr) { return (uint64_t)((int64_t)(addr << 12) >> 12); }

// pl_on_bad_memory need not stop the engine: an access that fails ends the run by
// itself, a load or a fetch at once, a store behind its instruction or block.
bool pl_on_bad_memory(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user)
{
	pl_cpu *c = user;
	(void)value;
	if (c->stopped)
		return false;
	addr = c->explaining ? c->denied_page | (addr & 4095) : full_address(addr);
	switch (type) {
	case UC_MEM_READ_PROT:
	case UC_MEM_READ_UNMAPPED:
		data_fault(c, PL_READ, addr, size);
		break;
	case UC_MEM_WRITE_PROT:
	case UC_MEM_WRITE_UNMAPPED:
		data_fault(c, PL_WRITE, addr, size);
		break;
	default:
		// The engine was translating a block, which need not come this far.
		silence(c);
		c->fetching = true;
		c->fault_addr = addr;
		c->pc = reg(uc, UC_X86_REG_RIP);
	}
	return false;
}

void pl_on_interrupt(uc_engine *uc, uint32_t vector, void *user)
{
	pl_cpu *c = user;
	if (!c->stopped) {
		c->fault_vector = vector;
		pl_fault(c, PL_EXCEPTION);
	}
	uc_emu_stop(uc);
}

bool pl_on_illegal(uc_engine *uc, void *user)
{
	pl_cpu *c = user;
	(void)uc;
	if (!c->stopped)
		pl_fault(c, PL_ILLEGAL);
	return false;
}

// pl_on_write notes what a store is about to overwrite.
void pl_on_write(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user)
{
	pl_cpu *c = user;
	struct pl_undo *u = c->undo;
	(void)uc, (void)type, (void)value;
	u->last = addr;
	u->last_size = size;
	for (int i = 0; i < size && u->n < UNDO; i++) {
		const pl_map *m = pl_find_map(c, addr + i);
		if (!m)
			return; // here it will fault
		u->byte[u->n].host = m->host + (addr + i - m->start);
		u->byte[u->n].old = *u->byte[u->n].host;
		u->n++;
	}
}

// pl_remember notes the state before an instruction.
void pl_remember(pl_cpu *c, uc_engine *uc)
{
	c->undo->n = 0;
	c->undo->last_size = 0;
	uc_context_save(uc, c->before);
}

// pl_take_back undoes the last instruction.
void pl_take_back(pl_cpu *c, uint8_t *context)
{
	struct pl_undo *u = c->undo;
	while (u->n > 0) {
		u->n--;
		*u->byte[u->n].host = u->byte[u->n].old;
	}
	c->naccesses = c->access_first;
	memcpy(context, c->before, c->context_size);
}
