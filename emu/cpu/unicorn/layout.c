// Finding out where a saved context keeps registers. The library promises no such
// thing and has a function for each, but asking it at every stop is slow.

#include <stddef.h>
#include "internal.h"

// The registers are set to values that occur nowhere else, a few times over; a
// register lies where each of its values is found in the context saved with it.
enum { ROUNDS = 4 };

typedef struct {
	uint64_t gpr[16], xmm[16][2], fs, gs;
	uint8_t fp[8][10], empty[8];
	uint32_t mxcsr, top;
	uint16_t fpcw, fpsw;
} sample;

static uint64_t random_next(uint64_t *seed) { return *seed = mix(*seed, 0xd1342543de82ef95ull); }

// make_sample fills s with values that the registers keep as they are.
static void make_sample(sample *s, uint64_t *seed)
{
	memset(s, 0, sizeof *s);
	for (int i = 0; i < 16; i++) {
		s->gpr[i] = random_next(seed);
		s->xmm[i][0] = random_next(seed);
		s->xmm[i][1] = random_next(seed);
	}
	for (int i = 0; i < 8; i++) {
		uint64_t w = random_next(seed) | 1ull << 63, upper = random_next(seed);
		memcpy(s->fp[i], &w, 8);
		memcpy(s->fp[i] + 8, &upper, 2);
		s->empty[i] = random_next(seed) >> 40 & 1;
	}
	s->fs = random_next(seed);
	s->gs = random_next(seed);
	s->mxcsr = random_next(seed) & 0xffbf;
	s->fpcw = random_next(seed) & 0xf3f;
	s->fpsw = random_next(seed) & 0x47ff;
	s->top = random_next(seed) >> 40 & 7;
}

static void write_sample(uc_engine *uc, const sample *s)
{
	uint16_t status = s->fpsw | s->top << 11, tags = 0;
	for (int i = 0; i < 16; i++) {
		uc_reg_write(uc, pl_gpr_ids[i], &s->gpr[i]);
		uc_reg_write(uc, UC_X86_REG_XMM0 + i, s->xmm[i]);
	}
	for (int i = 0; i < 8; i++) {
		uc_reg_write(uc, UC_X86_REG_FP0 + i, s->fp[i]);
		tags |= (s->empty[i] ? 3 : 0) << 2 * i;
	}
	uc_reg_write(uc, UC_X86_REG_FS_BASE, &s->fs);
	uc_reg_write(uc, UC_X86_REG_GS_BASE, &s->gs);
	uc_reg_write(uc, UC_X86_REG_MXCSR, &s->mxcsr);
	uc_reg_write(uc, UC_X86_REG_FPCW, &s->fpcw);
	uc_reg_write(uc, UC_X86_REG_FPSW, &status);
	uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
}

// holds tells whether a part of the samples is found at an offset of their contexts.
static bool holds(uint8_t *const saved[], const sample s[], size_t part, size_t n, size_t offset)
{
	for (int r = 0; r < ROUNDS; r++)
		if (memcmp(saved[r] + offset, (const uint8_t *)&s[r] + part, n))
			return false;
	return true;
}

// place returns the only offset that holds a part of the samples, or 0.
static size_t place(uint8_t *const saved[], const sample s[], size_t part, size_t n, size_t size)
{
	size_t found = 0;
	for (size_t o = sizeof(size_t); o + n <= size; o += 2) {
		if (!holds(saved, s, part, n, o))
			continue;
		if (found)
			return 0;
		found = o;
	}
	return found;
}

#define PLACE(field) place(saved, s, offsetof(sample, field), sizeof s->field, size)

// search finds all registers, or leaves ok false.
static pl_layout search(uint8_t *const saved[], const sample s[], size_t size)
{
	pl_layout l = { 0 };
	l.gpr = PLACE(gpr);
	l.xmm = PLACE(xmm[0]);
	l.fp = PLACE(fp[0]);
	l.fs = PLACE(fs);
	l.gs = PLACE(gs);
	l.mxcsr = PLACE(mxcsr);
	l.fpcw = PLACE(fpcw);
	l.fpsw = PLACE(fpsw);
	l.fptop = PLACE(top);
	l.fpempty = PLACE(empty);
	size_t xmm1 = PLACE(xmm[1]), fp1 = PLACE(fp[1]);
	l.ok = l.gpr && l.xmm && l.fp && l.fs && l.gs && l.mxcsr && l.fpcw && l.fpsw && l.fptop && l.fpempty &&
		xmm1 > l.xmm && fp1 > l.fp;
	l.xmm_stride = xmm1 - l.xmm;
	l.fp_stride = fp1 - l.fp;
	for (size_t i = 0; l.ok && i < 16; i++) {
		size_t o = l.xmm + i * l.xmm_stride;
		l.ok = o + 16 <= size && holds(saved, s, offsetof(sample, xmm[0]) + i * sizeof s->xmm[0], 16, o);
	}
	for (size_t i = 0; l.ok && i < 8; i++) {
		size_t o = l.fp + i * l.fp_stride;
		l.ok = o + 10 <= size && holds(saved, s, offsetof(sample, fp[0]) + i * sizeof s->fp[0], 10, o);
	}
	return l;
}

// pl_find_layout leaves the engine's registers as they were.
void pl_find_layout(pl_cpu *c, uc_engine *uc)
{
	sample s[ROUNDS];
	uc_context *saved[ROUNDS + 1] = { NULL };
	uint64_t seed = 1;
	bool ok = true;
	for (int i = 0; i <= ROUNDS; i++)
		ok = ok && uc_context_alloc(uc, &saved[i]) == UC_ERR_OK;
	if (ok) {
		uc_context_save(uc, saved[ROUNDS]);
		for (int i = 0; i < ROUNDS; i++) {
			make_sample(&s[i], &seed);
			write_sample(uc, &s[i]);
			uc_context_save(uc, saved[i]);
		}
		uc_context_restore(uc, saved[ROUNDS]);
		c->layout = search((uint8_t *const *)saved, s, c->context_size);
	}
	for (int i = 0; i <= ROUNDS; i++)
		if (saved[i])
			uc_context_free(saved[i]);
}
