// The C side of the backend: counting, stopping, events and the hook's memo, on
// engine handles that the Go side opened. See engine.c.

#ifndef PATCHLAB_ENGINE_H
#define PATCHLAB_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

// Modes and kinds number the engines of one CPU: each pair has its own, because
// hooks and permissions are baked into translated code.
enum { PL_KERNEL, PL_USER, PL_MODES };
enum {
	PL_PLAIN,  // no hook that code pays for
	PL_WATCH,  // a block hook counts, watches and stops before a block
	PL_STEP,   // a code hook counts, watches and stops before an instruction
	PL_KINDS
};

// Reasons, fault kinds and event kinds have the values of package cpu.
enum {
	PL_BUDGET = 1, PL_SYSCALL, PL_HOOK, PL_RETURN, PL_BREAK, PL_FULL, PL_FAULT,
	PL_INEXACT, PL_INTERRUPTED
};
enum {
	PL_READ = 1, PL_WRITE, PL_FETCH, PL_ILLEGAL, PL_REFUSED, PL_EXCEPTION, PL_HALT
};
enum { PL_ENTERED = 1, PL_DECIDED };

typedef struct {
	uint64_t kind, addr, sp, body, at;
} pl_event;

enum { PL_EVENTS = 1024, PL_TEXTS = 64, PL_MAPS = 4096, PL_BREAKS = 32, PL_MEMO = 256 };

// A range of executable memory and what is derived from its bytes.
typedef struct {
	uint64_t start, end;
	const uint8_t *host;
	uint8_t *flags;   // PL_F_* of each address
	uint8_t *lens;    // length of the instruction that was seen here, 0: none yet
	uint16_t *counts; // instructions of the block that starts here, 0: not known
} pl_text;

enum {
	PL_F_WATCH = 1, // report control coming here
	PL_F_BREAK = 2, // some task stops here
	PL_F_INNER = 4, // derived: the block that starts here must be stepped
	PL_F_REP = 8,   // derived: a rep string instruction starts here
	PL_F_REFUSE = 16 // derived: an instruction that is refused starts here
};

typedef struct {
	uint64_t addr;
	int64_t task;
} pl_break;

typedef struct {
	uint64_t ip;
	int64_t task;
	uint64_t body;
} pl_memo;

typedef struct {
	uint64_t start, end;
	uint8_t *host;
	uint32_t perm; // guest.Perm
} pl_map;

// The stub that patch sites call, see cpu.Stub; entry 0: none.
typedef struct {
	uint64_t entry, fast, slow, hook, commit;
	uint64_t *cell;
} pl_stub;

// Where a context keeps registers that are read at every stop; found out when the
// first engine is opened. An offset of 0: unknown, ask the library.
enum { PL_OTHERS = 6, PL_XMMS = 16, PL_FPS = 8 };
typedef struct {
	size_t gpr, xmm, xmm_stride, other[PL_OTHERS];
} pl_layout;

typedef struct pl_cpu {
	// Fixed.
	uint64_t arena_start, arena_end, until;
	pl_stub stub;
	uint64_t user; // handle of the Go side
	bool has_decide;

	uc_engine *uc[PL_MODES][PL_KINDS];
	size_t context_size;
	pl_layout layout;
	pl_text text[PL_TEXTS];
	int ntext;
	pl_text *last; // the text that the last block was in
	pl_map map[PL_MAPS];
	int nmap;
	pl_break breaks[PL_BREAKS];
	int nbreak;
	pl_memo memo[PL_MEMO];

	// The run in progress: in.
	int64_t task;
	int mode, kind;
	uint64_t pc, budget;
	bool uncounted, stepped, exact;
	// out
	int reason;
	uint64_t executed;
	uint64_t gpr[16], rflags, vector, decisions;
	int fault_kind, fault_size, fault_mapped;
	uint32_t fault_vector;
	uint64_t fault_addr, fault_word; // fault_word: the first bytes of a refused instruction
	int uc_err; // an engine error that is not the guest's
	uint32_t nevents;
	pl_event events[PL_EVENTS];
	// working
	uint64_t left;           // of the budget
	uint64_t steps;          // how many instructions the stepping engine may still run
	uint64_t prev, prev_end; // previous block or instruction
	uc_context *fault_context;
	bool stop, fault_saved, need_step;
	int nwatch, arena_breaks;
	volatile bool interrupted;
} pl_cpu;

pl_cpu *pl_new(void);
void pl_free(pl_cpu *c);
// pl_open installs the hooks on a fresh engine and maps what is mapped.
uc_err pl_open(pl_cpu *c, int mode, int kind, uc_engine *uc);
uc_err pl_map_add(pl_cpu *c, uint64_t start, uint64_t size, uint8_t *host, uint32_t perm);
uc_err pl_map_remove(pl_cpu *c, uint64_t start, uint64_t size);
void pl_text_changed(pl_cpu *c, uint64_t start, uint64_t end);
bool pl_flag(pl_cpu *c, uint64_t addr, uint8_t flag, bool on);
void pl_forget(pl_cpu *c);
// pl_run runs from the context of context_size bytes and leaves the new one there.
void pl_run(pl_cpu *c, void *context);
void pl_registers(pl_cpu *c, void *context);
void pl_set_registers(pl_cpu *c, void *context);
uc_err pl_reset_context(pl_cpu *c, void *context);
void pl_interrupt(pl_cpu *c);

#endif
