package vfs

import "testing"

// check wants the counts that are kept to be what there is.
func check(t *testing.T, fs *FS) {
	t.Helper()
	var bytes int64
	entries, files := 0, 0
	opens := map[int32]int32{rootNode: 1}
	links := map[int32]uint32{}
	refs := map[int32]int32{}
	fs.st.procs.all(func(_ int32, p *proc) {
		opens[p.cwd.node]++
		for _, d := range p.fds {
			refs[d.file]++
		}
	})
	fs.st.files.all(func(id int32, f *file) {
		files++
		opens[f.at.node]++
		if f.refs != refs[id] {
			t.Errorf("file %d has %d references, and says %d", id, refs[id], f.refs)
		}
	})
	fs.st.nodes.all(func(id int32, n *node) {
		bytes += n.pages*pageSize + int64(len(n.target))
		for _, o := range n.dir.order {
			if i, ok := n.dir.index(o.name); !ok || n.dir.entries[i].cookie != o.cookie || len(n.dir.order) != len(n.dir.entries) {
				t.Errorf("node %d: order %v of entries %v", id, n.dir.order, n.dir.entries)
			}
		}
		entries += len(n.dir.entries)
		if n.isDir() && n.nlink == 0 {
			opens[n.dir.parent]++
		}
		if n.isDir() && n.nlink > 0 {
			links[id] += 2
		}
		for _, e := range n.dir.entries {
			if child := fs.node(e.node); child.isDir() {
				links[id]++
			} else {
				links[e.node]++
			}
		}
	})
	fs.st.nodes.all(func(id int32, n *node) {
		if n.nlink != links[id] || n.opens != opens[id] {
			t.Errorf("node %d (%#o): %d links, %d opens; says %d, %d", id, n.mode, links[id], opens[id], n.nlink, n.opens)
		}
	})
	if bytes != fs.st.bytes || entries != fs.st.entries || bytes > fs.limits.Bytes || files > fs.limits.Files {
		t.Errorf("%d bytes, %d entries, %d files; says %d, %d", bytes, entries, files, fs.st.bytes, fs.st.entries)
	}
}
