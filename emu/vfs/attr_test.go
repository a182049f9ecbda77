package vfs

import "testing"

func TestWhatIsRoots(t *testing.T) {
	_, p := newRig(t, Config{})
	_, create := p.Openat(AT_FDCWD, "/etc/new", O_CREAT|O_WRONLY, 0o644)
	_, wr := p.Openat(AT_FDCWD, "/etc/passwd", O_WRONLY, 0)
	_, trunc := p.Openat(AT_FDCWD, "/etc/passwd", O_TRUNC, 0)
	write(t, p, "/tmp/mine", "")
	for _, c := range []struct {
		what string
		got  Errno
		want Errno
	}{
		{"create", create, EACCES},
		{"write", wr, EACCES},
		{"truncate on open", trunc, EACCES},
		{"truncate", p.Truncate("/etc/passwd", 0), EACCES},
		{"unlink", p.Unlinkat(AT_FDCWD, "/etc/passwd", 0), EACCES},
		{"link", p.Linkat(AT_FDCWD, "/etc/passwd", AT_FDCWD, "/tmp/passwd", 0), EPERM},
		{"chmod", p.Fchmodat(AT_FDCWD, "/etc/passwd", 0o777, 0), EPERM},
		{"chown", p.Fchownat(AT_FDCWD, "/etc/passwd", GuestID, GuestID, 0), EPERM},
		{"times", p.Utimensat(AT_FDCWD, "/etc/passwd", &[2]Time{}, 0), EPERM},
		{"touch", p.Utimensat(AT_FDCWD, "/etc/passwd", nil, 0), EACCES},
		{"access to read", p.Faccessat(AT_FDCWD, "/etc/passwd", R_OK, 0), 0},
		{"access to write", p.Faccessat(AT_FDCWD, "/etc/passwd", W_OK, 0), EACCES},
		{"rename /proc", p.Renameat2(AT_FDCWD, "/proc", AT_FDCWD, "/x", 0), EBUSY},
		{"rename over /dev", p.Renameat2(AT_FDCWD, "/tmp", AT_FDCWD, "/dev", RENAME_EXCHANGE), EBUSY},
		{"chown to another", p.Fchownat(AT_FDCWD, "/tmp/mine", 0, GuestID, 0), EPERM},
		{"chown to itself", p.Fchownat(AT_FDCWD, "/tmp/mine", GuestID, 1<<32-1, 0), 0},
		{"unlink what is its own", p.Unlinkat(AT_FDCWD, "/tmp/mine", 0), 0},
	} {
		want(t, c.what, c.got, c.want)
	}
}

func TestTimes(t *testing.T) {
	now := int64(1e9)
	_, p := newRig(t, Config{Clock: func() int64 { return now }})
	write(t, p, "/a", "content")
	stat := func() Stat {
		st, e := p.Fstatat(AT_FDCWD, "/a", 0)
		want(t, "stat", e, 0)
		return st
	}
	check := func(what string, at, mt, ct int64) {
		t.Helper()
		st := stat()
		if st.Atime.Sec != at || st.Mtime.Sec != mt || st.Ctime.Sec != ct || st.Btime.Sec != 1 {
			t.Errorf("%s: %v %v %v %v, want %d %d %d", what, st.Atime, st.Mtime, st.Ctime, st.Btime, at, mt, ct)
		}
	}
	now = 2e9
	read(t, p, "/a")
	check("first read", 2, 1, 1)
	now = 3e9
	read(t, p, "/a")
	check("second read", 2, 1, 1)
	p.Fchmodat(AT_FDCWD, "/a", 0o600, 0)
	check("chmod", 2, 1, 3)
	now = 4e9
	fd := open(t, p, "/a", O_RDWR)
	p.Write(fd, []byte("x"))
	check("write", 2, 4, 4)
	want(t, "futimens", p.Futimens(fd, &[2]Time{{7, UTIME_NOW}, {9, 5}}), 0)
	check("futimens", 4, 9, 4)
	want(t, "fchown", p.Fchown(fd, 1<<32-1, 1<<32-1), 0)
	now = 5e9
	p.Linkat(AT_FDCWD, "/a", AT_FDCWD, "/b", 0)
	check("link", 4, 9, 5)
	now = 1e15
	read(t, p, "/a")
	check("a read after more than a day", 1e6, 9, 5)
}
