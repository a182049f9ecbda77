package trampoline

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/trampoline/prologue"
)

func TestInstallUninstall(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF, funcG, funcH)
	off := bytes.Clone(b.text.bytes)
	for i := range 3 {
		b.must(i, true)
		if b.sites.State(i) != On || b.mutex() != 0 {
			t.Errorf("site %d: state %d, text_mutex %d", i, b.sites.State(i), b.mutex())
		}
	}
	want := []string{
		"0x401000: e8 02 f0 bf 1f",
		"0x401024: 67 e8 dd ef bf 1f",
		"0x401040: 67 e8 c1 ef bf 1f",
	}
	if !slices.Equal(b.text.writes, want) {
		t.Errorf("wrote %q, want %q", b.text.writes, want)
	}
	for i := range 3 {
		b.must(i, false)
		if b.sites.State(i) != Off {
			t.Errorf("site %d: state %d", i, b.sites.State(i))
		}
	}
	if !bytes.Equal(b.text.bytes, off) {
		t.Error("the text is not as it was")
	}
}

func TestSteps(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF)
	var act protocol.Activation
	b.prog.Start(&act, 3, b.table, 0, 1)
	var points []string
	for act.Active() {
		points = append(points, b.prog.Point(&act))
		locked := b.mutex() == 3
		if want := len(points) > 1; locked != want {
			t.Errorf("before %s: text_mutex %d", points[len(points)-1], b.mutex())
		}
		written := len(b.text.writes) == 1
		if want := len(points) > 3; written != want || (b.sites.State(0) == On) != want {
			t.Errorf("before %s: wrote %q, state %d", points[len(points)-1], b.text.writes, b.sites.State(0))
		}
		b.prog.Step(&act)
	}
	if want := []string{"T.lock", "T.check", "T.write", "T.sync", "T.unlock"}; !slices.Equal(points, want) {
		t.Errorf("steps %q, want %q", points, want)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(b *rig)
		site    int
		install bool
		is      error
		errno   int
		want    string
	}{
		{
			name: "installed", spoil: func(b *rig) { b.must(0, true) }, install: true,
			is: ErrInstalled, errno: -16, want: "site f+0 at 0x401000: already installed",
		},
		{name: "not installed", site: 1, is: ErrNotInstalled, errno: -16, want: "site g+4 at 0x401024: not installed"},
		{
			name: "foreign bytes", install: true, is: ErrMismatch, errno: -22,
			spoil: func(b *rig) { b.text.put(b.t, 0x401000, "e8 fb 0f 00 00") },
			want: "site f+0 at 0x401000: expected `nop dword ptr [rax+rax]` (0f 1f 44 00 00), " +
				"found `call 0x402000` (e8 fb 0f 00 00)",
		},
		{
			name: "one foreign byte", site: 1, is: ErrMismatch, errno: -22,
			spoil: func(b *rig) { b.must(1, true); b.text.put(b.t, 0x401029, "9f") },
			want: "site g+4 at 0x401024: expected `addr32 call 0x20000007` (67 e8 dd ef bf 1f), " +
				"found `addr32 call 0xffffffffa0000007` (67 e8 dd ef bf 9f)",
		},
		{
			name: "no instruction", install: true, is: ErrMismatch, errno: -22,
			spoil: func(b *rig) { b.text.put(b.t, 0x401000, "06 07 0e 16 17") },
			want:  "site f+0 at 0x401000: expected `nop dword ptr [rax+rax]` (0f 1f 44 00 00), found 06 07 0e 16 17",
		},
		{
			name: "unmapped", install: true, spoil: func(b *rig) { b.text.bytes = nil },
			is: guest.ErrUnmapped, errno: -14, want: "site f+0 at 0x401000: address not mapped",
		},
		{
			name: "not writable", install: true, spoil: func(b *rig) { b.text.broken = errors.New("no") },
			is: ErrWrite, errno: -1, want: "site f+0 at 0x401000: text cannot be written",
		},
		{
			name: "far", install: true, spoil: func(b *rig) { b.w.stub = 0x401005 + math.MaxInt32 + 1 },
			is: prologue.ErrReach, errno: -22, want: "site f+0 at 0x401000: 0x80401005 from 0x401000: out of reach of a call",
		},
		{
			name: "removed", site: 1, install: true, is: ErrRemoved, errno: -22,
			spoil: func(b *rig) { b.sites.Remove(funcG.Range) }, want: "site g+4 at 0x401024: no such site",
		},
		{name: "beyond", site: 2, install: true, is: ErrRemoved, errno: -22, want: "site of an unknown index: no such site"},
		{name: "negative", site: -1, is: ErrRemoved, errno: -22, want: "site of an unknown index: no such site"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := fourFunctions(t)
			b.prepare(funcF, funcG)
			if c.spoil != nil {
				c.spoil(b)
			}
			store, text, writes := b.store.String(), bytes.Clone(b.text.bytes), len(b.text.writes)
			out := b.run(c.site, c.install)
			err := b.w.Err(c.site, c.install, out)
			if e := new(SiteError); !errors.Is(err, c.is) || !errors.As(err, &e) || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if out.Errno() != c.errno {
				t.Errorf("errno %d, want %d", out.Errno(), c.errno)
			}
			if b.store.String() != store || !bytes.Equal(b.text.bytes, text) || len(b.text.writes) != writes {
				t.Errorf("something was changed: %s", b.store)
			}
		})
	}
}

