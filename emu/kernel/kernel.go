package kernel

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"patchlab/emu/cpu"
	"patchlab/emu/mem"
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// Host is the machine that a process runs on, as the kernel sees it.
type Host interface {
	mem.Watcher
	// Now returns the virtual time.
	Now() guest.Time
	// Space returns the address space, whose reserved part is the process's.
	Space() *mem.Space
	// Registers and SetRegisters access the registers of a task; of the one that makes a
	// call, those behind the call.
	Registers(id guest.TaskID) guest.Regs
	SetRegisters(id guest.TaskID, r *guest.Regs)
	// Bases and SetBases access the bases of FS and GS.
	Bases(id guest.TaskID) (fs, gs guest.Addr)
	SetBases(id guest.TaskID, fs, gs guest.Addr)
	// Extended and SetExtended access the vector and x87 registers.
	Extended(id guest.TaskID) cpu.Extended
	SetExtended(id guest.TaskID, x *cpu.Extended)
	// AlarmChanged tells that what [Kernel.Alarm] says has changed.
	AlarmChanged()
	// NewTask makes a runnable copy of a task, whose stack begins below sp. There may be no
	// room for one.
	NewTask(parent guest.TaskID, sp guest.Addr) (guest.TaskID, error)
	// Wake ends the block of a task. Its call returns v, or is made again.
	Wake(id guest.TaskID, v uint64, again bool)
}

// Config says what a process is given.
type Config struct {
	// Args are the arguments, the program's name first, and Env the environment.
	Args, Env []string
	// Exe is what /proc/self/exe leads to: an absolute path.
	Exe string
	// Stdin, Stdout and Stderr are the standard streams; nil is empty or nowhere.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Mounts are directories of the host that the process sees.
	Mounts []vfs.Mount
	// Seed is what all randomness comes from.
	Seed uint64
	// Memory bounds the memory that the process can write to, in bytes. Default: 1 GiB.
	Memory uint64
	// Trace is where each call is written to; nil for nowhere.
	Trace io.Writer
}

// Then says what becomes of a task that has made a call.
type Then uint8

// What becomes of a task.
const (
	Return  Then = iota // it goes on, with Value
	Yield               // likewise, when others have had their turn
	Block               // it sleeps until it is woken, or until a time; then the call returns Value
	Again               // likewise, and then makes the call again
	Restore             // it goes on with the registers as they are
	Exit                // it is gone
	End                 // the whole process is gone
)

// Result is what came of a call.
type Result struct {
	Value uint64
	Then  Then
	Until guest.Time // Block, Again: when the sleep ends at the latest; 0: never
}

// Kernel is the kernel of one process.
type Kernel struct {
	config Config
	host   Host
	files  *vfs.FS
	id     vfs.ProcID // of the only process in it
	state
	threads []thread // by task id - 1
	call    Call     // the one that is being answered
}

// state is what is not per thread.
type state struct {
	brkStart, brk guest.Addr
	random        uint64
	waiters       uint64 // how many waits for a futex there were
	actions       [numSignals + 1]action
	pending       uint64 // signals for any thread
	alarm         timer
	unknown       [maxNumber]uint32 // how often a call was made that is not answered
	beyond        uint32            // likewise, for numbers that no call has
	calls         [maxNumber]uint32 // how often a call was made
	peak          uint64            // the most memory that the process could write to, in bytes
	ended         bool
	status        int    // exit status, once ended
	killed        int    // the signal that has ended the process, or 0
	wrote         uint64 // a hash of all that was written to files
}

// thread is one thread of the process.
type thread struct {
	clearTID guest.Addr // where 0 is written when it exits
	robust   guest.Addr
	wait     waitKind
	key      guest.Addr // waitFutex: the address
	bits     uint32     // waitFutex: the bits that wake it
	turn     uint64     // waitFutex: who came first is woken first
	channel  vfs.Channel
	moved    uint64     // what a write that waits has written already
	deadline guest.Time // of a call that is made again
	timed    bool       // waitFutex: with a timeout
	alive    bool

	mask      uint64 // blocked signals
	pending   uint64
	codes     [numSignals + 1]int32 // of pending signals: where they come from
	suspended bool                  // saved is the mask that comes back when a handler returns
	saved     uint64
	altStack  guest.Range
}

