package guest

// TaskID is the pid of a task. Pids start at 1; 0 is no task.
type TaskID int32

// CPUID numbers a virtual CPU from 0.
type CPUID int32

// NoCPU is the CPU of a task that is not on one.
const NoCPU CPUID = -1

// Time is virtual time in nanoseconds since the machine was started.
type Time int64

// Second is one second of virtual time.
const Second Time = 1e9
