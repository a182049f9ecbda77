// Running guest code with exact stops.
//
// A CPU has up to six engines over the same host memory: one per privilege (an
// engine maps only what its mode may touch) and kind. A run starts on the engine
// that is fastest for what is asked: PLAIN pays for nothing; WATCH has a block
// hook that subtracts the block's instruction count from the budget, reports
// watched addresses and stops before a block that does not fit. What is left of
// the budget is then run on STEP, whose code hook sees every instruction. A
// register context moves between them.
//
// STEP is also where instructions are classified: a block runs on the fast
// engines only after each of its instructions was seen by STEP once, which knows
// where instructions begin. So the fast engines never meet an instruction that is
// refused, and need no decoder.

#include <stdlib.h>
#include <string.h>
#include "engine.h"
#include "_cgo_export.h"

enum { UNCLASSIFIED = 0, ARENA = 0xffff };

pl_cpu *pl_new(void) { return calloc(1, sizeof(pl_cpu)); }

void pl_free(pl_cpu *c)
{
	for (int i = 0; i < c->ntext; i++) {
		free(c->text[i].flags);
		free(c->text[i].lens);
		free(c->text[i].counts);
	}
	if (c->fault_context)
		uc_context_free(c->fault_context);
	free(c);
}

// --- memory -----------------------------------------------------------------

enum { P_READ = 1, P_WRITE = 2, P_EXEC = 4, P_USER = 8 };

// perm_for is what an engine of that mode may do with a mapping; 0 for nothing.
// The kernel may read and write user memory but not run it, as with SMEP.
static uint32_t perm_for(int mode, uint32_t perm)
{
	if (mode == PL_USER && !(perm & P_USER))
		return 0;
	if (mode == PL_KERNEL && (perm & P_USER))
		perm &= ~P_EXEC;
	uint32_t p = 0;
	if (perm & P_READ)
		p |= UC_PROT_READ;
	if (perm & P_WRITE)
		p |= UC_PROT_WRITE;
	if (perm & P_EXEC)
		p |= UC_PROT_EXEC;
	return p;
}

static uc_err map_into(uc_engine *uc, int mode, const pl_map *m)
{
	uint32_t p = perm_for(mode, m->perm);
	if (!p)
		return UC_ERR_OK;
	return uc_mem_map_ptr(uc, m->start, m->end - m->start, p, m->host);
}

uc_err pl_map_add(pl_cpu *c, uint64_t start, uint64_t size, uint8_t *host, uint32_t perm)
{
	if (c->nmap == PL_MAPS || ((perm & P_EXEC) && c->ntext == PL_TEXTS))
		return UC_ERR_RESOURCE;
	pl_map m = { start, start + size, host, perm };
	if (perm & P_EXEC) {
		pl_text t = { start, start + size, host, calloc(size, 1), calloc(size, 1), calloc(size, 2) };
		if (!t.flags || !t.lens || !t.counts)
			return UC_ERR_NOMEM;
		c->text[c->ntext++] = t;
	}
	for (int mode = 0; mode < PL_MODES; mode++)
		for (int kind = 0; kind < PL_KINDS; kind++)
			if (c->uc[mode][kind]) {
				uc_err err = map_into(c->uc[mode][kind], mode, &m);
				if (err)
					return err;
			}
	c->map[c->nmap++] = m;
	c->last = c->text;
	return UC_ERR_OK;
}

uc_err pl_map_remove(pl_cpu *c, uint64_t start, uint64_t size)
{
	int i = 0;
	while (i < c->nmap && !(c->map[i].start == start && c->map[i].end == start + size))
		i++;
	if (i == c->nmap)
		return UC_ERR_ARG;
	if (c->map[i].perm & P_EXEC) {
		pl_text_changed(c, start, start + size);
		int j = 0;
		while (c->text[j].start != start)
			j++;
		free(c->text[j].flags);
		free(c->text[j].lens);
		free(c->text[j].counts);
		memmove(c->text + j, c->text + j + 1, (c->ntext - j - 1) * sizeof *c->text);
		c->ntext--;
		c->last = c->text;
	}
	for (int mode = 0; mode < PL_MODES; mode++)
		for (int kind = 0; kind < PL_KINDS; kind++)
			if (c->uc[mode][kind] && perm_for(mode, c->map[i].perm)) {
				uc_err err = uc_mem_unmap(c->uc[mode][kind], start, size);
				if (err)
					return err;
			}
	memmove(c->map + i, c->map + i + 1, (c->nmap - i - 1) * sizeof *c->map);
	c->nmap--;
	return UC_ERR_OK;
}

