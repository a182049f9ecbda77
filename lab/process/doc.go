// Package process runs programs of user style: ordinary static executables, whose Linux
// system calls the machine answers.
//
//	p, err := process.New(process.Config{Program: img, Args: []string{"prog"}, Stdout: os.Stdout})
//	defer p.Close()
//	status, err := p.Run()
package process
