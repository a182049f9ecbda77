package vfs

// mayCreate reports why no new name can be made in a directory.
func (p Proc) mayCreate(d place) Errno {
	if d.host != "" {
		if !p.fs.mountOf(d).writable {
			return EROFS
		}
		return 0
	}
	n := p.fs.node(d.node)
	switch {
	case n.nlink == 0:
		return ENOENT
	case !n.allows(W_OK|X_OK) || n.kind == kindFds:
		return EACCES
	}
	return 0
}
