package guest

// TaskID is the pid of a task. Pids start at 1; 0 is no task. Idle tasks, which all have
// the pid 0, are told apart by negative numbers: see [IdleTask].
type TaskID int32

// IdleTask returns the idle task of a CPU: what the CPU runs when no other task does.
func IdleTask(c CPUID) TaskID { return -1 - TaskID(c) }

// Idle returns the CPU whose idle task it is, and false for every other task.
func (id TaskID) Idle() (CPUID, bool) { return CPUID(-1 - id), id < 0 }

// PID returns the pid as messages print it: 0 for idle tasks.
func (id TaskID) PID() int32 { return max(0, int32(id)) }

// CPUID numbers a virtual CPU from 0.
type CPUID int32

// NoCPU is the CPU of a task that is not on one.
const NoCPU CPUID = -1

// Time is virtual time in nanoseconds since the machine was started.
type Time int64

// Second is one second of virtual time.
const Second Time = 1e9
