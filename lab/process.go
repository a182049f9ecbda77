package lab

import (
	"slices"

	"patchlab/emu/kernel"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/unwind"
)

// newProcess makes the kernel of a program of user style.
func (l *Lab) newProcess() (err error) {
	if l.config.Program.Style != image.UserStyle {
		return nil
	}
	c := l.config.Process
	if c.Args == nil {
		c.Args = []string{l.config.Program.Name}
	}
	if c.Exe == "" {
		c.Exe = "/bin/program"
	}
	if c.Seed == 0 {
		c.Seed = l.config.Seed
	}
	if c.Stdout == nil {
		c.Stdout = stdout{l}
	}
	l.process, err = kernel.New(c)
	return err
}

// closeProcess frees what the kernel of a process has open.
func (l *Lab) closeProcess() error {
	if l.process == nil {
		return nil
	}
	return l.process.Close()
}

// stdout makes what a process writes the machine's output.
type stdout struct{ l *Lab }

func (s stdout) Write(p []byte) (int, error) {
	s.l.Machine.ProcessWrote(string(p))
	return len(p), nil
}

// asThreads adds to what is known of functions what holds for threads of a process only.
// They stop before a system call too, when it is to be made again. And their stacks end in
// the C library, which keeps no frames.
func (l *Lab) asThreads(funcs []unwind.Func) {
	for i := range funcs {
		f := &funcs[i]
		var stops []guest.Addr
		for _, behind := range f.Stops {
			stops = append(stops, behind-syscallSize, behind)
		}
		f.Stops = slices.Compact(stops)
		f.Begins = l.begins(f)
	}
}

// syscallSize is the length of the instruction, in bytes.
const syscallSize = 2

// beginnings are the functions of C libraries that call main, or a thread's function:
// glibc's, and of musl the one for main.
var beginnings = []string{"__libc_start_call_main", "start_thread", "libc_start_main_stage2"}

// begins reports whether f is one of the C library's beginnings. What has the name besides,
// or a patch site, is the program's own.
func (l *Lab) begins(f *unwind.Func) bool {
	if !slices.Contains(beginnings, f.Name) || len(l.config.Program.ByName(f.Name)) != 1 {
		return false
	}
	_, err := l.Sites.Find(f.Range.Start)
	return err != nil
}
