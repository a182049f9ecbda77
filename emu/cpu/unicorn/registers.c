// Registers of a saved context.

#include "internal.h"

int pl_gpr_ids[17] = {
	UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
	UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RFLAGS,
};

// What the vector hash is made of: vectors, x87 registers by number (not by place on
// the stack), and the rest.
enum { XMMS = 16, FPS = 8, RESTS = 5 };
typedef struct {
	uint64_t xmm[XMMS][2], fp[FPS][2], rest[RESTS];
} vectors;

static void read_many(uc_context *context, int first, int n, uint64_t to[][2])
{
	int ids[XMMS];
	void *p[XMMS];
	for (int i = 0; i < n; i++) {
		ids[i] = first + i;
		p[i] = to[i];
	}
	uc_context_reg_read_batch(context, ids, p, n);
}

static uint64_t read_one(uc_context *context, int id)
{
	uint64_t v = 0;
	uc_context_reg_read(context, id, &v);
	return v;
}

// ask_vectors has the library read the registers.
static void ask_vectors(uc_context *context, vectors *v)
{
	read_many(context, UC_X86_REG_XMM0, XMMS, v->xmm);
	read_many(context, UC_X86_REG_FP0, FPS, v->fp);
	uint64_t status = read_one(context, UC_X86_REG_FPSW), tags = read_one(context, UC_X86_REG_FPTAG);
	v->rest[0] = read_one(context, UC_X86_REG_FS_BASE);
	v->rest[1] = read_one(context, UC_X86_REG_GS_BASE);
	v->rest[2] = read_one(context, UC_X86_REG_MXCSR) | read_one(context, UC_X86_REG_FPCW) << 32 |
		(status & ~0x3800ull) << 48;
	v->rest[3] = status >> 11 & 7;
	for (int i = 0; i < FPS; i++)
		v->rest[4] |= (uint64_t)((tags >> 2 * i & 3) == 3) << 8 * i;
}

// peek_vectors reads them where they were found to lie.
static void peek_vectors(const uint8_t *ctx, const pl_layout *l, vectors *v)
{
	uint32_t mxcsr, top;
	uint16_t control, status;
	for (int i = 0; i < XMMS; i++)
		memcpy(v->xmm[i], ctx + l->xmm + i * l->xmm_stride, 16);
	for (int i = 0; i < FPS; i++)
		memcpy(v->fp[i], ctx + l->fp + i * l->fp_stride, 10);
	memcpy(&v->rest[0], ctx + l->fs, 8);
	memcpy(&v->rest[1], ctx + l->gs, 8);
	memcpy(&mxcsr, ctx + l->mxcsr, 4);
	memcpy(&control, ctx + l->fpcw, 2);
	memcpy(&status, ctx + l->fpsw, 2);
	memcpy(&top, ctx + l->fptop, 4);
	memcpy(&v->rest[4], ctx + l->fpempty, 8);
	v->rest[2] = mxcsr | (uint64_t)control << 32 | (uint64_t)(status & ~0x3800) << 48;
	v->rest[3] = top & 7;
}

