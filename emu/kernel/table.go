package kernel

// Support says how far a call is answered.
type Support uint8

// The levels of support.
const (
	None    Support = iota // ENOSYS; counted, unless the note says that nobody misses it
	Partial                // as the note says
	Full                   // as far as a program of one process can tell
)

// String returns "none", "partial" or "full".
func (s Support) String() string { return [...]string{"none", "partial", "full"}[s] }

// Row is what there is to know of one call.
type Row struct {
	Number  uint64
	Name    string
	Support Support
	Note    string // what is missing

	// args are the kinds of the arguments, for the trace: d and u numbers, x flags, o
	// permissions, p addresses, s strings.
	args   string
	answer func(*Kernel, *Call) Result
}

// rows are the calls that are answered, by number.
var rows = []Row{
	{0, "read", Full, "", "dpu", (*Kernel).read},
	{1, "write", Full, "", "dpu", (*Kernel).write},
	{2, "open", Full, "", "sxo", (*Kernel).open},
	{3, "close", Full, "", "d", (*Kernel).closeFile},
	{4, "stat", Full, "", "sp", (*Kernel).stat},
	{5, "fstat", Full, "", "dp", (*Kernel).fstat},
	{6, "lstat", Full, "", "sp", (*Kernel).lstat},
	{7, "poll", Partial, "no more than 1024 files; wakes when any file has changed", "pud", (*Kernel).poll},
	{8, "lseek", Full, "", "ddd", (*Kernel).lseek},
	{9, "mmap", Partial, "no memory that can be written and executed; no writable shared mapping of a file", "pxxxdx", (*Kernel).mmap},
	{10, "mprotect", Partial, "no memory that can be written and executed", "pxx", (*Kernel).mprotect},
	{11, "munmap", Full, "", "px", (*Kernel).munmap},
	{12, "brk", Full, "", "p", (*Kernel).setBrk},
	{13, "rt_sigaction", Full, "", "dppd", (*Kernel).rtSigaction},
	{14, "rt_sigprocmask", Full, "", "dppd", (*Kernel).rtSigprocmask},
	{15, "rt_sigreturn", Full, "", "", (*Kernel).rtSigreturn},
	{16, "ioctl", Partial, "FIONREAD only; nothing is a terminal", "dxp", (*Kernel).ioctl},
	{17, "pread64", Full, "", "dpud", (*Kernel).pread},
	{18, "pwrite64", Full, "", "dpud", (*Kernel).pwrite},
	{19, "readv", Full, "", "dpd", (*Kernel).readv},
	{20, "writev", Full, "", "dpd", (*Kernel).writev},
	{21, "access", Full, "", "so", (*Kernel).access},
	{22, "pipe", Full, "", "p", (*Kernel).pipe},
	{24, "sched_yield", Full, "", "", (*Kernel).yield},
	{25, "mremap", Partial, "within one mapping; no MREMAP_DONTUNMAP", "pxxxp", (*Kernel).mremap},
	{27, "mincore", Partial, "all that is mapped counts as in memory", "pxp", (*Kernel).mincore},
	{28, "madvise", Partial, "advice is not followed, but what gives memory back", "pxd", (*Kernel).madvise},
	{32, "dup", Full, "", "d", (*Kernel).dup},
	{33, "dup2", Full, "", "dd", (*Kernel).dup2},
	{34, "pause", Full, "", "", (*Kernel).pause},
	{35, "nanosleep", Partial, "virtual time; does not tell what is left after a signal", "pp", (*Kernel).nanosleep},
	{36, "getitimer", Partial, "ITIMER_REAL only", "dp", (*Kernel).getitimer},
	{37, "alarm", Full, "", "u", (*Kernel).setAlarm},
	{38, "setitimer", Partial, "ITIMER_REAL only", "dpp", (*Kernel).setitimer},
	{39, "getpid", Full, "", "", (*Kernel).getpid},
	{56, "clone", Partial, "threads only", "xpppp", (*Kernel).clone},
	{60, "exit", Full, "", "d", (*Kernel).exit},
	{62, "kill", Partial, "the own process only", "dd", (*Kernel).kill},
	{63, "uname", Full, "", "p", (*Kernel).uname},
	{72, "fcntl", Partial, "no locks on ranges", "ddx", (*Kernel).fcntl},
	{74, "fsync", Full, "", "d", (*Kernel).zero},
	{75, "fdatasync", Full, "", "d", (*Kernel).zero},
	{76, "truncate", Full, "", "sd", (*Kernel).truncate},
	{77, "ftruncate", Full, "", "dd", (*Kernel).ftruncate},
	{79, "getcwd", Full, "", "pu", (*Kernel).getcwd},
	{80, "chdir", Full, "", "s", (*Kernel).chdir},
	{81, "fchdir", Full, "", "d", (*Kernel).fchdir},
	{82, "rename", Full, "", "ss", (*Kernel).rename},
	{83, "mkdir", Full, "", "so", (*Kernel).mkdir},
	{84, "rmdir", Full, "", "s", (*Kernel).rmdir},
	{85, "creat", Full, "", "so", (*Kernel).creat},
	{87, "unlink", Full, "", "s", (*Kernel).unlink},
	{88, "symlink", Full, "", "ss", (*Kernel).symlink},
	{89, "readlink", Full, "", "spu", (*Kernel).readlink},
	{90, "chmod", Full, "", "so", (*Kernel).chmod},
	{91, "fchmod", Full, "", "do", (*Kernel).fchmod},
	{95, "umask", Full, "", "o", (*Kernel).umask},
	{96, "gettimeofday", Partial, "no time zone", "pp", (*Kernel).gettimeofday},
	{97, "getrlimit", Partial, "fixed limits", "dp", (*Kernel).getrlimit},
	{98, "getrusage", Partial, "virtual time only", "dp", (*Kernel).getrusage},
	{99, "sysinfo", Partial, "memory, threads and virtual time", "p", (*Kernel).sysinfo},
	{102, "getuid", Full, "", "", (*Kernel).getuid},
	{104, "getgid", Full, "", "", (*Kernel).getuid},
	{107, "geteuid", Full, "", "", (*Kernel).getuid},
	{108, "getegid", Full, "", "", (*Kernel).getuid},
	{110, "getppid", Full, "", "", (*Kernel).getppid},
	{127, "rt_sigpending", Full, "", "pu", (*Kernel).rtSigpending},
	{130, "rt_sigsuspend", Full, "", "pu", (*Kernel).rtSigsuspend},
	{131, "sigaltstack", Full, "", "pp", (*Kernel).sigaltstack},
	{157, "prctl", Partial, "PR_SET_NAME, which does nothing", "dx", (*Kernel).prctl},
	{158, "arch_prctl", Partial, "FS and GS only", "xp", (*Kernel).archPrctl},
	{186, "gettid", Full, "", "", (*Kernel).gettid},
	{200, "tkill", Full, "", "dd", (*Kernel).tkill},
	{201, "time", Full, "", "p", (*Kernel).time},
	{202, "futex", Partial, "no priority inheritance", "pdupp", (*Kernel).futex},
	{204, "sched_getaffinity", Partial, "one CPU", "dup", (*Kernel).schedGetaffinity},
	{217, "getdents64", Full, "", "dpu", (*Kernel).getdents64},
	{218, "set_tid_address", Full, "", "p", (*Kernel).setTidAddress},
	{228, "clock_gettime", Partial, "virtual time; CPU clocks run like the others", "dp", (*Kernel).clockGettime},
	{229, "clock_getres", Full, "", "dp", (*Kernel).clockGetres},
	{230, "clock_nanosleep", Partial, "virtual time; does not tell what is left after a signal", "dxpp", (*Kernel).clockNanosleep},
	{231, "exit_group", Full, "", "d", (*Kernel).exitGroup},
	{234, "tgkill", Full, "", "ddd", (*Kernel).tgkill},
	{257, "openat", Full, "", "dsxo", (*Kernel).openat},
	{258, "mkdirat", Full, "", "dso", (*Kernel).mkdirat},
	{262, "newfstatat", Full, "", "dspx", (*Kernel).newfstatat},
	{263, "unlinkat", Full, "", "dsx", (*Kernel).unlinkat},
	{264, "renameat", Full, "", "dsds", (*Kernel).renameat},
	{267, "readlinkat", Full, "", "dspu", (*Kernel).readlinkat},
	{269, "faccessat", Full, "", "dso", (*Kernel).faccessat},
	{271, "ppoll", Partial, "the signal mask is not looked at", "pup", (*Kernel).ppoll},
	{273, "set_robust_list", Full, "", "pu", (*Kernel).setRobustList},
	{274, "get_robust_list", Full, "", "dpp", (*Kernel).getRobustList},
	{290, "eventfd2", Full, "", "ux", (*Kernel).eventfd2},
	{292, "dup3", Full, "", "ddx", (*Kernel).dup3},
	{293, "pipe2", Full, "", "px", (*Kernel).pipe2},
	{302, "prlimit64", Partial, "fixed limits; a lower one is taken and not kept", "ddpp", (*Kernel).prlimit64},
	{309, "getcpu", Partial, "always 0", "pp", (*Kernel).getcpu},
	{316, "renameat2", Full, "", "dsdsx", (*Kernel).renameat2},
	{318, "getrandom", Full, "", "pux", (*Kernel).getrandom},
	{332, "statx", Partial, "tells all, whatever the mask", "dsxxp", (*Kernel).statx},
	{334, "rseq", None, "C libraries do without", "pxxx", (*Kernel).refuse},
	{435, "clone3", None, "C libraries fall back to clone", "pu", (*Kernel).refuse},
	{439, "faccessat2", Full, "", "dsox", (*Kernel).faccessat2},
}

// find returns the row of a call that is answered, or nil.
func find(nr uint64) *Row {
	if nr >= maxNumber || byNumber[nr] == 0 {
		return nil
	}
	return &rows[byNumber[nr]-1]
}

// byNumber has for each call 1 + the index of its row.
var byNumber = func() (t [maxNumber]uint16) {
	for i := range rows {
		t[rows[i].Number] = uint16(i + 1)
	}
	return t
}()

// Table returns all calls that Linux knows, by number.
func Table() []Row {
	var all []Row
	for nr := range uint64(maxNumber) {
		if row := find(nr); row != nil {
			all = append(all, *row)
		} else if name := names[nr]; name != "" {
			all = append(all, Row{Number: nr, Name: name})
		}
	}
	return all
}
