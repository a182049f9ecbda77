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

uc_err pl_map_into(uc_engine *uc, int mode, const pl_map *m)
{
	int p = pl_perm_for(mode, m->perm);
	if (!p)
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

// map_everywhere maps m into every engine that may see it, or into none.
static uc_err map_everywhere(pl_cpu *c, const pl_map *m)
{
	for (int i = 0; i < PL_MODES * PL_KINDS; i++) {
		int mode = i / PL_KINDS;
		uc_engine *uc = c->uc[mode][i % PL_KINDS];
		uc_err err = uc ? pl_map_into(uc, mode, m) : UC_ERR_OK;
		if (!err)
			continue;
		while (i-- > 0) {
			uc = c->uc[i / PL_KINDS][i % PL_KINDS];
			if (uc && pl_perm_for(i / PL_KINDS, m->perm))
				uc_mem_unmap(uc, m->start, m->end - m->start);
		}
		return err;
	}
	return UC_ERR_OK;
}

uc_err pl_map_add(pl_cpu *c, uint64_t start, uint64_t size, uint8_t *host, uint32_t perm)
{
	pl_map m = { start, start + size, host, perm };
	int i = above(c, start);
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
			if (c->uc[mode][kind] && pl_perm_for(mode, c->maps[i].perm)) {
				uc_err err = uc_mem_unmap(c->uc[mode][kind], start, size);
				if (err)
					return err;
			}
	memmove(c->maps + i, c->maps + i + 1, (c->nmap - i - 1) * sizeof *c->maps);
	c->nmap--;
	c->last_map = NULL;
	return UC_ERR_OK;
}
