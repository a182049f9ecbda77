// Package sched chooses who moves next. A machine asks its [Policy] which CPU moves,
// for how many instructions, which task an idle CPU takes, and whether a task is
// preempted; nothing else about a run is open. Each policy is one file, and
// [ByName] knows them all.
package sched
