/* What Go cannot call by itself: variadic functions, and C callbacks. */
#ifndef UNICORN_GO_BRIDGE_H
#define UNICORN_GO_BRIDGE_H

#include <stdint.h>
#include <unicorn/unicorn.h>

/* Which C callback, and so which Go callback type, a hook has. */
enum unicorn_go_kind {
	UNICORN_GO_CODE,
	UNICORN_GO_INTERRUPT,
	UNICORN_GO_ACCESS,
	UNICORN_GO_INVALID,
	UNICORN_GO_IN,
	UNICORN_GO_OUT,
	UNICORN_GO_SYSCALL,
};

/* Adds a hook whose callback hands id to Go; insn counts for UC_HOOK_INSN. */
uc_err unicorn_go_hook_add(uc_engine *uc, uc_hook *hook, enum unicorn_go_kind kind,
                           int type, uintptr_t id, uint64_t begin, uint64_t end, int insn);

uc_err unicorn_go_set_cpu_model(uc_engine *uc, int model);

/* One register of at most 64 bits; UC_ERR_OVERFLOW for a wider one. */
uc_err unicorn_go_reg_read(uc_engine *uc, int reg, uint64_t *value);
uc_err unicorn_go_reg_write(uc_engine *uc, int reg, uint64_t value);

/* count registers of at most 64 bits in the order of the list, up to the first
 * error. regs is only read. */
uc_err unicorn_go_reg_read_many(uc_engine *uc, int *regs, uint64_t *values, int count);
uc_err unicorn_go_reg_write_many(uc_engine *uc, int *regs, const uint64_t *values, int count);

#endif
