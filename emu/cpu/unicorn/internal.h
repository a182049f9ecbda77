// What the C files of the backend share.

#ifndef PATCHLAB_INTERNAL_H
#define PATCHLAB_INTERNAL_H

#include <string.h>
#include "engine.h"

#define likely(x) __builtin_expect(!!(x), 1)

// A word of guest memory: it may be at any address and of any type.
typedef uint64_t __attribute__((aligned(1), may_alias)) word;

// guest.Perm
enum { P_READ = 1, P_WRITE = 2, P_EXEC = 4, P_USER = 8 };

struct pl_map {
	uint64_t start, end;
	uint8_t *host;
	uint32_t perm;
};

struct pl_break {
	uint64_t addr;
	int64_t task;
};

// A mapping that can be executed, and for each of its bytes what is asked for there
// and what was derived from the code.
struct pl_text {
	uint64_t start, size;
	const uint8_t *host;
	uint8_t *flags;   // F_*
	uint8_t *lens;    // length of the instruction that was seen here; 0: none yet
	uint16_t *blocks; // of the block that starts here, see B_*
	uint16_t *sizes;  // its size in bytes, where blocks knows it
};

enum {
	F_WATCH = 1,   // report control coming here
	F_BREAK = 2,   // some task stops here
	F_ARENA = 4,   // in the arena: does not count
	F_STUB = 8,    // where the handler is answered
	F_REP = 16,    // derived: a rep string instruction starts here
	F_REFUSE = 32, // derived: an instruction that is refused starts here
	F_STEP = 64,   // derived: one that only a stepping engine runs right
	F_FIRST = 128, // derived: one that may have to be the first of a leg
};

// Added to a page, a physical address at which an engine has no memory.
#define NOWHERE (1ull << 50)

// What is known of a block. Most blocks are a count and nothing else, so that one
// comparison tells that they can run. Counts are those of the WATCH engine: another
// kind may end a block elsewhere.
enum {
	B_UNKNOWN = 0,      // not seen, or an instruction of it never stepped
	B_COUNT = 0x3fff,   // 1 + the number of instructions that count
	B_SLOW = 0x4000,    // it begins at an address with a flag that matters
	B_STEPPED = 0x8000, // such an address lies inside: only stepping obeys it
};

// memory.c
int pl_perm_for(int mode, uint32_t perm);
uc_err pl_map_into(const pl_cpu *c, uc_engine *uc, int mode, const pl_map *m);
const pl_map *pl_find_map(pl_cpu *c, uint64_t addr);
uc_err pl_map_area(pl_cpu *c, uc_engine *uc);
uint8_t *pl_writable(pl_cpu *c, uint64_t addr, uint64_t size);

// text.c
pl_text *pl_text_search(pl_cpu *c, uint64_t addr);
uc_err pl_text_add(pl_cpu *c, const pl_map *m);
void pl_text_remove(pl_cpu *c, uint64_t start);
void pl_text_free(pl_text *t);
bool pl_breaks_here(const pl_cpu *c, uint64_t addr);

static inline pl_text **near_of(pl_cpu *c, uint64_t addr)
{
	return &c->near[(uint32_t)(addr >> 12) * 0x9e3779b1u >> (32 - PL_NEAR_BITS)];
}

static inline pl_text *text_of(pl_cpu *c, uint64_t addr)
{
	pl_text *t = *near_of(c, addr);
	if (likely(t && addr - t->start < t->size))
		return t;
	return pl_text_search(c, addr);
}

// instructions.c
bool pl_is_rep(const uint8_t *b, uint32_t size);
int pl_refusal(const uint8_t *b, uint32_t size);
bool pl_is_int(const uint8_t *b, uint32_t size);
bool pl_needs_stepping(const pl_cpu *c, const uint8_t *b, uint32_t size);
bool pl_must_be_first(const uint8_t *b, uint32_t size);
void pl_look(pl_cpu *c, pl_text *t, uint64_t addr, uint32_t size);
size_t pl_code_bytes(pl_cpu *c, uint64_t addr, uint8_t *to, size_t size);
int pl_on_cpuid(uc_engine *uc, void *user);

// silence has the hooks do nothing any more: an engine that was stopped, or has
// failed, still calls some.
static inline void silence(pl_cpu *c)
{
	c->stopped = true;
	c->text_size = 0;
}

// hooks.c
void pl_on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *user);
void pl_on_edge(uc_engine *uc, uc_tb *cur, uc_tb *prev, void *user);
void pl_on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *user);
void pl_on_syscall(uc_engine *uc, void *user);
void pl_stop(pl_cpu *c, uc_engine *uc, int reason, uint64_t pc);
void pl_event_add(pl_cpu *c, uint64_t kind, uint64_t addr, uint64_t sp, uint64_t body);

// takes_back tells whether the engine at work can take an instruction back.
static inline bool takes_back(const pl_cpu *c) { return c->kind == PL_EXACT || c->kind == PL_TRACE; }

static inline uint64_t reg(uc_engine *uc, int id)
{
	uint64_t v = 0;
	uc_reg_read(uc, id, &v);
	return v;
}

// faults.c
bool pl_on_bad_memory(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user);
void pl_on_interrupt(uc_engine *uc, uint32_t vector, void *user);
bool pl_on_illegal(uc_engine *uc, void *user);
void pl_on_write(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user);
void pl_refuse(pl_cpu *c, uc_engine *uc, int refusal, uint64_t addr, uint64_t pc);
void pl_fetch_fault(pl_cpu *c, uint64_t addr, uint64_t pc);
void pl_fault(pl_cpu *c, int kind);
void pl_denied(pl_cpu *c, uc_engine *uc);
struct pl_undo *pl_undo_new(void);
void pl_remember(pl_cpu *c, uc_engine *uc);
void pl_take_back(pl_cpu *c, uint8_t *context);

// accesses.c
void pl_on_access(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user);

// stub.c
void pl_on_stub(uc_engine *uc, uint64_t addr, uint32_t size, void *user);

// layout.c
void pl_find_layout(pl_cpu *c, uc_engine *uc);

// registers.c
extern int pl_gpr_ids[17];

static inline uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

#endif
