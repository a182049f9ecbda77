// The hook's two places in the arena, and the memo of its decisions. See cpu.Stub.

#include "internal.h"
#include "_cgo_export.h"

void pl_forget(pl_cpu *c) { memset(c->memo, 0, sizeof c->memo); }

static pl_memo *memo_of(pl_cpu *c, uint64_t ip)
{
	return &c->memo[(ip ^ ip >> 8 ^ (uint64_t)c->task * 37) % PL_MEMO];
}

// choose finds the body for the function whose site returns to ip, by memo or by
// asking. It returns false when the run has to end.
static bool choose(pl_cpu *c, uc_engine *uc, uint64_t ip, uint64_t slot, uint64_t pc, uint64_t *body)
{
	pl_memo *m = memo_of(c, ip);
	if (m->ip == ip && m->task == c->task && m->body) {
		*body = m->body;
	} else {
		uint8_t once = 0;
		*body = goDecide(c->callee, c->task, ip, &once);
		if (*body == ~0ull) {
			pl_refuse(c, uc, PL_NOT_A_SITE, ip, pc);
			return false;
		}
		if (once)
			pl_forget(c);
		else
			*m = (pl_memo){ ip, c->task, *body };
	}
	c->decisions = mix(mix(mix(c->decisions, c->task), ip), *body);
	if (c->nwatch)
		pl_event_add(c, PL_DECIDED, ip, slot, *body);
	return true;
}

// on_entry is called at the stub's first instruction, which is followed by a jump to
// where the cell says. The whole form of the handler is done here, at once: it
// leaves the return slot and the dead words below it as stub and shim would. What
// has to be taken in steps goes through them.
static void on_entry(pl_cpu *c, uc_engine *uc)
{
	*c->stub.cell = c->stub.slow;
	if (c->stepped || c->arena_marks || !c->has_decide)
		return;
	uint64_t sp = reg(uc, UC_X86_REG_RSP), bp = reg(uc, UC_X86_REG_RBP), body;
	word *w = (word *)pl_writable(c, sp - 56, 72);
	if (!w)
		return; // the stub's own accesses will fault
	word *e = w + 7;
	uint64_t ip = e[0];
	if (!choose(c, uc, ip, sp, c->stub.entry, &body))
		return;
	e[-1] = e[1];
	e[-2] = bp;
	e[-3] = ip;
	e[-4] = sp - 16;
	e[-5] = body;
	e[-6] = c->stub.commit;
	e[-7] = sp - 32;
	e[0] = body;
	*c->stub.cell = c->stub.fast;
}

// on_hook is called at the shim's hook instruction, where only what takes the
// handler in steps, or was sent through the stub, comes.
static void on_hook(pl_cpu *c, uc_engine *uc, uint32_t size)
{
	uint64_t bp = reg(uc, UC_X86_REG_RBP), body;
	word *w = (word *)pl_writable(c, bp, 40);
	if (!w)
		pl_refuse(c, uc, PL_NO_FRAME, bp, c->stub.hook);
	else if (c->stepped || !c->has_decide)
		pl_stop(c, uc, PL_HOOK, c->stub.hook + size);
	else if (choose(c, uc, w[4], bp + 56, c->stub.hook, &body))
		w[2] = body;
}

// pl_on_stub is a code hook from shim.hook to stub.entry on the fast engines; the
// others call it.
void pl_on_stub(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	pl_cpu *c = user;
	if (c->stopped || (addr != c->stub.entry && addr != c->stub.hook))
		return;
	// Stepping has looked already whether there is room for the event, and so has
	// the block hook where the address is watched.
	if (c->kind == PL_WATCH && c->nwatch && c->nevents >= PL_EVENTS &&
	    !(text_of(c, addr)->flags[addr - text_of(c, addr)->start] & F_WATCH)) {
		pl_stop(c, uc, PL_FULL, addr);
		return;
	}
	if (addr == c->stub.entry)
		on_entry(c, uc);
	else
		on_hook(c, uc, size);
}
