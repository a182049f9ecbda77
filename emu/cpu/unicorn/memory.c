// Guest memory: which engine sees which mapping with which rights.

#include <stdlib.h>
#include "internal.h"

// pl_perm_for is what an engine of that mode may do with a mapping; 0 for nothing.
// The kernel may read and write user memory but not run it, as with SMEP.
int pl_perm_for(int mode, uint32_t perm)
{
	if (mode == PL_USER && !(perm & P_USER))
		return 0;
	if (mode == PL_KERNEL && (perm & P_USER))
		perm &= ~P_EXEC;
	int p = 0;
	if (perm & P_READ)
		p |= UC_PROT_READ;
	if (perm & P_WRITE)
		p |= UC_PROT_WRITE;
	if (perm & P_EXEC)
		p |= UC_PROT_EXEC;
	return p;
}

// in_area tells whether a mapping lies in the area, where engines have all memory from
// the start and ask for the rights to each page when they first touch it.
static bool in_area(const pl_cpu *c, const pl_map *m)
{
	return m->start - c->area_start < c->area_size;
}

// pl_on_fill answers an engine that has an area and wants to access a page. It may keep
// the answer until its TLB is flushed.
static bool pl_on_fill(uc_engine *uc, uint64_t page, uc_mem_type type, uc_tlb_entry *e, void *user)
{
	pl_cpu *c = user;
	const pl_map *m = pl_find_map(c, page);
	int p = m ? pl_perm_for(c->mode, m->perm) : 0;
	int want = type == UC_MEM_WRITE ? UC_PROT_WRITE : type == UC_MEM_READ ? UC_PROT_READ : UC_PROT_EXEC;
	(void)uc;
	if (!(p & want) && c->explaining && want != UC_PROT_EXEC) {
		// Where there is no memory the engine tells all of an access.
		c->denied_page = page;
		e->paddr = page | NOWHERE;
		e->perms = UC_PROT_READ | UC_PROT_WRITE;
		return true;
	}
	if (!(p & want)) {
		if (page == c->until || page == c->until - 4096)
			return false; // the engine looks there on its way out: see settle
		c->denied = true;
		c->denied_page = page;
		c->denied_type = type;
		return false;
	}
	e->paddr = page;
	e->perms = p;
	return true;
}

// pl_map_area gives a fresh engine the memory of the area, if there is one. With a TLB
// that asks us, the engine also tells exactly at which instruction an access was denied.
uc_err pl_map_area(pl_cpu *c, uc_engine *uc)
{
	uc_hook h;
	if (!c->area_size)
		return UC_ERR_OK;
	uc_err err = uc_mem_map_ptr(uc, c->area_start, c->area_size, UC_PROT_ALL, c->area_host);
	if (!err)
		err = uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL);
	return err ? err : uc_hook_add(uc, &h, UC_HOOK_TLB_FILL, pl_on_fill, c, 1, 0);
}

uc_err pl_map_into(const pl_cpu *c, uc_engine *uc, int mode, const pl_map *m)
{
	int p = pl_perm_for(mode, m->perm);
	if (!p || in_area(c, m))
		return UC_ERR_OK;
	return uc_mem_map_ptr(uc, m->start, m->end - m->start, p, m->host);
}

// above returns the index of the first mapping that ends behind addr.
static int above(const pl_cpu *c, uint64_t addr)
{
	int lo = 0, hi = c->nmap;
	while (lo < hi) {
		int mid = (lo + hi) / 2;
		if (c->maps[mid].end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

const pl_map *pl_find_map(pl_cpu *c, uint64_t addr)
{
	int i = above(c, addr);
	return i < c->nmap && c->maps[i].start <= addr ? &c->maps[i] : NULL;
}

// pl_writable returns the host memory of what the mode that runs may write, or NULL.
uint8_t *pl_writable(pl_cpu *c, uint64_t addr, uint64_t size)
{
	const pl_map *m = c->last_map;
	if (!m || addr < m->start || addr >= m->end) {
		m = pl_find_map(c, addr);
		if (!m)
			return NULL;
		c->last_map = (pl_map *)m;
	}
	if (m->end - addr < size || !(pl_perm_for(c->mode, m->perm) & UC_PROT_WRITE))
		return NULL;
	return m->host + (addr - m->start);
}

// unmap_from takes back what pl_map_into did.
static uc_err unmap_from(const pl_cpu *c, uc_engine *uc, int mode, const pl_map *m)
{
	if (in_area(c, m))
		return uc_ctl_flush_tlb(uc);
	return pl_perm_for(mode, m->perm) ? uc_mem_unmap(uc, m->start, m->end - m->start) : UC_ERR_OK;
}

// map_everywhere maps m into every engine that may see it, or into none.
static uc_err map_everywhere(pl_cpu *c, const pl_map *m)
{
	for (int i = 0; i < PL_MODES * PL_KINDS; i++) {
		int mode = i / PL_KINDS;
		uc_engine *uc = c->uc[mode][i % PL_KINDS];
		uc_err err = uc ? pl_map_into(c, uc, mode, m) : UC_ERR_OK;
		if (!err)
			continue;
		while (i-- > 0) {
			uc = c->uc[i / PL_KINDS][i % PL_KINDS];
			if (uc)
				unmap_from(c, uc, i / PL_KINDS, m);
		}
		return err;
	}
	return UC_ERR_OK;
}

uc_err pl_map_add(pl_cpu *c, uint64_t start, uint64_t size, uint8_t *host, uint32_t perm)
{
	pl_map m = { start, start + size, host, perm };
	int i = above(c, start);
	if (in_area(c, &m) && host != c->area_host + (start - c->area_start))
		return UC_ERR_ARG;
	if (m.end < start || (i < c->nmap && c->maps[i].start < m.end))
		return UC_ERR_MAP;
	pl_map *maps = realloc(c->maps, (c->nmap + 1) * sizeof *maps);
	if (!maps)
		return UC_ERR_NOMEM;
	c->maps = maps;
	c->last_map = NULL;
	uc_err err = perm & P_EXEC ? pl_text_add(c, &m) : UC_ERR_OK;
	if (err)
		return err;
	err = map_everywhere(c, &m);
	if (err) {
		pl_text_remove(c, start);
		return err;
	}
	memmove(maps + i + 1, maps + i, (c->nmap - i) * sizeof *maps);
	maps[i] = m;
	c->nmap++;
	return UC_ERR_OK;
}

uc_err pl_map_remove(pl_cpu *c, uint64_t start, uint64_t size)
{
	int i = above(c, start);
	if (i == c->nmap || c->maps[i].start != start || c->maps[i].end != start + size)
		return UC_ERR_ARG;
	if (c->maps[i].perm & P_EXEC) {
		pl_text_changed(c, start, start + size); // blocks outlive a mapping
		pl_text_remove(c, start);
	}
	for (int mode = 0; mode < PL_MODES; mode++)
		for (int kind = 0; kind < PL_KINDS; kind++)
			if (c->uc[mode][kind]) {
				uc_err err = unmap_from(c, c->uc[mode][kind], mode, &c->maps[i]);
				if (err)
					return err;
			}
	memmove(c->maps + i, c->maps + i + 1, (c->nmap - i - 1) * sizeof *c->maps);
	c->nmap--;
	c->last_map = NULL;
	return UC_ERR_OK;
}
