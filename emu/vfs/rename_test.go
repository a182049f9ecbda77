package vfs

import "testing"

func TestRename(t *testing.T) {
	fs, p := newRig(t, Config{})
	mk := func(path string, mode uint32) { want(t, "mkdir", p.Mkdirat(AT_FDCWD, path, mode), 0) }
	mk("/a", 0o755)
	mk("/a/ro", 0o555)
	mk("/b", 0o755)
	mk("/b/sub", 0o755)
	write(t, p, "/f", "f")
	write(t, p, "/b/g", "g")
	for _, c := range []struct {
		from, to string
		flags    int
		want     Errno
	}{
		{"/a/ro", "/b/ro", 0, EACCES},
		{"/a/ro", "/b/sub", RENAME_EXCHANGE, EACCES},
		{"/b/sub", "/a/ro", RENAME_EXCHANGE, EACCES},
		{"/a/ro", "/a/other", 0, 0}, // its ".." stays
		{"/a", "/a/other/x", 0, EINVAL},
		{"/b", "/", 0, EBUSY},
		{"/a/other", "/a", 0, ENOTEMPTY},
		{"/a/other", "/a", RENAME_EXCHANGE, EINVAL},
		{"/f", "/a", 0, EISDIR},
		{"/a", "/f", 0, ENOTDIR},
		{"/f", "/b/g", RENAME_NOREPLACE, EEXIST},
		{"/f", "/none", RENAME_EXCHANGE, ENOENT},
		{"/f", "/a", RENAME_EXCHANGE, 0},
		{"/f", "/b/g", RENAME_EXCHANGE, 0},
	} {
		if got := p.Renameat2(AT_FDCWD, c.from, AT_FDCWD, c.to, c.flags); got != c.want {
			t.Errorf("rename %s to %s, %#x: %s, want %s", c.from, c.to, c.flags, got, c.want)
		}
	}
	// The file f is at /a, the directory a at /b/g, the file g at /f.
	for path, content := range map[string]string{"/a": "f", "/f": "g"} {
		if got := read(t, p, path); got != content {
			t.Errorf("%s: %q", path, got)
		}
	}
	want(t, "chdir", p.Chdir("/b/g/other"), 0)
	if cwd, e := p.Getcwd(); cwd != "/b/g/other" || e != 0 {
		t.Errorf("working directory %q, %s", cwd, e)
	}
	check(t, fs)
}