// word returns the host address of the eight bytes at a that the kernel may
// write, or NULL.
static uint64_t *word(pl_cpu *c, uint64_t a)
{
	for (int i = 0; i < c->nmap; i++) {
		const pl_map *m = &c->map[i];
		if (m->start <= a && a <= m->end - 8)
			return (m->perm & P_WRITE) ? (uint64_t *)(m->host + (a - m->start)) : NULL;
	}
	return NULL;
}

static inline pl_text *text_of(pl_cpu *c, uint64_t a)
{
	pl_text *t = c->last;
	if (t && t->start <= a && a < t->end)
		return t;
	for (int i = 0; i < c->ntext; i++) {
		t = &c->text[i];
		if (t->start <= a && a < t->end)
			return c->last = t;
	}
	return NULL;
}

static inline bool in_arena(const pl_cpu *c, uint64_t a)
{
	return c->arena_start <= a && a < c->arena_end;
}

// A block is at most this long, so one that starts further away does not reach.
enum { BLOCK_REACH = 2 * 4096 };

// forget_counts drops the counts of the blocks that may reach into [start, end).
static void forget_counts(pl_text *t, uint64_t start, uint64_t end)
{
	uint64_t from = start - t->start < BLOCK_REACH ? t->start : start - BLOCK_REACH;
	memset(t->counts + (from - t->start), 0, (end - from) * sizeof *t->counts);
	for (uint64_t a = from; a < end; a++)
		t->flags[a - t->start] &= ~PL_F_INNER;
}

void pl_text_changed(pl_cpu *c, uint64_t start, uint64_t end)
{
	pl_text *t = text_of(c, start);
	if (!t || end > t->end)
		return;
	forget_counts(t, start, end);
	// An instruction is at most 15 bytes, so one that began before may have changed too.
	uint64_t from = start - t->start < 15 ? t->start : start - 15;
	for (uint64_t a = from; a < end; a++) {
		t->lens[a - t->start] = 0;
		t->flags[a - t->start] &= ~(PL_F_REP | PL_F_REFUSE);
	}
	for (int mode = 0; mode < PL_MODES; mode++)
		for (int kind = 0; kind < PL_KINDS; kind++)
			if (c->uc[mode][kind])
				uc_ctl_remove_cache(c->uc[mode][kind], start, end);
}

bool pl_flag(pl_cpu *c, uint64_t addr, uint8_t flag, bool on)
{
	pl_text *t = text_of(c, addr);
	if (!t)
		return false;
	uint8_t *f = &t->flags[addr - t->start];
	if (flag == PL_F_WATCH && !!(*f & flag) != on)
		c->nwatch += on ? 1 : -1;
	if (flag == PL_F_BREAK && !!(*f & flag) != on && in_arena(c, addr))
		c->arena_breaks += on ? 1 : -1;
	*f = on ? *f | flag : *f & ~flag;
	forget_counts(t, addr, addr + 1);
	return true;
}

void pl_forget(pl_cpu *c) { memset(c->memo, 0, sizeof c->memo); }

// --- hooks ------------------------------------------------------------------

static inline uint64_t reg(uc_engine *uc, int id)
{
	uint64_t v = 0;
	uc_reg_read(uc, id, &v);
	return v;
}

static void stop(pl_cpu *c, uc_engine *uc, int reason, uint64_t pc)
{
	if (c->stop)
		return;
	c->stop = true;
	c->reason = reason;
	c->pc = pc;
	uc_emu_stop(uc);
}

static void stop_fault(pl_cpu *c, uc_engine *uc, int kind, uint64_t pc)
{
	if (c->stop)
		return;
	c->fault_kind = kind;
	stop(c, uc, c->kind == PL_STEP ? PL_FAULT : PL_INEXACT, pc);
}

static void event(pl_cpu *c, uint64_t kind, uint64_t addr, uint64_t sp, uint64_t body)
{
	pl_event *e = &c->events[c->nevents++];
	e->kind = kind;
	e->addr = addr;
	e->sp = sp;
	e->body = body;
	e->at = c->budget - c->left;
}

