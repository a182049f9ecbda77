package vfs

import (
	"slices"
	"strconv"
)

// ProcID is the number of a process in a file system: what a caller keeps of it.
type ProcID int32

// Proc is a process: the descriptors, the working directory and the mask that its tasks
// share. It is a reference, to be had anew from its number at any time; the operations of
// the guest are its methods, and mean what the system calls of their names mean.
type Proc struct {
	fs *FS
	id int32
}

// proc is the state of a process.
type proc struct {
	pid   int32
	fds   []descriptor // none at the end is free
	cwd   place
	umask uint32
	exe   string
}

type descriptor struct {
	file    int32 // 0: free
	cloexec bool
}

func (p *proc) detach() { p.fds = slices.Clone(p.fds) }

// NewProc makes a process whose descriptors 0, 1 and 2 are the standard streams and whose
// working directory is the root. The pid is what /proc calls it, exe what /proc/self/exe
// leads to.
func (fs *FS) NewProc(pid int, exe string) (Proc, Errno) {
	p, e := fs.addProc(proc{pid: int32(pid), cwd: place{node: rootNode}, umask: 0o022, exe: exe})
	if e != 0 {
		return Proc{}, e
	}
	for i, flags := range []int{O_RDONLY, O_WRONLY, O_WRONLY} {
		id, e := fs.newNode(node{kind: kindStream, mode: S_IFIFO | 0o600, arg: int32(i)})
		if e == 0 {
			_, e = p.newFile(file{at: place{node: id}, flags: flags}, false)
		}
		if e != 0 {
			p.Exit()
			return Proc{}, e
		}
	}
	return p, 0
}

func (fs *FS) addProc(x proc) (Proc, Errno) {
	if fs.at("/proc/"+strconv.Itoa(int(x.pid))) != 0 {
		return Proc{}, EEXIST
	}
	p := Proc{fs, fs.st.procs.add(fs.age, x)}
	if err := fs.populateProcess(p.id, x.pid); err != nil {
		fs.clearAway(fs.at("/proc"), strconv.Itoa(int(x.pid)))
		fs.st.procs.remove(fs.age, p.id)
		return Proc{}, ENOSPC
	}
	fs.hold(x.cwd.node)
	return p, 0
}

// Proc returns the process with a number.
func (fs *FS) Proc(id ProcID) Proc { return Proc{fs, int32(id)} }

// ID returns the number of a process, which is free for others once it has exited.
func (p Proc) ID() ProcID { return ProcID(p.id) }

func (p Proc) get() *proc  { return p.fs.st.procs.get(p.id) }
func (p Proc) edit() *proc { return p.fs.st.procs.edit(p.fs.age, p.id) }

// Fork makes a process with copies of the descriptors, the working directory and the mask.
func (p Proc) Fork(pid int) (Proc, Errno) {
	x := *p.get()
	x.pid, x.fds = int32(pid), slices.Clone(x.fds)
	child, e := p.fs.addProc(x)
	if e != 0 {
		return Proc{}, e
	}
	for _, d := range x.fds {
		if d.file != 0 {
			p.fs.editFile(d.file).refs++
		}
	}
	return child, 0
}

// Exec closes the descriptors that are to be closed then.
func (p Proc) Exec(exe string) {
	p.edit().exe = exe
	p.closeAll(func(d descriptor) bool { return d.cloexec })
}

// Exit closes all descriptors and removes the process.
func (p Proc) Exit() {
	p.closeAll(func(descriptor) bool { return true })
	cwd := p.get().cwd
	p.fs.clearAway(p.fs.at("/proc"), strconv.Itoa(int(p.get().pid)))
	p.fs.st.procs.remove(p.fs.age, p.id)
	p.fs.release(cwd.node)
}

// Umask sets the mask of permissions that new files do not get, and returns the old one.
func (p Proc) Umask(mask uint32) uint32 {
	x := p.edit()
	old := x.umask
	x.umask = mask & 0o777
	return old
}