// TestStepsAfterRefusal wants a refusal to go to T.unlock at once.
func TestStepsAfterRefusal(t *testing.T) {
	for _, c := range []struct {
		install uint64
		want    []string
	}{
		{0, []string{"T.lock", "T.check", "T.unlock"}},
		{1, []string{"T.lock", "T.check", "T.write", "T.unlock"}},
	} {
		b := fourFunctions(t)
		b.prepare(funcF)
		b.text.broken = errors.New("no")
		var act protocol.Activation
		b.prog.Start(&act, 3, b.table, 0, c.install)
		var points []string
		for act.Active() {
			points = append(points, b.prog.Point(&act))
			b.prog.Step(&act)
		}
		if !slices.Equal(points, c.want) || b.mutex() != 0 {
			t.Errorf("L1 = %d: steps %q, want %q; text_mutex %d", c.install, points, c.want, b.mutex())
		}
	}
}

func TestNoRefusal(t *testing.T) {
	b := fourFunctions(t)
	if err := b.w.Err(0, true, 0); err != nil || Outcome(0).Errno() != 0 {
		t.Errorf("success is %v, %d", err, Outcome(0).Errno())
	}
}

// TestStoreCarriesStates takes a snapshot between T.lock and T.check, and
// restores it after the site was written.
func TestStoreCarriesStates(t *testing.T) {
	b := fourFunctions(t)
	b.prepare(funcF, funcG)
	b.must(1, true)
	var act protocol.Activation
	b.prog.Start(&act, 3, b.table, 0, 1)
	b.prog.Step(&act)
	saved, text := act, bytes.Clone(b.text.bytes)
	var snap protocol.Snapshot
	b.store.Save(&snap)

	b.prog.RunWhole(&act)
	b.must(1, false)
	if b.sites.State(0) != On || b.sites.State(1) != Off || b.mutex() != 0 {
		t.Fatalf("before the restore: %s", b.store)
	}
	b.store.Restore(&snap)
	act, b.text.bytes = saved, text
	if b.sites.State(0) != Off || b.sites.State(1) != On || b.mutex() != 3 {
		t.Fatalf("after the restore: %s", b.store)
	}
	if err := b.w.Err(0, true, Outcome(b.prog.RunWhole(&act))); err != nil || b.sites.State(0) != On {
		t.Errorf("run on from the snapshot: %v, %s", err, b.store)
	}
}

// TestContention lets two tasks write, in every order of their steps.
func TestContention(t *testing.T) {
	for _, same := range []bool{false, true} {
		for order := range 1 << 10 {
			b := fourFunctions(t)
			b.prepare(funcF, funcG)
			sites := [2]uint64{0, 1}
			if same {
				sites[1] = 0
			}
			var acts [2]protocol.Activation
			var results [2]Outcome
			for i := range acts {
				b.prog.Start(&acts[i], guest.TaskID(i+1), b.table, sites[i], 1)
			}
			for n := 0; acts[0].Active() || acts[1].Active(); n++ {
				if n == 100 {
					t.Fatalf("order %#x: no end", order)
				}
				i := order >> (n % 10) & 1
				if !acts[i].Active() {
					i = 1 - i
				}
				frame, owner := acts[i].Top(), b.mutex()
				next := b.prog.Step(&acts[i])
				results[i] = Outcome(frame.Result)
				if waits := owner == uint64(2-i); waits && next != (protocol.Request{Op: protocol.OpWait, Var: b.w.mutex}) {
					t.Errorf("order %#x: task %d holds text_mutex, and the other one gets %+v", order, owner, next)
				}
			}
			b.checkContended(order, same, results)
		}
	}
}

func (b *rig) checkContended(order int, same bool, results [2]Outcome) {
	b.t.Helper()
	refused := 0
	for _, r := range results {
		if r != 0 {
			refused++
			if err := b.w.Err(0, true, r); !errors.Is(err, ErrInstalled) {
				b.t.Errorf("order %#x: %v", order, err)
			}
		}
	}
	want := 0
	if same {
		want = 1
	}
	if refused != want || len(b.text.writes) != 2-want || b.mutex() != 0 {
		b.t.Errorf("order %#x: %d refused, wrote %q, text_mutex %d", order, refused, b.text.writes, b.mutex())
	}
}

func TestWriterBugs(t *testing.T) {
	for name, c := range map[string]struct {
		task   guest.TaskID
		locals []uint64
		held   uint64
	}{
		"third direction": {1, []uint64{0, 2}, 0},
		"no task":         {0, []uint64{0, 1}, 0},
		"twice":           {5, []uint64{0, 1}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			b := fourFunctions(t)
			b.prepare(funcF)
			b.store.Write(b.w.mutex, protocol.Plain, c.held)
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "BUG: ") {
					t.Errorf("recovered %v", r)
				}
			}()
			var act protocol.Activation
			b.prog.Start(&act, c.task, b.table, c.locals...)
			b.prog.RunWhole(&act)
		})
	}
}
