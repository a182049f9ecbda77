/*
 * livepatch.h: what a patch module says about itself.
 *
 *	MODULE_INFO(livepatch, "Y");		without it the patch is refused
 *	KLP_FUNC(greet, livepatch_greet);	greet of the program becomes livepatch_greet
 *
 * The names are those of the kernel's struct klp_patch, klp_object, klp_func; the
 * entries lie as arrays of 64-bit words in the sections .klp.*. Functions with one
 * object name belong to one object; objects stand in the order in which they are first
 * named. NULL, the program itself, is the object "vmlinux" of the reports.
 *
 * A patch refers to what the program has by its name: the global symbol of that name, or the
 * static one if there is one only. KLP_SYM says which one is meant if there are several.
 */
#ifndef LIVEPATCH_H
#define LIVEPATCH_H

#include <patchlab.h>

#define KLP_FLAG_REPLACE	1

#ifndef __ASSEMBLER__

struct pl_klp_func {
	const char *object;	/* NULL: the program */
	const char *old_name;
	const void *new_func;
	u64 sympos;		/* 0: the name is unique; n: the n-th of that name */
};

struct pl_klp_callbacks {
	const char *object;
	int (*pre_patch)(void);
	void (*post_patch)(void);
	void (*pre_unpatch)(void);
	void (*post_unpatch)(void);
};

struct pl_klp_state {
	u64 id;
	u64 version;
};

/* KLP_FUNC replaces the function old_name of the program, of which there must be one. */
#define KLP_FUNC(old_name, new_fn)	KLP_FUNC_POS(NULL, old_name, new_fn, 0)

/* KLP_FUNC_POS replaces the sympos-th function old_name of object (a string or NULL). */
#define KLP_FUNC_POS(object, old_name, new_fn, sympos) \
	PL_ENTRY(struct pl_klp_func, ".klp.funcs") = { (object), #old_name, (new_fn), (sympos) }

/* KLP_CALLBACKS gives the object functions to call; NULL where there is none. What
 * pre_patch returns, 0 or -errno, decides whether the patch is applied. */
#define KLP_CALLBACKS(object, pre_patch, post_patch, pre_unpatch, post_unpatch) \
	PL_ENTRY(struct pl_klp_callbacks, ".klp.callbacks") = \
		{ (object), (pre_patch), (post_patch), (pre_unpatch), (post_unpatch) }

/* KLP_STATE says that the patch changes the system state id (not 0) to a version. */
#define KLP_STATE(id, version) \
	PL_ENTRY(struct pl_klp_state, ".klp.states") = { (id), (version) }

/* KLP_REPLACE makes the patch take the place of all that are applied. */
#define KLP_REPLACE	PL_ENTRY(u64, ".klp.patch") = KLP_FLAG_REPLACE

/* KLP_SYM makes alias, which the patch declares extern, stand for the sympos-th symbol name
 * of the program. */
#define KLP_SYM(alias, name, sympos) \
	__asm__(".set " #alias ", \".klp.sym.vmlinux." #name "," #sympos "\"")

#define MODULE_INFO(tag, info) \
	static const char PL_PASTE(pl_modinfo_, __COUNTER__)[] \
	__attribute__((__used__, __section__(".modinfo"), __aligned__(1))) = #tag "=" info

#else /* __ASSEMBLER__ */

/* object, old_name: labels of strings, or 0. */
#define KLP_FUNC_POS(object, old_name, new_fn, sympos) \
	.pushsection .klp.funcs, "a"; .balign 8; \
	.quad object, old_name, new_fn, sympos; .popsection
#define KLP_FUNC(old_name, new_fn)	KLP_FUNC_POS(0, old_name, new_fn, 0)
#define KLP_CALLBACKS(object, pre_patch, post_patch, pre_unpatch, post_unpatch) \
	.pushsection .klp.callbacks, "a"; .balign 8; \
	.quad object, pre_patch, post_patch, pre_unpatch, post_unpatch; .popsection
#define KLP_STATE(id, version) \
	.pushsection .klp.states, "a"; .balign 8; .quad id, version; .popsection
#define KLP_REPLACE \
	.pushsection .klp.patch, "a"; .balign 8; .quad KLP_FLAG_REPLACE; .popsection
#define MODULE_INFO(tag, info) \
	.pushsection .modinfo, "a"; .ascii #tag, "="; .asciz info; .popsection

#endif
#endif
