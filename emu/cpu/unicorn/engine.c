// Running guest code with exact stops.
//
// A CPU has several engines over the same host memory: one per privilege (an engine
// maps only what its mode may touch) and kind, opened when first needed. A run
// starts on the kind that is fastest for what is asked: PLAIN pays for nothing; WATCH
// has a block hook that subtracts the block's instruction count from the budget,
// reports watched addresses and stops before a block that does not fit. What is left
// of the budget is then run on STEP, whose code hook sees every instruction. A
// register context moves between them. EXACT is STEP with the means to take an
// instruction back, for faults. TRACE is EXACT that reports what is read and written.
//
// STEP is also where instructions are classified: a block runs on the fast engines
// only after each of its instructions was seen by STEP once, which knows where
// instructions begin. So the fast engines never meet an instruction that is
// refused, and need no decoder.
//
// Who does what: memory.c mappings, text.c what is known of code, instructions.c
// classification, hooks.c counting and stopping, stub.c the handler's memo, faults.c
// what goes wrong, accesses.c what is read and written, run.c the legs of a run, registers.c and layout.c contexts.

#include <stdlib.h>
#include "internal.h"

pl_cpu *pl_new(void) { return calloc(1, sizeof(pl_cpu)); }

void pl_free(pl_cpu *c)
{
	for (int i = 0; i < c->ntext; i++)
		pl_text_free(c->texts[i]);
	free(c->texts);
	free(c->maps);
	free(c->breaks);
	free(c->undo);
	if (c->before)
		uc_context_free(c->before);
	free(c);
}

// The first block that an engine ever runs is not reported as an edge. prime has it
// run one that does no harm.
static uc_err prime(pl_cpu *c, uc_engine *uc)
{
	enum { AT = 0x1000, PAGE = 4096 };
	uint8_t *page = aligned_alloc(PAGE, PAGE);
	if (!page)
		return UC_ERR_NOMEM;
	memset(page, 0x90, PAGE);
	memcpy(page, "\x48\xb8", 2); // mov rax, until; jmp rax
	memcpy(page + 2, &c->until, 8);
	memcpy(page + 10, "\xff\xe0", 2);
	uc_err err = uc_mem_map_ptr(uc, AT, PAGE, UC_PROT_READ | UC_PROT_EXEC, page);
	if (!err)
		err = uc_emu_start(uc, AT, c->until, 0, 0);
	if (!err)
		err = uc_ctl_remove_cache(uc, AT, AT + PAGE);
	if (!err)
		err = uc_mem_unmap(uc, AT, PAGE);
	free(page);
	return err;
}

// hook adds a hook for all addresses.
static uc_err hook(uc_engine *uc, int type, void *callback, pl_cpu *c)
{
	uc_hook h;
	return uc_hook_add(uc, &h, type, callback, c, 1, 0);
}

static uc_err hook_instruction(uc_engine *uc, int instruction, void *callback, pl_cpu *c)
{
	uc_hook h;
	return uc_hook_add(uc, &h, UC_HOOK_INSN, callback, c, 1, 0, instruction);
}

// hook_stub has a fast engine call at the stub's two places.
static uc_err hook_stub(pl_cpu *c, uc_engine *uc)
{
	uc_hook h;
	uint64_t a = c->stub.hook, b = c->stub.entry;
	if (!b)
		return UC_ERR_OK;
	return uc_hook_add(uc, &h, UC_HOOK_CODE, pl_on_stub, c, a < b ? a : b, a < b ? b : a);
}

// hook_kind adds the hooks that make the kind.
static uc_err hook_kind(pl_cpu *c, int kind, uc_engine *uc)
{
	uc_err err = UC_ERR_OK;
	switch (kind) {
	case PL_PLAIN:
		err = hook(uc, UC_HOOK_EDGE_GENERATED, pl_on_edge, c);
		return err ? err : hook_stub(c, uc);
	case PL_WATCH:
		err = hook(uc, UC_HOOK_BLOCK, pl_on_block, c);
		return err ? err : hook_stub(c, uc);
	case PL_TRACE:
		err = hook(uc, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, pl_on_access, c);
		if (err)
			return err;
		// fallthrough
	case PL_EXACT:
		if (!c->undo)
			c->undo = pl_undo_new();
		if (!c->undo)
			return UC_ERR_NOMEM;
		if (!c->before)
			err = uc_context_alloc(uc, &c->before);
		if (!err)
			err = hook(uc, UC_HOOK_MEM_WRITE, pl_on_write, c);
	}
	return err ? err : hook(uc, UC_HOOK_CODE, pl_on_code, c);
}

uc_err pl_open(pl_cpu *c, int mode, int kind, uc_engine *uc)
{
	uc_err err = UC_ERR_OK;
	if (!c->context_size) {
		c->context_size = uc_context_size(uc);
		c->loses_flags = uc_version(NULL, NULL) >= UC_MAKE_VERSION(2, 1) + (2 << 8);
		pl_find_layout(c, uc);
	}
	if (kind == PL_PLAIN)
		err = prime(c, uc);
	if (!err)
		err = pl_map_area(c, uc);
	for (int i = 0; i < c->nmap && !err; i++)
		err = pl_map_into(c, uc, mode, &c->maps[i]);
	if (!err)
		err = hook_instruction(uc, UC_X86_INS_SYSCALL, pl_on_syscall, c);
	if (!err)
		err = hook_instruction(uc, UC_X86_INS_CPUID, pl_on_cpuid, c);
	if (!err)
		err = hook(uc, UC_HOOK_MEM_INVALID, pl_on_bad_memory, c);
	if (!err)
		err = hook(uc, UC_HOOK_INTR, pl_on_interrupt, c);
	if (!err)
		err = hook(uc, UC_HOOK_INSN_INVALID, pl_on_illegal, c);
	if (!err)
		err = hook_kind(c, kind, uc);
	if (!err)
		c->uc[mode][kind] = uc;
	return err;
}
