// The little that has to be known of instructions: which are rep string instructions,
// and which are refused. Their lengths are told by the engine.

#include "internal.h"

static bool is_prefix(uint8_t b)
{
	switch (b) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: // segments
	case 0x66: case 0x67: // operand and address size
	case 0xf0: case 0xf2: case 0xf3: // lock, repne, rep
		return true;
	}
	return (b & 0xf0) == 0x40; // REX, which has no effect unless it is the last one
}

// opcode_at returns the index of the opcode, behind all prefixes.
static uint32_t opcode_at(const uint8_t *b, uint32_t size)
{
	uint32_t i = 0;
	while (i < size && is_prefix(b[i]))
		i++;
	return i;
}

// pl_is_rep tells a repeated string instruction, which the engine runs as a loop.
bool pl_is_rep(const uint8_t *b, uint32_t size)
{
	uint32_t i = opcode_at(b, size);
	bool rep = false;
	for (uint32_t j = 0; j < i; j++)
		rep |= b[j] == 0xf2 || b[j] == 0xf3;
	if (!rep || i >= size)
		return false;
	uint8_t op = b[i];
	return (op >= 0xa4 && op <= 0xa7) || (op >= 0xaa && op <= 0xaf); // movs cmps stos lods scas
}

// is_system0f tells what is refused of the opcodes 0f OP.
static bool is_system0f(uint8_t op, uint8_t modrm)
{
	switch (op) {
	case 0x00: case 0x06: case 0x07: case 0x08: case 0x09: // lldt ltr..., clts, sysret, invd, wbinvd
	case 0x20: case 0x21: case 0x22: case 0x23: // mov to and from control and debug registers
	case 0x30: case 0x31: case 0x32: case 0x33: // wrmsr, rdtsc, rdmsr, rdpmc
	case 0x34: case 0x35: case 0xb2: // sysenter, sysexit, lss
		return true;
	case 0x01: // lgdt, lidt, invlpg, rdtscp, swapgs, monitor...; not xgetbv
		return modrm != 0xd0;
	case 0xc7: // rdrand, rdseed, rdpid
		return modrm >= 0xf0;
	}
	return false;
}

static bool is_system(uint8_t op, uint8_t modrm)
{
	switch (op) {
	case 0x6c: case 0x6d: case 0x6e: case 0x6f: // ins, outs
	case 0xe4: case 0xe5: case 0xe6: case 0xe7: case 0xec: case 0xed: case 0xee: case 0xef: // in, out
	case 0xcf: case 0xfa: case 0xfb: // iret, cli, sti
		return true;
	case 0x8e: // a mov to ss holds interrupts off, and cuts the next block short
		return (modrm >> 3 & 7) == 2;
	}
	return false;
}

// pl_refusal tells whether an instruction is refused, and why: the engine would run
// it wrongly, the host would show through, or it belongs to a real kernel.
int pl_refusal(const uint8_t *b, uint32_t size)
{
	uint32_t i = opcode_at(b, size);
	if (i >= size)
		return 0;
	uint8_t op = b[i], op2 = i + 1 < size ? b[i + 1] : 0, op3 = i + 2 < size ? b[i + 2] : 0;
	if (op == 0xc4 || op == 0xc5 || op == 0x62)
		return PL_VECTOR;
	if (op == 0x8f && (op2 & 0x1f) >= 8 && (op2 & 0x38) != 0) // otherwise a pop
		return PL_VECTOR;
	if (op == 0x0f ? is_system0f(op2, op3) : is_system(op, op2))
		return PL_SYSTEM;
	return 0;
}

// is_cmpxchg8b tells cmpxchg8b and cmpxchg16b by what follows the prefixes.
static bool is_cmpxchg8b(const uint8_t *b, uint32_t size)
{
	return size > 2 && b[0] == 0x0f && b[1] == 0xc7 && (b[2] >> 3 & 7) == 1;
}

// is_bit_test tells bt, bts, btr and btc.
static bool is_bit_test(uint8_t op)
{
	return op == 0xa3 || op == 0xab || op == 0xb3 || op == 0xba || op == 0xbb;
}