static bool breaks_here(pl_cpu *c, uint64_t addr)
{
	for (int i = 0; i < c->nbreak; i++)
		if (c->breaks[i].addr == addr && c->breaks[i].task == c->task)
			return true;
	return false;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

// choose finds the body for the function whose site returns to ip, by memo or by
// asking. It returns false when the run has to end.
static bool choose(pl_cpu *c, uc_engine *uc, uint64_t ip, uint64_t slot, uint64_t *body)
{
	pl_memo *m = &c->memo[(ip ^ ip >> 8 ^ (uint64_t)c->task * 37) % PL_MEMO];
	if (m->ip != ip || m->task != c->task || !m->body) {
		uint64_t to = goDecide(c->user, c->task, ip);
		if (to == ~0ull) {
			c->fault_word = ip;
			stop_fault(c, uc, PL_REFUSED, c->stub.entry);
			return false;
		}
		*m = (pl_memo){ ip, c->task, to };
	}
	*body = m->body;
	c->decisions = mix(mix(mix(c->decisions, c->task), ip), m->body);
	if (c->nwatch)
		event(c, PL_DECIDED, ip, slot, m->body);
	return true;
}

// on_entry is called at the stub's first instruction, which then jumps where the
// cell says. The whole form of the handler is done here, at once: it leaves the
// return slot and the dead words below it as stub and shim would. What has to be
// taken in steps goes through them.
static void on_entry(pl_cpu *c, uc_engine *uc)
{
	*c->stub.cell = c->stub.slow;
	if (c->stepped || c->arena_breaks || !c->has_decide)
		return;
	uint64_t sp = reg(uc, UC_X86_REG_RSP), bp = reg(uc, UC_X86_REG_RBP);
	uint64_t *e = word(c, sp);
	if (!e || !word(c, sp - 56) || !word(c, sp + 8))
		return; // the stub's own accesses will fault
	uint64_t ip = e[0], body;
	if (!choose(c, uc, ip, sp, &body))
		return;
	e[-1] = e[1];
	e[-2] = bp;
	e[-3] = ip;
	e[-4] = sp - 16;
	e[-5] = body;
	e[-6] = c->stub.commit;
	e[-7] = sp - 32;
	e[0] = body;
	*c->stub.cell = c->stub.fast;
}

// on_shim is called at the shim's hook instruction, where only what takes the
// handler in steps, or was sent through the stub, comes.
static void on_shim(pl_cpu *c, uc_engine *uc)
{
	uint64_t bp = reg(uc, UC_X86_REG_RBP), body;
	uint64_t *w = word(c, bp);
	if (!w || !word(c, bp + 56)) {
		c->fault_word = bp;
		stop_fault(c, uc, PL_REFUSED, c->stub.hook);
	} else if (c->stepped || !c->has_decide) {
		stop(c, uc, PL_HOOK, c->stub.hook + 1);
	} else if (choose(c, uc, w[4], bp + 56, &body)) {
		w[2] = body;
	}
}

static void on_stub(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	pl_cpu *c = user;
	if (c->stop || c->need_step)
		return;
	if (addr == c->stub.entry)
		on_entry(c, uc);
	else if (addr == c->stub.hook)
		on_shim(c, uc);
}

// inner reports whether the bytes after the first of a block have one of the
// flags that only the stepping engine obeys.
static bool inner(const pl_text *t, uint64_t addr, uint32_t size, uint8_t flags)
{
	uint64_t end = addr + size < t->end ? addr + size : t->end;
	for (uint64_t a = addr + 1; a < end; a++)
		if (t->flags[a - t->start] & flags)
			return true;
	return false;
}

// classify finds out the number of instructions of the block at addr, and
// whether it can run on a fast engine. It leaves the count at 0 while an
// instruction of it was never stepped.
static uint16_t classify(pl_cpu *c, pl_text *t, uint64_t addr, uint32_t size, uint16_t icount)
{
	uint64_t i = addr - t->start;
	if (t->counts[i] != UNCLASSIFIED)
		return t->counts[i];
	if (inner(t, addr, size, PL_F_WATCH | PL_F_BREAK))
		t->flags[i] |= PL_F_INNER;
	if (in_arena(c, addr))
		return t->counts[i] = ARENA;
	uint64_t a = addr;
	for (int n = 0; n < icount; n++) {
		if (a >= t->end || !t->lens[a - t->start] || (t->flags[a - t->start] & PL_F_REFUSE))
			return UNCLASSIFIED;
		a += t->lens[a - t->start];
	}
	return t->counts[i] = icount;
}

// on_block is called before each block on the watching engine.
static void on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	pl_cpu *c = user;
	if (c->stop || c->need_step)
		return;
	pl_text *t = text_of(c, addr);
	if (!t)
		return; // until, or a fetch that is about to fault
	uint64_t i = addr - t->start;
	uint16_t n = t->counts[i];
	if (n == UNCLASSIFIED) {
		uc_tb tb;
		if (!in_arena(c, addr) && uc_ctl_request_cache(uc, addr, &tb) == UC_ERR_OK)
			n = classify(c, t, addr, size, tb.icount);
		else
			n = classify(c, t, addr, size, 0);
	}
	uint8_t f = t->flags[i];
	bool again = (f & PL_F_REP) && c->prev_end == addr + t->lens[i];
	c->prev_end = addr + size;
	if (n == ARENA)
		n = 0;
	else if (again)
		n--; // the rep instruction was counted when it began
	if ((f & (PL_F_BREAK | PL_F_INNER)) || t->counts[i] == UNCLASSIFIED || n > c->left ||
	    c->nevents >= PL_EVENTS - 2) {
		if (again && n == 0 && !(f & PL_F_INNER))
			return; // never stop inside of a rep instruction
		c->need_step = true;
		c->pc = addr;
		uc_emu_stop(uc);
		return;
	}
	if (f & PL_F_WATCH)
		event(c, PL_ENTERED, addr, reg(uc, UC_X86_REG_RSP), 0);
	c->left -= n;
}

