package livepatch

import (
	"fmt"
	"slices"
	"strings"
)

// The breaks: deviations from the model, each of which can turn a right run wrong.
const (
	// BreakSwitchInHandler: a flagged task takes the target state inside the
	// handler, at H.pick, right after the decision was made by the state that it
	// had. The body that runs and the bodies of the calls below it then come from
	// different sides.
	BreakSwitchInHandler = "switch-in-handler"
	// BreakSkipStackCheck: a task that is not running is switched whatever its
	// stack holds, unreliable or not.
	BreakSkipStackCheck = "skip-stack-check"
	// BreakSkipSyncComplete: completion goes past sync_complete_unpatch and
	// sync_complete_patch without waiting for CPUs that are in the handler.
	BreakSkipSyncComplete = "skip-sync-complete"
	// BreakWrongRange: the check looks for the code that tasks are moved to, in
	// place of the code that they are moved from.
	BreakWrongRange = "wrong-range"
	// BreakWideRange: the check takes all of the pages around the code that it looks
	// for, and so the callers that lie beside it.
	BreakWideRange = "wide-range"
	// BreakFirstSymbol: a name that is not unique means its first occurrence.
	BreakFirstSymbol = "first-symbol"
	// BreakSkipExitSwitch: the exit gate leaves flag and state as they are.
	BreakSkipExitSwitch = "skip-exit-switch"
	// BreakForkCopiesEarly: a child keeps state and flag as they were when its parent's
	// task was copied, before it could be found and without a lock.
	BreakForkCopiesEarly = "fork-copies-early"
	// BreakSkipWakeIdle: an idle task that could not be switched is not sent through its
	// loop, as before Linux 5.16: a CPU that stays idle holds the transition up.
	BreakSkipWakeIdle = "skip-wake-idle"
)

// breakSet is the breaks as flags.
type breakSet struct {
	switchInHandler, skipStackCheck, skipSyncComplete, wrongRange, wideRange, firstSymbol, skipExitSwitch, forkCopiesEarly,
	skipWakeIdle bool
}

// flag returns the place in b of the break with that name, or nil.
func (b *breakSet) flag(name string) *bool {
	switch name {
	case BreakSwitchInHandler:
		return &b.switchInHandler
	case BreakSkipStackCheck:
		return &b.skipStackCheck
	case BreakSkipSyncComplete:
		return &b.skipSyncComplete
	case BreakWrongRange:
		return &b.wrongRange
	case BreakWideRange:
		return &b.wideRange
	case BreakFirstSymbol:
		return &b.firstSymbol
	case BreakSkipExitSwitch:
		return &b.skipExitSwitch
	case BreakForkCopiesEarly:
		return &b.forkCopiesEarly
	case BreakSkipWakeIdle:
		return &b.skipWakeIdle
	}
	return nil
}

// BreakNames lists the breaks that [Options] takes, in alphabetical order.
func BreakNames() []string {
	names := []string{
		BreakSwitchInHandler, BreakSkipStackCheck, BreakSkipSyncComplete, BreakWrongRange,
		BreakWideRange, BreakFirstSymbol, BreakSkipExitSwitch, BreakForkCopiesEarly, BreakSkipWakeIdle,
	}
	slices.Sort(names)
	return names
}

func parseBreaks(names []string) (breakSet, error) {
	var b breakSet
	for _, name := range names {
		f := b.flag(name)
		if f == nil {
			return breakSet{}, fmt.Errorf("livepatch: no break is called %q; there are %s", name, strings.Join(BreakNames(), ", "))
		}
		*f = true
	}
	return b, nil
}
