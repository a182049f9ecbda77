// Package lab puts the rooms together into one laboratory: a machine with a program,
// the trampolines at its functions, the livepatch model over them, and an unwinder that
// tells the model what is on a stack. Go tests and the command line both start here.
//
//	l, err := lab.New(lab.Config{Program: img})
//	defer l.Close()
//	l.Run(func() bool { return l.Now() > guest.Second }) // let it run for a second
//	err = l.Insmod("evening", object)                    // load a patch and enable it
//	l.Run(func() bool { return len(l.Model.Pending()) == 0 })
//
// Two tasks belong to the laboratory: the operator, who loads patches and writes to
// their files, and kworker, who makes the attempts of a transition. Both are scheduled
// like the program's own tasks.
//
// A Lab is for one goroutine; only [Lab.Interrupt] may be called from others.
package lab
