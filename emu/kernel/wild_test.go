package kernel

import (
	"io"
	"math/rand/v2"
	"testing"

	"patchlab/emu/mem"
	"patchlab/emu/vfs"
	"patchlab/guest"
	"patchlab/image"
)

// wild makes random system calls with random arguments, of several threads in turn.
type wild struct {
	*rand.Rand
	k    *Kernel
	host *wildHost
	sum  uint64 // a hash of all results
}

// Where the program lies. Behind its data a page is missing, then there is one more.
const (
	wildText, wildData, wildMore = guest.Addr(0x400000), guest.Addr(0x410000), guest.Addr(0x430000)
	wildSize                     = 4 * guest.PageSize
)

func newWild(t *testing.T, seed uint64, mounts []vfs.Mount) *wild {
	t.Helper()
	host := &wildHost{space: mem.New()}
	if err := host.space.Reserve(Area); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.space.Close() })
	k, err := New(Config{
		Args: []string{"wild"}, Exe: "/bin/wild", Stdin: wildInput{}, Stdout: io.Discard, Stderr: io.Discard,
		Mounts: mounts, Seed: seed, Memory: 16 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	segment := func(at guest.Addr, p guest.Perm) image.Segment {
		return image.Segment{Range: guest.RangeOf(at, wildSize), Perm: p | guest.User | guest.Read}
	}
	start, err := k.Load(host, &image.Image{Name: "wild", Style: image.UserStyle, Entry: wildText, Segments: []image.Segment{
		segment(wildText, guest.Exec), segment(wildData, guest.Write), segment(wildMore, guest.Write),
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := &wild{Rand: rand.New(rand.NewPCG(seed, 1)), k: k, host: host}
	host.tasks[0] = wildTask{alive: true}
	host.tasks[0].regs.RIP, host.tasks[0].regs.GPR[guest.RSP] = start.PC, uint64(start.SP)
	k.Born(1)
	return w
}

// wildInput gives one byte at a time: how standard input comes in pieces depends on who has
// asked first, also on the way that a restore takes back.
type wildInput struct{}

func (wildInput) Read(b []byte) (int, error) {
	clear(b[:min(len(b), 1)])
	return min(len(b), 1), nil
}

// step makes one call of one thread.
func (w *wild) step() {
	id := w.pick()
	t := w.host.t(id)
	r := &t.regs
	if w.IntN(4) == 0 {
		w.scribble()
	}
	if w.IntN(20) == 0 {
		r.GPR[guest.RSP] = w.addr()
	}
	w.k.Deliver(id)
	if !t.again {
		w.choose(r)
	}
	t.again = false
	w.answered(id, w.k.Call(id, r))
	w.goOn()
}

// answered does what the machine does with the result of a call.
func (w *wild) answered(id guest.TaskID, res Result) {
	for _, v := range []uint64{uint64(id), res.Value, uint64(res.Then), uint64(res.Until)} {
		w.sum = (w.sum ^ v) * 0x9e3779b97f4a7c15
		w.sum ^= w.sum >> 29
	}
	t := w.host.t(id)
	switch res.Then {
	case Return, Yield, Block:
		t.regs.GPR[guest.RAX] = res.Value
	case Again:
		t.regs.RIP -= syscallSize
	case Exit:
		t.alive = false
	}
	if res.Then == Block || res.Then == Again {
		t.blocked, t.until, t.again = true, res.Until, false
	}
}

// goOn lets time pass, and has a process that has ended go on all the same.
func (w *wild) goOn() {
	w.k.ended, w.k.killed = false, 0
	w.host.now += guest.Time(w.IntN(2000))
	if data := guest.RangeOf(wildData, wildSize); w.IntN(100) == 0 && !w.host.space.Allows(data.Start, data.Size(), writable) {
		if err := w.host.space.Map("data", data, readable|writable, w.host); err != nil {
			panic(err)
		}
	}
	if at, set := w.k.Alarm(); set && at <= w.host.now {
		w.k.Ring()
	}
	for i := range w.host.tasks {
		if t := &w.host.tasks[i]; t.alive && t.blocked && t.until != 0 && t.until <= w.host.now {
			// A call that is made again finds its deadline passed.
			t.blocked, t.until, t.again = false, 0, w.k.threads[i].wait == waitChannel
			w.k.Expired(guest.TaskID(i + 1))
		}
	}
}

// pick chooses a thread that can run. Where none can, a signal ends the wait of one.
func (w *wild) pick() guest.TaskID {
	var can, all []guest.TaskID
	for i := range w.host.tasks {
		if t := &w.host.tasks[i]; t.alive {
			all = append(all, guest.TaskID(i+1))
			if !t.blocked {
				can = append(can, guest.TaskID(i+1))
			}
		}
	}
	switch {
	case len(all) == 0:
		w.host.tasks[0] = wildTask{alive: true}
		w.k.Born(1)
		return 1
	case len(can) == 0:
		id := all[w.IntN(len(all))]
		w.k.interrupt(id, w.IntN(2) == 0)
		w.host.t(id).again = false
		return id
	}
	return can[w.IntN(len(can))]
}

// TestWildCalls makes very many calls without sense: nothing panics, memory stays bounded,
// the host stays as it is, and the same calls come to the same, snapshots in between or not.
func TestWildCalls(t *testing.T) {
	seeds := uint64(16)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		checkWild(t, seed, 8000)
	}
}

// TestWriteThatWaits: a write that fills a pipe and waits for room is not woken by what it
// has written itself.
func TestWriteThatWaits(t *testing.T) {
	w := newWild(t, 1, nil)
	r := &w.host.t(1).regs
	call := func(nr uint64, args ...uint64) Result {
		r.GPR[guest.RAX] = nr
		for i, a := range args {
			r.GPR[[]guest.Reg{guest.RDI, guest.RSI, guest.RDX}[i]] = a
		}
		return w.k.Call(1, r)
	}
	if res := call(22, uint64(wildData)); res != done(0) {
		t.Fatalf("pipe: %+v", res)
	}
	const much = 2 << 20 // more than is moved at once
	if res := call(1, 4, uint64(stack.Start), much); res.Then != Again || w.k.thread(1).wait != waitChannel {
		t.Fatalf("write: %+v, and waits for %d", res, w.k.thread(1).wait)
	}
}

// FuzzWildCalls is TestWildCalls with fresh seeds.
func FuzzWildCalls(f *testing.F) {
	f.Add(uint64(100))
	f.Fuzz(func(t *testing.T, seed uint64) { checkWild(t, seed, 500) })
}