// on_edge is called when the plain engine has translated a block it has not run
// yet.
static void on_edge(uc_engine *uc, uc_tb *cur, uc_tb *prev, void *user)
{
	pl_cpu *c = user;
	if (c->stop || c->need_step || cur->pc == c->until)
		return;
	pl_text *t = text_of(c, cur->pc);
	if (t && classify(c, t, cur->pc, cur->size, cur->icount) != UNCLASSIFIED)
		return;
	c->need_step = true;
	c->pc = cur->pc;
	uc_emu_stop(uc);
}

// --- instructions -----------------------------------------------------------

static bool is_rep(const uint8_t *b, uint32_t size)
{
	bool rep = false;
	uint32_t i = 0;
	for (; i < size; i++) {
		if (b[i] == 0xf2 || b[i] == 0xf3)
			rep = true;
		else if (b[i] != 0x66 && b[i] != 0x67 && b[i] != 0x64 && b[i] != 0x65 && (b[i] & 0xf0) != 0x40)
			break;
	}
	if (!rep || i >= size)
		return false;
	uint8_t op = b[i];
	return (op >= 0xa4 && op <= 0xa7) || (op >= 0xaa && op <= 0xaf) || (op >= 0x6c && op <= 0x6f);
}

// is_refused tells instructions that the engine would run wrongly or that would
// let the host show through. Two-byte and longer opcodes are looked for behind
// the prefixes. Privileged ones are refused in user mode only.
static bool is_refused(const uint8_t *b, uint32_t size, int mode)
{
	uint32_t i = 0;
	while (i < size && (b[i] == 0x66 || b[i] == 0x67 || b[i] == 0xf2 || b[i] == 0xf3 || b[i] == 0x2e ||
	                    b[i] == 0x36 || b[i] == 0x3e || b[i] == 0x26 || b[i] == 0x64 || b[i] == 0x65))
		i++;
	if (i < size && (b[i] & 0xf0) == 0x40)
		i++;
	if (i >= size)
		return false;
	uint8_t op = b[i], op2 = i + 1 < size ? b[i + 1] : 0, op3 = i + 2 < size ? b[i + 2] : 0;
	if (op == 0xc4 || op == 0xc5 || op == 0x62)
		return true; // VEX, EVEX
	if (op == 0x8f && (op2 & 0x1f) >= 8 && (op2 & 0x38) != 0)
		return true; // XOP
	if (op == 0x0f) {
		if (op2 == 0x31 || op2 == 0x33)
			return true; // rdtsc, rdpmc
		if (op2 == 0xc7 && op3 >= 0xf0)
			return true; // rdrand, rdseed, rdpid
		if (op2 == 0x01 && op3 >= 0xc0)
			return op3 != 0xd0; // rdtscp, swapgs, ...; xgetbv is harmless
		if (op2 == 0x01 || op2 == 0x00)
			return true; // lgdt, lidt, ltr, ...
		if (op2 >= 0x20 && op2 <= 0x23)
			return true; // mov to and from control and debug registers
		if (op2 == 0x30 || op2 == 0x32 || op2 == 0x06 || op2 == 0x08 || op2 == 0x09 || op2 == 0x07 ||
		    op2 == 0x34 || op2 == 0x35)
			return true; // wrmsr, rdmsr, clts, invd, wbinvd, sysret, sysenter, sysexit
		return false;
	}
	if ((op >= 0x6c && op <= 0x6f) || (op >= 0xe4 && op <= 0xe7) || (op >= 0xec && op <= 0xef))
		return true; // in, out, ins, outs
	if (op == 0xcf || op == 0xfa || op == 0xfb)
		return true; // iret, cli, sti
	return false;
}

