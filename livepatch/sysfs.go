package livepatch

import (
	"slices"
	"strconv"
	"strings"

	"patchlab/protocol"
)

// ParseBool reads a truth value as kstrtobool does: by its first character, or two after
// an o. Anything else is EINVAL.
func ParseBool(s string) (bool, error) {
	if s == "" {
		return false, EINVAL
	}
	switch s[0] {
	case '1', 'y', 'Y', 't', 'T', 'e', 'E':
		return true, nil
	case '0', 'n', 'N', 'f', 'F', 'd', 'D':
		return false, nil
	case 'o', 'O':
		if len(s) > 1 && (s[1] == 'n' || s[1] == 'N') {
			return true, nil
		}
		if len(s) > 1 && (s[1] == 'f' || s[1] == 'F') {
			return false, nil
		}
	}
	return false, EINVAL
}

// PatchByName returns the patch that has a directory in /sys/kernel/livepatch.
func (m *Model) PatchByName(name string) (PatchID, bool) {
	for _, id := range m.list {
		if m.patches[id].name == name {
			return id, true
		}
	}
	return 0, false
}

// Patches returns the names of the directories in /sys/kernel/livepatch, oldest first.
func (m *Model) Patches() []string {
	var names []string
	for _, id := range m.list {
		names = append(names, m.patches[id].name)
	}
	return names
}

// ReadAttr reads a file below /sys/kernel/livepatch, such as "P/enabled" or
// "P/vmlinux/patched", and returns its text, newline included. Its error is an [Errno].
func (m *Model) ReadAttr(path string) (string, error) {
	name, attr, _ := strings.Cut(path, "/")
	id, ok := m.PatchByName(name)
	if !ok {
		return "", ENOENT
	}
	busy := m.store.Peek(m.vars.transitionPatch) == uint64(id)+1
	switch attr {
	case "enabled":
		return show(m.store.Peek(m.patches[id].enabled)), nil
	case "transition":
		return show(truth(busy)), nil
	case "replace":
		return show(truth(m.patches[id].replace)), nil
	case "stack_order":
		return show(uint64(slices.Index(m.list, id)) + 1), nil
	case "force":
		return "", EACCES
	}
	object, isPatched := strings.CutSuffix(attr, "/patched")
	for o := m.patches[id].first; isPatched && o != none; o = m.objects[o].next {
		if objectName(m.objects[o].name) == object {
			return show(m.store.Peek(m.objects[o].patched)), nil
		}
	}
	return "", ENOENT
}

// show writes a value as the kernel's file has it. A search asks for 0 or 1 at every
// step: nothing is allocated for them.
func show(x uint64) string {
	switch x {
	case 0:
		return "0\n"
	case 1:
		return "1\n"
	}
	return strconv.FormatUint(x, 10) + "\n"
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Command is a table to start for an operator, with its first locals.
type Command struct {
	Table protocol.TableID
	Args  [2]uint64
}

// WriteAttr reads what is written to a file below /sys/kernel/livepatch and returns the
// table that does it. Its error is an [Errno]; that the write is refused later is the
// table's result.
func (m *Model) WriteAttr(path, text string) (Command, error) {
	name, attr, _ := strings.Cut(path, "/")
	id, ok := m.PatchByName(name)
	if !ok {
		return Command{}, ENOENT
	}
	c := Command{Args: [2]uint64{uint64(id)}}
	switch attr {
	case "enabled":
		c.Table = m.tables.WriteEnabled
	case "force":
		c.Table = m.tables.WriteForce
	default:
		if _, err := m.ReadAttr(path); err != nil {
			return Command{}, err
		}
		return Command{}, EACCES
	}
	value, err := ParseBool(text)
	if err != nil {
		return Command{}, err
	}
	c.Args[1] = truth(value)
	return c, nil
}
