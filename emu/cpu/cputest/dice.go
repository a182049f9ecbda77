package cputest

import "pgregory.net/rapid"

// dice draws evenly. What rapid draws is biased towards small values, which would
// make nearly all programs of the first few instructions of a list; so its draws
// are scrambled, each with the number of throws before it.
type dice struct {
	rt     *rapid.T
	throws uint64
}

// roll returns a number below n.
func (d *dice) roll(n int, what string) int {
	x := rapid.Uint64().Draw(d.rt, what)
	d.throws++
	x += d.throws * 0x9e3779b97f4a7c15 // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % uint64(n))
}

// oneIn tells whether one of n happened.
func (d *dice) oneIn(n int, what string) bool { return d.roll(n, what) == n-1 }

// pick returns one of list.
func pick[T any](d *dice, list []T, what string) T { return list[d.roll(len(list), what)] }
