// Package scenario reads scenario files.
package scenario
