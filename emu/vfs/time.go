package vfs

// Time is an instant as the guest sees it: seconds and nanoseconds since 1970.
type Time struct{ Sec, Nsec int64 }

func (t Time) after(o Time) bool {
	return t.Sec > o.Sec || t.Sec == o.Sec && t.Nsec > o.Nsec
}

// valid reports whether t can be what utimensat is given.
func (t Time) valid() bool {
	return t.Nsec >= 0 && t.Nsec < 1e9 || t.Nsec == UTIME_NOW || t.Nsec == UTIME_OMIT
}

// now returns the caller's time.
func (fs *FS) now() Time {
	if fs.config.Clock == nil {
		return Time{}
	}
	ns := fs.config.Clock()
	return Time{ns / 1e9, ns % 1e9}
}
