package livepatch

import "fmt"

// Level is the level of a line of the kernel log, by the kernel's numbers
// (include/linux/kern_levels.h); lower is more urgent.
type Level uint8

// The levels.
const (
	Err    Level = 3
	Warn   Level = 4
	Notice Level = 5
	Debug  Level = 7
	// DebugScan is the level of the lines that klp_try_switch_task prints per
	// task: debug lines as well, but those that the kernel's own tests leave
	// switched off when they compare the log.
	DebugScan Level = 8
)

// String returns the level's name in lower case.
func (l Level) String() string {
	switch l {
	case Err:
		return "err"
	case Warn:
		return "warn"
	case Notice:
		return "notice"
	case Debug:
		return "debug"
	case DebugScan:
		return "debug-scan"
	}
	return "level?"
}

// log writes a line of the livepatch core.
func (m *Model) log(l Level, format string, args ...any) {
	m.machine.Log(l, "livepatch: "+fmt.Sprintf(format, args...))
}

// logPatch writes a line of the livepatch core that begins with the patch's name.
func (m *Model) logPatch(l Level, id PatchID, format string, args ...any) {
	m.machine.Log(l, fmt.Sprintf("livepatch: '%s': ", m.patches[id].name)+fmt.Sprintf(format, args...))
}

// warnID names a WARN_ONCE of the kernel's source.
type warnID uint8

// The WARN_ONCEs.
const (
	warnRecursion warnID = iota
	warnEmptyStack
	warnIdleState
	warnInitTarget
	warnInitState
	warnAttemptIdle
	warnCompleteFlag
)

// warn is WARN_ON(cond) with cond true: a line in the log and a word to the
// observer, each time.
func (m *Model) warn(format string, args ...any) {
	line := "WARNING: " + fmt.Sprintf(format, args...)
	m.machine.Log(Warn, line)
	if m.observer != nil {
		m.observer.Warned(line)
	}
}

// warnOnce is WARN_ON_ONCE: as warn, the first time that id is met in a run.
func (m *Model) warnOnce(id warnID, format string, args ...any) {
	if m.warned&(1<<id) != 0 {
		return
	}
	m.warned |= 1 << id
	m.warn(format, args...)
}
