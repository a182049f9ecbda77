// Package judge holds a machine that runs programs against the host, which runs them too:
// the same file must print the same on both and end with the same status.
//
//	err := judge.Compare(prog, nil, machine)                                // one program
//	err := judge.Random(seed, randc.Swarm(seed), judge.Static()[0], machine) // one made up from a seed
//
// A machine is a function, [Runner]. The error is nil when the two agree, a [*Difference]
// when they do not, and another one when that could not be found out.
package judge