// term is one summand of the vector hash: the two halves of a product, with factors
// that tell the place. There is no chain between the summands.
static inline uint64_t term(uint64_t low, uint64_t high, uint64_t place)
{
	unsigned __int128 p = (unsigned __int128)(low ^ (2 * place + 1) * 0x9e3779b97f4a7c15ull) *
		(high ^ (2 * place + 1) * 0xd1342543de82ef95ull);
	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t vector_hash(const pl_cpu *c, uint8_t *context)
{
	vectors v;
	memset(v.fp, 0, sizeof v.fp); // their last bytes are not written
	memset(v.rest, 0, sizeof v.rest);
	if (c->layout.ok)
		peek_vectors(context, &c->layout, &v);
	else
		ask_vectors((uc_context *)context, &v);
	uint64_t h = 0;
	for (int i = 0; i < XMMS; i++)
		h += term(v.xmm[i][0], v.xmm[i][1], i);
	for (int i = 0; i < FPS; i++)
		h += term(v.fp[i][0], v.fp[i][1], XMMS + i);
	for (int i = 0; i < RESTS; i++)
		h += term(v.rest[i], i, XMMS + FPS + i);
	return mix(h, 1);
}

void pl_registers(pl_cpu *c, uint8_t *context)
{
	if (c->layout.ok) {
		memcpy(c->gpr, context + c->layout.gpr, sizeof c->gpr);
		uc_context_reg_read((uc_context *)context, UC_X86_REG_RFLAGS, &c->rflags);
	} else {
		void *p[17];
		for (int i = 0; i < 16; i++)
			p[i] = &c->gpr[i];
		p[16] = &c->rflags;
		uc_context_reg_read_batch((uc_context *)context, pl_gpr_ids, p, 17);
	}
	c->vector = vector_hash(c, context);
}

void pl_set_registers(pl_cpu *c, uint8_t *context)
{
	if (c->layout.ok) {
		memcpy(context + c->layout.gpr, c->gpr, sizeof c->gpr);
		uc_context_reg_write((uc_context *)context, UC_X86_REG_RFLAGS, &c->rflags);
		return;
	}
	void *p[17];
	for (int i = 0; i < 16; i++)
		p[i] = &c->gpr[i];
	p[16] = &c->rflags;
	uc_context_reg_write_batch((uc_context *)context, pl_gpr_ids, p, 17);
}

uint64_t pl_base(uint8_t *context, bool gs)
{
	return read_one((uc_context *)context, gs ? UC_X86_REG_GS_BASE : UC_X86_REG_FS_BASE);
}

void pl_set_base(uint8_t *context, bool gs, uint64_t addr)
{
	uc_context_reg_write((uc_context *)context, gs ? UC_X86_REG_GS_BASE : UC_X86_REG_FS_BASE, &addr);
}

// What pl_wash_context copies besides the general registers.
static const int other_ids[] = {
	UC_X86_REG_FPCW, UC_X86_REG_FPSW, UC_X86_REG_MXCSR, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE,
	UC_X86_REG_XMM0, UC_X86_REG_XMM1, UC_X86_REG_XMM2, UC_X86_REG_XMM3, UC_X86_REG_XMM4, UC_X86_REG_XMM5,
	UC_X86_REG_XMM6, UC_X86_REG_XMM7, UC_X86_REG_XMM8, UC_X86_REG_XMM9, UC_X86_REG_XMM10, UC_X86_REG_XMM11,
	UC_X86_REG_XMM12, UC_X86_REG_XMM13, UC_X86_REG_XMM14, UC_X86_REG_XMM15, UC_X86_REG_FP0, UC_X86_REG_FP1,
	UC_X86_REG_FP2, UC_X86_REG_FP3, UC_X86_REG_FP4, UC_X86_REG_FP5, UC_X86_REG_FP6, UC_X86_REG_FP7,
	UC_X86_REG_FPTAG,
};

// pl_wash_context makes context one in which nothing is left of an exception: the engine
// would take the next one for a double fault. fresh is a context after reset, which
// becomes the new one.
void pl_wash_context(uint8_t *context, uint8_t *fresh, size_t size)
{
	for (int i = 0; i < 17; i++) {
		uint64_t v = read_one((uc_context *)context, pl_gpr_ids[i]);
		uc_context_reg_write((uc_context *)fresh, pl_gpr_ids[i], &v);
	}
	for (size_t i = 0; i < sizeof other_ids / sizeof *other_ids; i++) {
		uint8_t v[16] = { 0 };
		uc_context_reg_read((uc_context *)context, other_ids[i], v);
		uc_context_reg_write((uc_context *)fresh, other_ids[i], v);
	}
	memcpy(context, fresh, size);
}

// pl_reset_context makes the context of a task that has not run yet. It expects an
// engine that has not run either, and it is the only place where a context gets its
// header.
uc_err pl_reset_context(pl_cpu *c, uint8_t *context)
{
	uc_engine *uc = c->uc[PL_KERNEL][PL_STEP] ? c->uc[PL_KERNEL][PL_STEP] : c->uc[PL_KERNEL][PL_EXACT];
	uint32_t mxcsr = 0x1f80;
	uint16_t fpcw = 0x37f, fptag = 0xffff;
	uint64_t flags = 0x202, cr4 = reg(uc, UC_X86_REG_CR4) | 0x600; // OSFXSR and OSXMMEXCPT: fxsave saves xmm
	uc_context *fresh;
	uc_err err = uc_reg_write(uc, UC_X86_REG_CR4, &cr4);
	if (!err)
		err = uc_context_alloc(uc, &fresh);
	if (err)
		return err;
	err = uc_context_save(uc, fresh);
	if (!err)
		err = uc_context_reg_write(fresh, UC_X86_REG_MXCSR, &mxcsr);
	if (!err)
		err = uc_context_reg_write(fresh, UC_X86_REG_FPCW, &fpcw);
	if (!err)
		err = uc_context_reg_write(fresh, UC_X86_REG_FPTAG, &fptag);
	if (!err)
		err = uc_context_reg_write(fresh, UC_X86_REG_RFLAGS, &flags);
	if (!err)
		memcpy(context, fresh, c->context_size);
	uc_context_free(fresh);
	return err;
}
