package guest

// Perm is a set of access permissions of a page, together with the privilege
// that an access needs.
type Perm uint8

// The permissions. A page without [User] belongs to the kernel: user mode
// faults on it.
const (
	Read Perm = 1 << iota
	Write
	Exec
	User
)

// String writes the permissions as in /proc/PID/maps, with u or k for the
// privilege.
func (p Perm) String() string {
	b := []byte("---k")
	for i, c := range "rwx" {
		if p&(1<<i) != 0 {
			b[i] = byte(c)
		}
	}
	if p&User != 0 {
		b[3] = 'u'
	}
	return string(b)
}

// Mode is the privilege that the processor runs with.
type Mode uint8

// The modes.
const (
	KernelMode Mode = iota
	UserMode
)

// String returns "kernel" or "user".
func (m Mode) String() string {
	if m == UserMode {
		return "user"
	}
	return "kernel"
}