// look classifies the instruction at addr, whose length the engine tells.
static void look(pl_cpu *c, pl_text *t, uint64_t addr, uint32_t size)
{
	uint64_t i = addr - t->start;
	if (size == 0 || size > 15 || addr + size > t->end)
		return; // not decodable: executing it will fault
	t->lens[i] = size;
	if (is_rep(t->host + i, size))
		t->flags[i] |= PL_F_REP;
	if (is_refused(t->host + i, size, c->mode))
		t->flags[i] |= PL_F_REFUSE;
}

// on_code is called before each instruction on the stepping engine.
static void on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	pl_cpu *c = user;
	if (c->stop || c->need_step)
		return;
	pl_text *t = text_of(c, addr);
	if (!t)
		return; // until, or a fetch that is about to fault
	uint64_t i = addr - t->start;
	if (!t->lens[i])
		look(c, t, addr, size);
	uint8_t f = t->flags[i];
	bool arena = in_arena(c, addr);
	bool again = (f & PL_F_REP) && c->prev == addr;
	if (!again) {
		if (!arena && c->left == 0) {
			stop(c, uc, PL_BUDGET, addr);
			return;
		}
		if (c->steps == 0) {
			c->need_step = true; // done with what had to be stepped
			c->pc = addr;
			uc_emu_stop(uc);
			return;
		}
		if ((f & PL_F_BREAK) && breaks_here(c, addr)) {
			stop(c, uc, PL_BREAK, addr);
			return;
		}
		if (c->nevents >= PL_EVENTS - 2) {
			stop(c, uc, PL_FULL, addr);
			return;
		}
		if (f & PL_F_REFUSE) {
			c->fault_word = 0;
			memcpy(&c->fault_word, t->host + i, t->lens[i] < 8 ? t->lens[i] : 8);
			stop_fault(c, uc, PL_REFUSED, addr);
			return;
		}
		if (f & PL_F_WATCH)
			event(c, PL_ENTERED, addr, reg(uc, UC_X86_REG_RSP), 0);
		if (!arena)
			c->left--;
		c->steps--;
	}
	c->prev = addr;
	c->prev_end = addr + t->lens[i];
	if (arena)
		on_stub(uc, addr, size, c);
}

static void on_syscall(uc_engine *uc, void *user)
{
	stop(user, uc, PL_SYSCALL, reg(uc, UC_X86_REG_RIP) + 2);
}

// uncount gives back the instruction that was counted before it faulted.
static void uncount(pl_cpu *c)
{
	if (c->kind == PL_STEP && !in_arena(c, c->prev))
		c->left++;
}

static bool on_bad_memory(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user)
{
	pl_cpu *c = user;
	if (c->stop || c->need_step)
		return false;
	bool mapped = type == UC_MEM_READ_PROT || type == UC_MEM_WRITE_PROT || type == UC_MEM_FETCH_PROT;
	int kind = type == UC_MEM_READ_PROT || type == UC_MEM_READ_UNMAPPED ? PL_READ
		: type == UC_MEM_WRITE_PROT || type == UC_MEM_WRITE_UNMAPPED ? PL_WRITE : PL_FETCH;
	c->fault_addr = addr;
	c->fault_size = size;
	c->fault_mapped = mapped;
	if (c->kind == PL_STEP && kind != PL_FETCH) {
		// The registers are those from before the instruction only now.
		uc_context_save(uc, c->fault_context);
		c->fault_saved = true;
		uncount(c);
	}
	stop_fault(c, uc, kind, kind == PL_FETCH ? addr : c->prev);
	return false;
}

static void on_interrupt(uc_engine *uc, uint32_t vector, void *user)
{
	pl_cpu *c = user;
	if (c->stop || c->need_step)
		return;
	c->fault_vector = vector;
	uncount(c);
	stop_fault(c, uc, PL_EXCEPTION, c->prev);
}

static bool on_illegal(uc_engine *uc, void *user)
{
	pl_cpu *c = user;
	if (!c->stop && !c->need_step) {
		uncount(c);
		stop_fault(c, uc, PL_ILLEGAL, c->prev);
	}
	return false;
}

static void find_layout(pl_cpu *c, uc_engine *uc);

