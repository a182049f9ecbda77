// The C side of the backend, as the Go side sees it: counting, stopping, events and
// the hook's memo, on engine handles that the Go side opened. See engine.c.

#ifndef PATCHLAB_ENGINE_H
#define PATCHLAB_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

// Modes and kinds number the engines of one CPU: each pair has its own, because
// hooks and permissions are baked into translated code.
enum { PL_KERNEL, PL_USER, PL_MODES };
enum {
	PL_PLAIN, // no hook that code pays for
	PL_WATCH, // a block hook counts, watches and stops before a block
	PL_STEP,  // a code hook counts, watches and stops before an instruction
	PL_EXACT, // as STEP, and every instruction can be taken back
	PL_TRACE, // as EXACT, and what instructions read and write is reported
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

// Why an instruction was refused.
enum {
	PL_NOT_A_SITE = 1, // the return slot at the stub's entry belongs to no site
	PL_NO_FRAME,       // the shim's frame pointer does not point to a stack
	PL_VECTOR,         // VEX, EVEX and XOP code
	PL_SYSTEM,         // privileged, or a source of host time or chance
};

typedef struct {
	uint64_t kind, addr, sp, body, at;
} pl_event;

// An instruction may add two events, so one that adds any begins only below
// PL_EVENTS, and the list has room for one more.
enum { PL_EVENTS = 1023, PL_NEAR_BITS = 6, PL_MEMO = 256 };

// What an instruction has read or written; at counts it as events do.
typedef struct {
	uint64_t addr, size, at;
	bool write;
} pl_access;

// An instruction begins only while there is room for all that one can access in places
// that do not touch.
enum { PL_ACCESSES = 1024, PL_ACCESS_ROOM = 64 };

typedef struct pl_text pl_text;
typedef struct pl_map pl_map;
typedef struct pl_break pl_break;

typedef struct {
	uint64_t ip;
	int64_t task;
	uint64_t body; // 0: the entry is empty
} pl_memo;

// The stub that patch sites call, see cpu.Stub; entry 0: none.
typedef struct {
	uint64_t entry, fast, slow, hook, commit;
	uint64_t *cell;
} pl_stub;

// Where a context keeps the registers that are read at every stop: offsets in bytes.
// Found out when the first engine is opened (layout.c); where that did not work, ok
// is false, and the library is asked for each register.
typedef struct {
	bool ok;
	size_t gpr, xmm, xmm_stride, fp, fp_stride;
	size_t fs, gs, mxcsr, fpcw, fpsw, fptop, fpempty;
} pl_layout;

typedef struct pl_cpu {
	// Fixed.
	uint64_t arena_start, arena_end, until;
	pl_stub stub;
	uint64_t area_start, area_size; // guest memory that is one piece of the host's; size 0: none
	uint8_t *area_host;
	uint64_t callee; // the Go side's number of this CPU
	bool has_decide;
	bool loses_flags; // the version of the engine: see pl_on_code

	uc_engine *uc[PL_MODES][PL_KINDS];
	size_t context_size;
	pl_layout layout;
	pl_map *maps; // by address
	int nmap;
	pl_map *last_map; // where the stub's stack was found last
	pl_text **texts;
	int ntext;
	pl_text *near[1 << PL_NEAR_BITS]; // found last, by a hash of the page
	pl_break *breaks;
	int nbreak;
	int nwatch;      // addresses that are watched
	int arena_marks; // addresses in the arena that are watched or have a breakpoint
	pl_memo memo[PL_MEMO];

	// The run in progress: in.
	int64_t task;
	int mode, kind;
	uint64_t pc, budget;
	bool uncounted, stepped, exact, trace;
	// out
	int reason;
	uint64_t executed;
	uint64_t gpr[16], rflags, vector, decisions;
	int fault_kind, fault_size, fault_refusal;
	bool fault_mapped;
	uint32_t fault_vector;
	uint64_t fault_addr;
	int uc_err; // an engine error that is not the guest's
	uint32_t nevents;
	pl_event events[PL_EVENTS + 1];
	uint32_t naccesses;
	pl_access accesses[PL_ACCESSES];
	// working
	// The block hook's own: first what it needs of the text that the last block was in.
	// A size of 0 sends every block the slow way, which is how a leg ends.
	uint64_t text_start, text_size;
	const uint16_t *text_blocks;
	uint64_t left;           // of the budget
	uint64_t prev;           // the last block or instruction of this leg
	uint64_t prev_end;       // stepping: the address behind it
	uint64_t step_end;       // the leg on STEP ends at this address, or at a jump
	bool whole;              // no: it ends with the run
	bool stopped;            // the leg is over: hooks do nothing any more
	bool done;               // so is the run, for c->reason
	bool fetching;           // the leg failed to fetch code at fault_addr
	bool rejected;           // PLAIN has translated a block that it must not keep
	bool rewind;             // the last instruction has to be taken back
	bool denied;             // an access of denied_type to denied_page was refused
	uc_mem_type denied_type;
	uint64_t denied_page;
	bool vague;              // what is known of the fault is less than there is to know
	bool explaining;         // a fault is being looked at
	uc_context *before;      // EXACT, TRACE: the registers before the last instruction
	struct pl_undo *undo;    // EXACT, TRACE: what it has overwritten
	uint32_t access_first;   // TRACE: where the last instruction's accesses begin
	uc_engine *running;      // atomic: whom an interrupt has to stop
	bool interrupted;        // atomic
} pl_cpu;

pl_cpu *pl_new(void);
void pl_free(pl_cpu *c);
// pl_open installs the hooks on a fresh engine and maps what is mapped.
uc_err pl_open(pl_cpu *c, int mode, int kind, uc_engine *uc);
uc_err pl_map_add(pl_cpu *c, uint64_t start, uint64_t size, uint8_t *host, uint32_t perm);
uc_err pl_map_remove(pl_cpu *c, uint64_t start, uint64_t size);
void pl_text_changed(pl_cpu *c, uint64_t start, uint64_t end);
void pl_watch(pl_cpu *c, uint64_t addr, bool on);
uc_err pl_set_break(pl_cpu *c, uint64_t addr, int64_t task, bool on);
void pl_forget(pl_cpu *c);
// pl_run runs from the context of context_size bytes and leaves the new one there.
void pl_run(pl_cpu *c, uint8_t *context);
// pl_explain finds out all of a fault that a run has left vague. It needs the engine
// TRACE of the mode.
void pl_explain(pl_cpu *c, uint8_t *context);
void pl_wash_context(uint8_t *context, uint8_t *fresh, size_t size);
void pl_registers(pl_cpu *c, uint8_t *context);
void pl_set_registers(pl_cpu *c, uint8_t *context);
// The vector and x87 registers, as fxsave lays them out in 512 bytes.
void pl_extended(uint8_t *context, uint8_t *area);
void pl_set_extended(uint8_t *context, const uint8_t *area);
uint64_t pl_base(uint8_t *context, bool gs);
void pl_set_base(uint8_t *context, bool gs, uint64_t addr);
uc_err pl_reset_context(pl_cpu *c, uint8_t *context);
// pl_interrupt may be called by another thread. A run that is just beginning may
// miss it: call again until the run is over.
void pl_interrupt(pl_cpu *c);

#endif
