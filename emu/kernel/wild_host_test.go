package kernel

import (
	"errors"
	"fmt"

	"patchlab/emu/cpu"
	"patchlab/emu/mem"
	"patchlab/guest"
)

// wildHost is a machine without a CPU: tasks are registers, and move when the test says so.
type wildHost struct {
	space *mem.Space
	wildState
}

// wildState is what a snapshot of the host holds, besides memory.
type wildState struct {
	now   guest.Time
	tasks [wildTasks]wildTask
}

const wildTasks = 6

type wildTask struct {
	regs     guest.Regs
	fs, gs   guest.Addr
	extended cpu.Extended
	alive    bool
	blocked  bool
	until    guest.Time // of a block, or 0
	again    bool       // it makes the call in its registers again
}

func (h *wildHost) Now() guest.Time             { return h.now }
func (h *wildHost) Space() *mem.Space           { return h.space }
func (*wildHost) Mapped(*mem.Mapping) error     { return nil }
func (*wildHost) Unmapped(*mem.Mapping) error   { return nil }
func (*wildHost) TextChanged(guest.Range)       {}
func (*wildHost) AlarmChanged()                 {}
func (h *wildHost) t(id guest.TaskID) *wildTask { return &h.tasks[id-1] }

func (h *wildHost) Registers(id guest.TaskID) guest.Regs        { return h.t(id).regs }
func (h *wildHost) SetRegisters(id guest.TaskID, r *guest.Regs) { h.t(id).regs = *r }
func (h *wildHost) Bases(id guest.TaskID) (fs, gs guest.Addr)   { return h.t(id).fs, h.t(id).gs }
func (h *wildHost) SetBases(id guest.TaskID, fs, gs guest.Addr) { h.t(id).fs, h.t(id).gs = fs, gs }
func (h *wildHost) Extended(id guest.TaskID) cpu.Extended       { return h.t(id).extended }

func (h *wildHost) SetExtended(id guest.TaskID, x *cpu.Extended) { h.t(id).extended = *x }

func (h *wildHost) NewTask(parent guest.TaskID, _ guest.Addr) (guest.TaskID, error) {
	for i := range h.tasks {
		if h.tasks[i].alive {
			continue
		}
		h.tasks[i] = *h.t(parent)
		h.tasks[i].again = false
		return guest.TaskID(i + 1), nil
	}
	return 0, errors.New("no room for a task")
}

func (h *wildHost) Wake(id guest.TaskID, v uint64, again bool) {
	t := h.t(id)
	if !t.alive || !t.blocked {
		panic(fmt.Sprintf("task %d is woken and does not sleep", id))
	}
	t.blocked, t.until, t.again = false, 0, again
	if !again {
		t.regs.GPR[guest.RAX] = v
	}
}