uc_err pl_open(pl_cpu *c, int mode, int kind, uc_engine *uc)
{
	uc_hook h;
	uc_err err = 0;
	for (int i = 0; i < c->nmap && !err; i++)
		err = map_into(uc, mode, &c->map[i]);
	if (!err)
		err = uc_hook_add(uc, &h, UC_HOOK_INSN, on_syscall, c, 1, 0, UC_X86_INS_SYSCALL);
	if (!err)
		err = uc_hook_add(uc, &h, UC_HOOK_MEM_INVALID, on_bad_memory, c, 1, 0);
	if (!err)
		err = uc_hook_add(uc, &h, UC_HOOK_INTR, on_interrupt, c, 1, 0);
	if (!err)
		err = uc_hook_add(uc, &h, UC_HOOK_INSN_INVALID, on_illegal, c, 1, 0);
	if (!err && kind == PL_STEP)
		err = uc_hook_add(uc, &h, UC_HOOK_CODE, on_code, c, 1, 0);
	if (!err && kind == PL_WATCH)
		err = uc_hook_add(uc, &h, UC_HOOK_BLOCK, on_block, c, 1, 0);
	if (!err && kind == PL_PLAIN)
		err = uc_hook_add(uc, &h, UC_HOOK_EDGE_GENERATED, on_edge, c, 1, 0);
	if (!err && kind != PL_STEP && c->stub.entry && mode == PL_KERNEL)
		err = uc_hook_add(uc, &h, UC_HOOK_CODE, on_stub, c, c->stub.hook, c->stub.entry);
	if (!err && !c->fault_context) {
		c->context_size = uc_context_size(uc);
		err = uc_context_alloc(uc, &c->fault_context);
		if (!err)
			find_layout(c, uc);
	}
	if (!err)
		c->uc[mode][kind] = uc;
	return err;
}

// --- running ----------------------------------------------------------------

static int gpr_ids[17] = {
	UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
	UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RFLAGS,
};

// The registers besides xmm and the x87 stack that make up the vector hash, and
// bits of each that can be set freely.
static const struct {
	int id, size;
	uint64_t bits;
} others[PL_OTHERS] = {
	{ UC_X86_REG_FS_BASE, 8, ~0ull }, { UC_X86_REG_GS_BASE, 8, ~0ull },
	{ UC_X86_REG_MXCSR, 4, 0xffbf }, { UC_X86_REG_FPCW, 2, 0xf3f },
	{ UC_X86_REG_FPSW, 2, 0 }, { UC_X86_REG_FPTAG, 2, 0 },
};

static uint64_t read_other(const pl_cpu *c, void *context, int i)
{
	uint64_t v = 0;
	if (c->layout.other[i])
		memcpy(&v, (uint8_t *)context + c->layout.other[i], others[i].size);
	else
		uc_context_reg_read(context, others[i].id, &v);
	return v;
}

// offset_of finds the only place in a saved context that follows a register; 0 if
// there is none or more than one.
static size_t offset_of(pl_cpu *c, uc_engine *uc, int i)
{
	uint8_t *ctx = (uint8_t *)c->fault_context;
	size_t found = 0;
	uint64_t old = 0, v = 0;
	uc_reg_read(uc, others[i].id, &old);
	for (size_t o = 8; others[i].bits && o + 8 <= c->context_size; o += others[i].size) {
		bool follows = true;
		for (uint64_t round = 1; follows && round < 5; round++) {
			v = mix(round, round * 7) & others[i].bits;
			uc_reg_write(uc, others[i].id, &v);
			uc_context_save(uc, c->fault_context);
			follows = !memcmp(ctx + o, &v, others[i].size);
		}
		if (follows && found) {
			found = 0;
			break;
		}
		if (follows)
			found = o;
	}
	uc_reg_write(uc, others[i].id, &old);
	return found;
}

static void read_many(void *context, int first, int n, uint64_t words[][2])
{
	int ids[PL_XMMS];
	void *p[PL_XMMS];
	memset(words, 0, n * sizeof *words);
	for (int i = 0; i < n; i++) {
		ids[i] = first + i;
		p[i] = words[i];
	}
	uc_context_reg_read_batch(context, ids, p, n);
}

