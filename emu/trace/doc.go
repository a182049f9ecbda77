// Package trace keeps what a run leaves behind: its digest, its log and its output.
// All of it can be saved and restored with the machine.
package trace