// pl_needs_stepping tells what a fast engine and a stepping one answer differently.
// After cmpxchg8b and cmpxchg16b the flags besides ZF are wrong when an instruction of the
// same block has changed flags before: the engine has not stored them yet. Stepping has
// it store them before each instruction. After a bit test OF, SF, AF and PF are undefined
// and depend on how the engine keeps the flags, which differs where loses_flags is set.
bool pl_needs_stepping(const pl_cpu *c, const uint8_t *b, uint32_t size)
{
	uint32_t i = opcode_at(b, size);
	// With an area, a fast engine has to tell at which instruction it has failed, and it
	// stands behind int3, int N, int1 and hlt then.
	if (c->area_size && i < size && (b[i] == 0xcc || b[i] == 0xcd || b[i] == 0xf1 || b[i] == 0xf4))
		return true;
	return is_cmpxchg8b(b + i, size - i) ||
		(c->loses_flags && i + 2 < size && b[i] == 0x0f && is_bit_test(b[i + 1]));
}

// pl_must_be_first tells syscall and cpuid, which have hooks on every engine, and cmpxchg8b
// and cmpxchg16b, which read the flags where they are kept.
bool pl_must_be_first(const uint8_t *b, uint32_t size)
{
	uint32_t i = opcode_at(b, size);
	bool hooked = i + 1 < size && b[i] == 0x0f && (b[i + 1] == 0x05 || b[i + 1] == 0xa2);
	return hooked || is_cmpxchg8b(b + i, size - i);
}

// pl_is_int tells int N.
bool pl_is_int(const uint8_t *b, uint32_t size)
{
	uint32_t i = opcode_at(b, size);
	return i < size && b[i] == 0xcd;
}

// pl_code_bytes copies the code at addr, across mappings, and returns how much there
// is of it.
size_t pl_code_bytes(pl_cpu *c, uint64_t addr, uint8_t *to, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const pl_text *t = text_of(c, addr + i);
		if (!t)
			return i;
		to[i] = t->host[addr + i - t->start];
	}
	return size;
}

// pl_look classifies the instruction at addr, whose length the engine tells; one that
// the engine does not know has none. What is refused does not depend on that.
void pl_look(pl_cpu *c, pl_text *t, uint64_t addr, uint32_t size)
{
	uint8_t b[15];
	uint64_t i = addr - t->start;
	size_t n = pl_code_bytes(c, addr, b, sizeof b);
	if (pl_refusal(b, n))
		t->flags[i] |= F_REFUSE;
	if (size > n)
		return;
	t->lens[i] = size;
	if (pl_is_rep(b, size))
		t->flags[i] |= F_REP;
	if (pl_needs_stepping(c, b, size))
		t->flags[i] |= F_STEP;
	if (pl_must_be_first(b, size))
		t->flags[i] |= F_FIRST;
}

// pl_on_cpuid answers with a fixed baseline, so that programs that choose code by
// it run the same blocks with every version of the engine: x86-64 with SSE3, and no AVX.
int pl_on_cpuid(uc_engine *uc, void *user)
{
	static const struct {
		uint32_t leaf, eax, ebx, ecx, edx;
	} leaves[] = {
		{ 0x00000000, 0x00000001, 0x68747541, 0x444d4163, 0x69746e65 }, // AuthenticAMD, as the engine says
		{ 0x00000001, 0x00000663, 0x00000800, 0x00002001, 0x078bfbfd },
		{ 0x80000000, 0x80000001, 0, 0, 0 },
		{ 0x80000001, 0x00000663, 0, 0x00000001, 0x2193fbfd },
	};
	(void)user;
	uint64_t leaf = reg(uc, UC_X86_REG_RAX) & 0xffffffff, out[4] = { 0 };
	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
		if (leaves[i].leaf == leaf) {
			out[0] = leaves[i].eax;
			out[1] = leaves[i].ebx;
			out[2] = leaves[i].ecx;
			out[3] = leaves[i].edx;
		}
	uc_reg_write(uc, UC_X86_REG_RAX, &out[0]);
	uc_reg_write(uc, UC_X86_REG_RBX, &out[1]);
	uc_reg_write(uc, UC_X86_REG_RCX, &out[2]);
	uc_reg_write(uc, UC_X86_REG_RDX, &out[3]);
	return 1; // answered: the engine's own answer is not wanted
}
