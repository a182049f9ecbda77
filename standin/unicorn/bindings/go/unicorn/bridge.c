#include "bridge.h"
#include "_cgo_export.h"

/* The callbacks pass the id on as an integer: as a pointer it would be no
 * valid one for the garbage collector. */

static void on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *id)
{
	(void)uc;
	unicorn_go_code((uintptr_t)id, addr, size);
}

static void on_interrupt(uc_engine *uc, uint32_t intno, void *id)
{
	(void)uc;
	unicorn_go_interrupt((uintptr_t)id, intno);
}

static void on_access(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *id)
{
	(void)uc;
	unicorn_go_access((uintptr_t)id, type, addr, size, value);
}

static bool on_invalid(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *id)
{
	(void)uc;
	return unicorn_go_invalid((uintptr_t)id, type, addr, size, value) != 0;
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *id)
{
	(void)uc;
	return unicorn_go_in((uintptr_t)id, port, size);
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *id)
{
	(void)uc;
	unicorn_go_out((uintptr_t)id, port, size, value);
}

static void on_syscall(uc_engine *uc, void *id)
{
	(void)uc;
	unicorn_go_syscall((uintptr_t)id);
}

static void *const callbacks[] = {
	[UNICORN_GO_CODE] = (void *)on_code,
	[UNICORN_GO_INTERRUPT] = (void *)on_interrupt,
	[UNICORN_GO_ACCESS] = (void *)on_access,
	[UNICORN_GO_INVALID] = (void *)on_invalid,
	[UNICORN_GO_IN] = (void *)on_in,
	[UNICORN_GO_OUT] = (void *)on_out,
	[UNICORN_GO_SYSCALL] = (void *)on_syscall,
};

uc_err unicorn_go_hook_add(uc_engine *uc, uc_hook *hook, enum unicorn_go_kind kind,
                           int type, uintptr_t id, uint64_t begin, uint64_t end, int insn)
{
	return uc_hook_add(uc, hook, type, callbacks[kind], (void *)id, begin, end, insn);
}

uc_err unicorn_go_set_cpu_model(uc_engine *uc, int model)
{
	return uc_ctl_set_cpu_model(uc, model);
}

uc_err unicorn_go_reg_read(uc_engine *uc, int reg, uint64_t *value)
{
	size_t size = sizeof *value;
	*value = 0; /* a narrow register leaves the upper bytes alone */
	return uc_reg_read2(uc, reg, value, &size);
}

uc_err unicorn_go_reg_write(uc_engine *uc, int reg, uint64_t value)
{
	size_t size = sizeof value;
	return uc_reg_write2(uc, reg, &value, &size);
}

/* The lists that the library wants are made on the stack, a chunk at a time. */
enum { CHUNK = 32 };

uc_err unicorn_go_reg_read_many(uc_engine *uc, int *regs, uint64_t *values, int count)
{
	for (int done = 0; done < count; done += CHUNK) {
		int n = count - done < CHUNK ? count - done : CHUNK;
		void *to[CHUNK];
		size_t sizes[CHUNK];
		for (int i = 0; i < n; i++) {
			values[done + i] = 0; /* as in unicorn_go_reg_read */
			to[i] = &values[done + i];
			sizes[i] = sizeof *values;
		}
		uc_err err = uc_reg_read_batch2(uc, regs + done, to, sizes, n);
		if (err != UC_ERR_OK)
			return err;
	}
	return UC_ERR_OK;
}

uc_err unicorn_go_reg_write_many(uc_engine *uc, int *regs, const uint64_t *values, int count)
{
	for (int done = 0; done < count; done += CHUNK) {
		int n = count - done < CHUNK ? count - done : CHUNK;
		const void *from[CHUNK];
		size_t sizes[CHUNK];
		for (int i = 0; i < n; i++) {
			from[i] = &values[done + i];
			sizes[i] = sizeof *values;
		}
		uc_err err = uc_reg_write_batch2(uc, regs + done, from, sizes, n);
		if (err != UC_ERR_OK)
			return err;
	}
	return UC_ERR_OK;
}