// waitKind says what a blocked thread waits for.
type waitKind uint8

const (
	waitNot waitKind = iota
	waitTime
	waitFutex
	waitChannel
	waitSignal
)

// New returns a kernel without a program.
func New(c Config) (*Kernel, error) {
	if c.Memory == 0 {
		c.Memory = 1 << 30
	}
	k := &Kernel{config: c}
	k.random = c.Seed*0x9e3779b97f4a7c15 + 1
	var err error
	k.files, err = vfs.New(vfs.Config{
		Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr, Mounts: c.Mounts,
		Clock:  func() int64 { return int64(k.realtime()) },
		Random: k.fill,
	})
	if err != nil {
		return nil, err
	}
	p, e := k.files.NewProc(pid, c.Exe)
	if e != 0 {
		return nil, errors.Join(fmt.Errorf("no process: %s", e), k.files.Close())
	}
	k.id = p.ID()
	return k, nil
}

// Close closes what is open of the host.
func (k *Kernel) Close() error { return k.files.Close() }

// proc returns the process as the file system knows it.
func (k *Kernel) proc() vfs.Proc { return k.files.Proc(k.id) }

// Born tells that there is a task.
func (k *Kernel) Born(id guest.TaskID) {
	for len(k.threads) < int(id) {
		k.threads = append(k.threads, thread{})
	}
	k.threads[id-1] = thread{alive: true}
}

func (k *Kernel) thread(id guest.TaskID) *thread { return &k.threads[id-1] }

// Expired tells that a task was woken because the time has come that it was blocked until.
func (k *Kernel) Expired(id guest.TaskID) { k.thread(id).wait = waitNot }

// Ended returns the exit status once the process has ended, and the signal that killed it,
// or 0.
func (k *Kernel) Ended() (status, signal int, ended bool) { return k.status, k.killed, k.ended }

// next returns the next random number (splitmix64).
func (k *Kernel) next() uint64 {
	k.random += 0x9e3779b97f4a7c15
	z := k.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill fills p with random bytes.
func (k *Kernel) fill(p []byte) {
	for i := 0; i < len(p); i += 8 {
		v := k.next()
		for j := i; j < min(i+8, len(p)); j++ {
			p[j] = byte(v)
			v >>= 8
		}
	}
}

// Snapshot is the state of a kernel at one instant. The zero value is ready for
// [Kernel.Save].
type Snapshot struct {
	state
	threads []thread
	files   vfs.Snapshot
}

// Save copies the state into s.
func (k *Kernel) Save(s *Snapshot) {
	s.state = k.state
	s.threads = append(s.threads[:0], k.threads...)
	k.files.Save(&s.files)
}

// Restore puts the state s back.
func (k *Kernel) Restore(s *Snapshot) error {
	k.state = s.state
	k.threads = append(k.threads[:0], s.threads...)
	return k.files.Restore(&s.files)
}

// Digest returns a hash of the state of files and of all that was written. What else there
// is shows in registers and memory.
func (k *Kernel) Digest() uint64 { return k.files.Digest() ^ bits.RotateLeft64(k.wrote, 32) }

// wakeChannels wakes who waits for files that have changed. The thread that has changed them
// is not asleep yet, and waits for what others do: a write may fill a pipe and wait for room.
func (k *Kernel) wakeChannels(by guest.TaskID) {
	woken := k.files.Woken()
	for i := range k.threads {
		t := &k.threads[i]
		if t.wait == waitChannel && guest.TaskID(i+1) != by && (t.channel == anyChannel || slices.Contains(woken, t.channel)) && len(woken) > 0 {
			t.wait = waitNot
			k.host.Wake(guest.TaskID(i+1), 0, true)
		}
	}
}

// anyChannel stands for all channels, for calls that wait for several files.
const anyChannel vfs.Channel = -1
