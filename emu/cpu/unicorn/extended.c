// Vector and x87 registers in the form of fxsave (Intel SDM volume 1, 10.5.1). The engine
// numbers x87 registers by their place, fxsave by their distance from the top of the stack.

#include "internal.h"

enum { FCW = 0, FSW = 2, TAGS = 4, MXCSR = 24, MXCSR_MASK = 28, ST = 32, XMM = 160, AREA = 512 };

void pl_extended(uint8_t *context, uint8_t *area)
{
	uc_context *c = (uc_context *)context;
	uint16_t cw = 0, sw = 0, tags = 0;
	uint32_t mxcsr = 0, mask = 0xffff;
	memset(area, 0, AREA);
	uc_context_reg_read(c, UC_X86_REG_FPCW, &cw);
	uc_context_reg_read(c, UC_X86_REG_FPSW, &sw);
	uc_context_reg_read(c, UC_X86_REG_FPTAG, &tags);
	uc_context_reg_read(c, UC_X86_REG_MXCSR, &mxcsr);
	memcpy(area + FCW, &cw, 2);
	memcpy(area + FSW, &sw, 2);
	memcpy(area + MXCSR, &mxcsr, 4);
	memcpy(area + MXCSR_MASK, &mask, 4);
	for (int i = 0; i < 8; i++) {
		if ((tags >> 2 * i & 3) != 3)
			area[TAGS] |= 1 << i;
		uc_context_reg_read(c, UC_X86_REG_FP0 + ((i + (sw >> 11)) & 7), area + ST + 16 * i);
	}
	for (int i = 0; i < 16; i++)
		uc_context_reg_read(c, UC_X86_REG_XMM0 + i, area + XMM + 16 * i);
}

void pl_set_extended(uint8_t *context, const uint8_t *area)
{
	uc_context *c = (uc_context *)context;
	uint16_t cw, sw, tags = 0;
	uint32_t mxcsr;
	memcpy(&cw, area + FCW, 2);
	memcpy(&sw, area + FSW, 2);
	memcpy(&mxcsr, area + MXCSR, 4);
	mxcsr &= 0xffff;
	uc_context_reg_write(c, UC_X86_REG_FPCW, &cw);
	uc_context_reg_write(c, UC_X86_REG_FPSW, &sw);
	uc_context_reg_write(c, UC_X86_REG_MXCSR, &mxcsr);
	for (int i = 0; i < 8; i++) {
		uint8_t st[16];
		memcpy(st, area + ST + 16 * i, sizeof st);
		uc_context_reg_write(c, UC_X86_REG_FP0 + ((i + (sw >> 11)) & 7), st);
		if (!(area[TAGS] & 1 << i))
			tags |= 3 << 2 * i;
	}
	uc_context_reg_write(c, UC_X86_REG_FPTAG, &tags);
	for (int i = 0; i < 16; i++) {
		uint8_t xmm[16];
		memcpy(xmm, area + XMM + 16 * i, sizeof xmm);
		uc_context_reg_write(c, UC_X86_REG_XMM0 + i, xmm);
	}
}
