package livepatch

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// edges watches a rig and collects the edges that patches and functions take.
type edges struct {
	phases map[PatchID]string
	funcs  map[int32]string
	taken  map[string]bool
}

func (e *edges) look(r *rig) {
	for id := range r.m.patches {
		note(e, e.phases, PatchID(id), PhaseAbsent.String(), r.m.Phase(PatchID(id)).String())
	}
	for i, f := range r.m.funcs {
		note(e, e.funcs, int32(i), "00", fmt.Sprintf("%d%d", r.store.Peek(f.patched), r.store.Peek(f.transition)))
	}
}

// note says that key stands at now; it began at first.
func note[K comparable](e *edges, at map[K]string, key K, first, now string) {
	before, ok := at[key]
	if !ok {
		before = first
	}
	if before != now {
		e.taken[before+" -> "+now] = true
	}
	at[key] = now
}

func TestStates(t *testing.T) {
	e := &edges{taken: map[string]bool{}}
	for _, story := range []func(r *rig){
		func(r *rig) { // enable, replace, disable
			r.mustEnable(r.patchOf(1, "f"))
			p := r.patchOf(2, "g")
			p.Replace = true
			r.mustEnable(p)
			_ = r.echo("0", "p2/enabled")
		},
		func(r *rig) { // reversed twice, another one busy, forced
			r.task(3).cpu = 1
			r.mustEnable(r.patchOf(1, "f"))
			_, _ = r.enable(r.patchOf(2, "g"))
			_ = r.echo("0", "p1/enabled")
			_ = r.echo("1", "p1/enabled")
			_ = r.echo("1", "p1/force")
			r.tick()
		},
		func(r *rig) { // canceled
			r.noSite[oldAddr(1)] = true
			_, _ = r.enable(r.patchOf(1, "f", "g"))
		},
	} {
		r := newRig(t, 1, Options{})
		e.phases, e.funcs = map[PatchID]string{}, map[int32]string{}
		r.after = func() { e.look(r) }
		story(r)
	}
	text, err := os.ReadFile("states.dot")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, edge := range regexp.MustCompile(`"?(\w+)"? -> "?(\w+)"?`).FindAllStringSubmatch(string(text), -1) {
		drawn[edge[1]+" -> "+edge[2]] = true
	}
	got, want := slices.Sorted(maps.Keys(e.taken)), slices.Sorted(maps.Keys(drawn))
	if !slices.Equal(got, want) {
		t.Errorf("taken %q\ndrawn %q", got, want)
	}
}