// find_layout finds out where a saved context keeps registers, by saving values
// that occur nowhere else. The library gives no such promise, so the places are
// checked with other values; where they do not hold, the library is asked at every
// stop, which is slower.
static void find_layout(pl_cpu *c, uc_engine *uc)
{
	uint8_t *ctx = (uint8_t *)c->fault_context;
	uint64_t xmm[PL_XMMS][2], back[PL_XMMS][2], zero[2] = { 0, 0 };
	pl_layout l = { 0 };
	for (int round = 0; round < 2; round++) {
		uint64_t seed = round ? 0x1d8e4e27c47d124full : 0xd1342543de82ef95ull, gpr[16];
		for (int i = 0; i < 16; i++) {
			gpr[i] = seed = mix(seed, i + 1);
			uc_reg_write(uc, gpr_ids[i], &gpr[i]);
			xmm[i][0] = seed = mix(seed, i + 100);
			xmm[i][1] = seed = mix(seed, i + 200);
			uc_reg_write(uc, UC_X86_REG_XMM0 + i, xmm[i]);
		}
		uc_context_save(uc, c->fault_context);
		for (size_t o = 8; !round && o + sizeof gpr <= c->context_size; o += 8) {
			if (!memcmp(ctx + o, gpr, sizeof gpr))
				l.gpr = o;
			if (!l.xmm && !memcmp(ctx + o, xmm[0], 16))
				l.xmm = o;
			else if (l.xmm && !l.xmm_stride && !memcmp(ctx + o, xmm[1], 16))
				l.xmm_stride = o - l.xmm;
		}
		read_many(ctx, UC_X86_REG_XMM0, PL_XMMS, back);
		bool ok = l.gpr && l.xmm && l.xmm_stride && !memcmp(ctx + l.gpr, gpr, sizeof gpr) &&
			l.xmm + 16 * l.xmm_stride <= c->context_size;
		for (int i = 0; ok && i < 16; i++)
			ok = !memcmp(ctx + l.xmm + i * l.xmm_stride, back[i], 16) && !memcmp(back[i], xmm[i], 16);
		if (!ok)
			l = (pl_layout){ 0 };
	}
	for (int i = 0; i < PL_OTHERS; i++)
		l.other[i] = offset_of(c, uc, i);
	c->layout = l;
	for (int i = 0; i < 16; i++) {
		uc_reg_write(uc, gpr_ids[i], zero);
		uc_reg_write(uc, UC_X86_REG_XMM0 + i, zero);
	}
}

// term is one summand of the vector hash: odd factors, so that a change of one
// word always changes the sum, and no chain between the words.
static inline uint64_t term(const uint64_t w[2], uint64_t i)
{
	return (w[0] ^ i << 56) * (0x9e3779b97f4a7c15ull + 2 * i) + (w[1] << 32 | w[1] >> 32) * (0xff51afd7ed558ccdull + 2 * i);
}

void pl_registers(pl_cpu *c, void *context)
{
	const uint8_t *ctx = context;
	if (c->layout.gpr) {
		memcpy(c->gpr, ctx + c->layout.gpr, sizeof c->gpr);
		uc_context_reg_read(context, UC_X86_REG_RFLAGS, &c->rflags);
	} else {
		void *p[17];
		for (int i = 0; i < 16; i++)
			p[i] = &c->gpr[i];
		p[16] = &c->rflags;
		uc_context_reg_read_batch(context, gpr_ids, p, 17);
	}
	uint64_t words[PL_XMMS][2], h = 0;
	if (c->layout.xmm)
		for (int i = 0; i < PL_XMMS; i++)
			memcpy(words[i], ctx + c->layout.xmm + i * c->layout.xmm_stride, 16);
	else
		read_many(context, UC_X86_REG_XMM0, PL_XMMS, words);
	for (int i = 0; i < PL_XMMS; i++)
		h += term(words[i], i);
	uint64_t other[2] = { 0, 0 };
	for (int i = 0; i < PL_OTHERS; i++) {
		other[0] = read_other(c, context, i);
		h += term(other, 32 + i);
	}
	if (other[0] != 0xffff) { // some x87 register is in use
		read_many(context, UC_X86_REG_FP0, PL_FPS, words);
		for (int i = 0; i < PL_FPS; i++)
			h += term(words[i], 64 + i);
	}
	c->vector = mix(h, 1);
}

void pl_set_registers(pl_cpu *c, void *context)
{
	void *gpr[17];
	for (int i = 0; i < 16; i++)
		gpr[i] = &c->gpr[i];
	gpr[16] = &c->rflags;
	uc_context_reg_write_batch(context, gpr_ids, gpr, 17);
}

uc_err pl_reset_context(pl_cpu *c, void *context)
{
	uc_engine *uc = c->uc[PL_KERNEL][PL_STEP];
	uint32_t mxcsr = 0x1f80;
	uint16_t fpcw = 0x37f;
	uint64_t flags = 0x202;
	uc_err err = uc_reg_write(uc, UC_X86_REG_MXCSR, &mxcsr);
	if (!err)
		err = uc_reg_write(uc, UC_X86_REG_FPCW, &fpcw);
	if (!err)
		err = uc_reg_write(uc, UC_X86_REG_RFLAGS, &flags);
	if (err)
		return err;
	// A context has a header that only an allocated one gets right.
	uc_context *fresh;
	err = uc_context_alloc(uc, &fresh);
	if (err)
		return err;
	err = uc_context_save(uc, fresh);
	if (!err)
		memcpy(context, fresh, c->context_size);
	uc_context_free(fresh);
	return err;
}

