package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Attr is the last part of a [Path]: what is read or written.
type Attr string

// The attributes: of a patch, of a patch's object, of a task. They have the names and
// values of the kernel's files in /sys/kernel/livepatch and /proc.
const (
	Enabled    Attr = "enabled"
	Transition Attr = "transition"
	Replace    Attr = "replace"
	StackOrder Attr = "stack_order"
	Patched    Attr = "patched"
	PatchState Attr = "patch_state"
)

// Path names one value that can be read: PATCH/enabled, PATCH/transition, PATCH/replace,
// PATCH/stack_order, PATCH/OBJECT/patched or TASK/patch_state.
type Path struct {
	Attr   Attr
	Patch  string // of all but patch_state
	Object string // of patched: "vmlinux" or a module
	Task   string // of patch_state
}

// String writes p as a script does.
func (p Path) String() string {
	switch p.Attr {
	case PatchState:
		return p.Task + "/" + string(p.Attr)
	case Patched:
		return p.Patch + "/" + p.Object + "/" + string(p.Attr)
	}
	return p.Patch + "/" + string(p.Attr)
}

// nameRE is a name of a patch, an object, or a task of the program.
var nameRE = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// taskRE is a name of a task, idle tasks among them.
var taskRE = regexp.MustCompile(nameRE.String() + `|^swapper/[0-9]+$`)

func parsePath(s string) (Path, error) {
	parts := strings.Split(s, "/")
	attrs := []Attr{Enabled, Transition, Replace, StackOrder, PatchState}
	if len(parts) == 3 {
		attrs = []Attr{Patched}
	}
	wrong := func(p string) bool { return !nameRE.MatchString(p) }
	if len(parts) < 2 || len(parts) > 3 || slices.ContainsFunc(parts, wrong) {
		return Path{}, fmt.Errorf("%q is not a path: want NAME/enabled or another value", s)
	}
	of, attr := parts[:len(parts)-1], Attr(parts[len(parts)-1])
	switch {
	case !slices.Contains(attrs, attr):
		words := make([]string, len(attrs))
		for i, a := range attrs {
			words[i] = string(a)
		}
		return Path{}, fmt.Errorf("%q has no value %q: %s", strings.Join(of, "/"), attr, Suggest(string(attr), words))
	case attr == PatchState:
		return Path{Attr: attr, Task: of[0]}, nil
	case attr == Patched:
		return Path{Attr: attr, Patch: of[0], Object: of[1]}, nil
	}
	return Path{Attr: attr, Patch: of[0]}, nil
}

// canBe wants a value to be one that the path can have.
func (p Path) canBe(value string) error {
	valid := []string{"0", "1"}
	switch p.Attr {
	case StackOrder:
		if _, err := strconv.ParseUint(value, 10, 31); err != nil {
			return fmt.Errorf("%s is never %q: it is a number", p, value)
		}
		return nil
	case PatchState:
		valid = []string{"-1", "0", "1"}
	}
	if !slices.Contains(valid, value) {
		return fmt.Errorf("%s is never %q: it is one of %s", p, value, strings.Join(valid, ", "))
	}
	return nil
}
