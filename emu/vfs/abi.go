package vfs

// The numbers of x86-64 Linux that operations take and give, under their names there.
const (
	O_RDONLY    = 0
	O_WRONLY    = 1
	O_RDWR      = 2
	O_ACCMODE   = 3
	O_CREAT     = 0o100
	O_EXCL      = 0o200
	O_TRUNC     = 0o1000
	O_APPEND    = 0o2000
	O_NONBLOCK  = 0o4000
	O_LARGEFILE = 0o100000
	O_DIRECTORY = 0o200000
	O_NOFOLLOW  = 0o400000
	O_NOATIME   = 0o1000000
	O_CLOEXEC   = 0o2000000
	O_PATH      = 0o10000000
	O_TMPFILE   = 0o20200000

	AT_FDCWD            = -100
	AT_SYMLINK_NOFOLLOW = 0x100
	AT_REMOVEDIR        = 0x200
	AT_EACCESS          = 0x200
	AT_SYMLINK_FOLLOW   = 0x400
	AT_EMPTY_PATH       = 0x1000

	S_IFMT  = 0o170000
	S_IFIFO = 0o010000
	S_IFCHR = 0o020000
	S_IFDIR = 0o040000
	S_IFREG = 0o100000
	S_IFLNK = 0o120000
	S_ISVTX = 0o1000

	SEEK_SET  = 0
	SEEK_CUR  = 1
	SEEK_END  = 2
	SEEK_DATA = 3
	SEEK_HOLE = 4

	POLLIN   = 0x1
	POLLOUT  = 0x4
	POLLERR  = 0x8
	POLLHUP  = 0x10
	POLLNVAL = 0x20

	RENAME_NOREPLACE = 1
	RENAME_EXCHANGE  = 2

	R_OK = 4
	W_OK = 2
	X_OK = 1

	UTIME_NOW  = 1<<30 - 1
	UTIME_OMIT = 1<<30 - 2
)

// Bounds that the guest's programs know of.
const (
	// PathMax is the length that a path must stay below.
	PathMax = 4096
	// NameMax is the longest name of a directory entry.
	NameMax = 255
	// MaxLinks is how many symbolic links one path may go through.
	MaxLinks = 40
	// MaxFile is the size that no file exceeds; holes count for it.
	MaxFile = 0xffffffff000
	// PipeSize is what a pipe holds: sixteen pages.
	PipeSize = 16 * pageSize
	// PipeAtomic is how many bytes are written to a pipe at once or not at all.
	PipeAtomic = 4096
)