void pl_interrupt(pl_cpu *c)
{
	c->interrupted = true;
	for (int mode = 0; mode < PL_MODES; mode++)
		for (int kind = 0; kind < PL_KINDS; kind++)
			if (c->uc[mode][kind])
				uc_emu_stop(c->uc[mode][kind]);
}

// settle finds the reason of a run that no hook stopped.
static void settle(pl_cpu *c, uc_engine *uc, uc_err err)
{
	if (c->stop || c->need_step)
		return;
	uint64_t rip = reg(uc, UC_X86_REG_RIP);
	if (err == UC_ERR_OK && rip == c->until) {
		if (c->mode == PL_USER) {
			c->fault_addr = rip;
			stop_fault(c, uc, PL_FETCH, rip);
		} else {
			stop(c, uc, PL_RETURN, rip);
		}
	} else if (err == UC_ERR_OK) {
		uncount(c);
		stop_fault(c, uc, PL_HALT, c->prev);
	} else if (err == UC_ERR_INSN_INVALID) {
		uncount(c);
		stop_fault(c, uc, PL_ILLEGAL, c->prev);
	} else {
		c->uc_err = err;
		c->stop = true;
	}
}

// fits reports whether the watching engine is worth starting: not when the first
// block is already known to be more than the budget.
static bool fits(pl_cpu *c)
{
	pl_text *t = text_of(c, c->pc);
	if (!t)
		return true;
	uint16_t n = t->counts[c->pc - t->start];
	return n == UNCLASSIFIED || n == ARENA || n <= c->left;
}

// known reports whether the block at the current pc was classified, so that the
// plain engine may start there: its edge hook does not see a first block.
static bool known(pl_cpu *c)
{
	pl_text *t = text_of(c, c->pc);
	uc_tb tb;
	if (!t)
		return true; // the fetch will fault
	if (t->counts[c->pc - t->start] != UNCLASSIFIED)
		return true;
	if (uc_ctl_request_cache(c->uc[c->mode][PL_PLAIN], c->pc, &tb) != UC_ERR_OK)
		return false;
	return classify(c, t, c->pc, tb.size, tb.icount) != UNCLASSIFIED;
}

// block_size asks how many instructions the block at the current pc has, so that
// just these are stepped.
static uint64_t block_size(pl_cpu *c)
{
	uc_tb tb;
	if (in_arena(c, c->pc))
		return 32; // more than a block there has; stepping on does no harm
	if (uc_ctl_request_cache(c->uc[c->mode][PL_STEP], c->pc, &tb) != UC_ERR_OK || tb.icount == 0)
		return 1;
	return tb.icount;
}

static void leg(pl_cpu *c, void *context)
{
	uc_engine *uc = c->uc[c->mode][c->kind];
	uc_context_restore(uc, context);
	c->need_step = false;
	c->fault_saved = false;
	settle(c, uc, uc_emu_start(uc, c->pc, c->until, 0, 0));
	if (c->interrupted) {
		c->stop = true;
		c->reason = PL_INTERRUPTED;
	}
	if (c->fault_saved && c->stop && c->reason == PL_FAULT)
		uc_context_restore(uc, c->fault_context);
	uc_context_save(uc, context);
}

// A budget up to this is stepped: moving to a second engine costs more.
enum { SHORT = 48 };

void pl_run(pl_cpu *c, void *context)
{
	c->reason = c->uc_err = 0;
	c->stop = false;
	c->nevents = 0;
	c->decisions = 0;
	c->left = c->budget;
	c->prev = c->prev_end = 0;
	bool step = c->exact || c->budget <= SHORT;
	int fast = step ? PL_STEP : c->uncounted && !c->nwatch && !c->nbreak ? PL_PLAIN : PL_WATCH;
	c->kind = fast;
	while (!c->stop) {
		if ((c->kind == PL_PLAIN && !known(c)) || (c->kind == PL_WATCH && !fits(c)))
			c->kind = PL_STEP;
		if (c->kind == PL_STEP) {
			c->steps = step ? ~0ull : block_size(c);
			leg(c, context);
			c->kind = fast;
		} else {
			leg(c, context);
			if (c->need_step)
				c->kind = PL_STEP;
		}
	}
	c->executed = c->budget - c->left;
	pl_registers(c, context);
}
