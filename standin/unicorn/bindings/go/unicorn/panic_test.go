package unicorn

import (
	"errors"
	"reflect"
	"testing"
)

// caught returns what f panics with.
func caught(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// panicking returns a callback of the same type as cb that panics with value.
func panicking(cb, value any) any {
	return reflect.MakeFunc(reflect.TypeOf(cb), func([]reflect.Value) []reflect.Value { panic(value) }).Interface()
}

// TestPanicInCallback: for every kind of callback Start raises the very value,
// and the engine runs on. The engine has 64 nesting levels; a panic that
// unwinds its frames takes one for good, hence the repetition.
func TestPanicInCallback(t *testing.T) {
	value := errors.New("raised in a callback")
	for _, c := range hookCases {
		t.Run(c.name, func(t *testing.T) {
			u := c.open(t)
			until := base + uint64(len(c.code))
			hook, err := u.HookAdd(c.htype, panicking(c.callback(nil), value), 1, 0, c.extra...)
			must(t, err)
			for range 70 {
				returned := false
				got := caught(func() {
					u.RegWrite(X86_REG_RBX, unmapped)
					u.Start(base, until)
					returned = true
				})
				if got != value || returned {
					t.Fatalf("Start raised %v, want %v", got, value)
				}
			}
			must(t, u.HookDel(hook))
			must(t, u.MemWrite(dataBase, addition))
			must(t, u.RegWrite(X86_REG_RBX, 0))
			must(t, u.Start(dataBase, dataBase+uint64(len(addition))))
			wantReg(t, u, X86_REG_RAX, 0x1122334455667788)
			must(t, u.Close())
		})
	}
}

// TestPanicStopsTheRun: no callback is called after one that panicked, though
// the instruction has two.
func TestPanicStopsTheRun(t *testing.T) {
	u := open(t, endless...)
	hits := 0
	for range 2 {
		_, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) {
			hits++
			panic("stop")
		}, 1, 0)
		must(t, err)
	}
	if got := caught(func() { u.Start(base, unmapped) }); got != "stop" {
		t.Errorf("Start raised %v", got)
	}
	if hits != 1 {
		t.Errorf("%d callbacks were called, want 1", hits)
	}
}

// TestPanicStopsTheRunByItself: there is no further hook that could do it.
func TestPanicStopsTheRunByItself(t *testing.T) {
	u := open(t, append([]byte{0x90}, endless...)...) // the nop makes the hook's range
	_, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) { panic("stop") }, base, base)
	must(t, err)
	if got := caught(func() { u.StartWithOptions(base, unmapped, &UcOptions{Count: 1000}) }); got != "stop" {
		t.Errorf("Start raised %v", got)
	}
	wantReg(t, u, X86_REG_RAX, 0)
}

// TestPanicInNestedRun: the inner Start raises in the outer callback, the outer
// Start raises to the caller; or the outer callback recovers.
func TestPanicInNestedRun(t *testing.T) {
	for _, recovers := range []bool{false, true} {
		u := open(t, 0x90, 0x90)
		var inner any
		_, err := u.HookAdd(HOOK_CODE, func(u Unicorn, _ uint64, _ uint32) {
			run := func() { u.Start(base+1, base+2) }
			if recovers {
				inner = caught(run)
				return
			}
			run()
		}, base, base)
		must(t, err)
		_, err = u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) { panic("inner") }, base+1, base+1)
		must(t, err)
		outer := caught(func() { u.Start(base, base+1) })
		if recovers && (outer != nil || inner != "inner") || !recovers && outer != "inner" {
			t.Errorf("recovers %v: outer Start raised %v, inner one %v", recovers, outer, inner)
		}
	}
}

// TestPanicInForeignRun: run is what C code outside the package would do with
// the handle. The value must turn up at the next Start or Close.
func TestPanicInForeignRun(t *testing.T) {
	raise := map[string]func(Unicorn){
		"Start": func(u Unicorn) { u.Start(dataBase, dataBase+uint64(len(addition))) }, // has no hook
		"Close": func(u Unicorn) { u.Close() },
	}
	for name, call := range raise {
		t.Run(name, func(t *testing.T) {
			u := open(t, endless...)
			hits := 0
			_, err := u.HookAdd(HOOK_BLOCK, func(Unicorn, uint64, uint32) {
				hits++
				panic("foreign")
			}, base, base)
			must(t, err)
			must(t, u.MemWrite(dataBase, addition))
			for range 2 { // the second run stops at its first hook, too
				u.(*uc).run(base, unmapped, UcOptions{})
			}
			if hits != 1 {
				t.Errorf("%d hits, want 1", hits)
			}
			if got := caught(func() { call(u) }); got != "foreign" {
				t.Errorf("%s raised %v", name, got)
			}
			if name == "Start" {
				wantReg(t, u, X86_REG_RAX, 0) // raised before anything ran
			}
			if got := caught(func() { u.Close() }); got != nil {
				t.Errorf("raised twice: %v", got)
			}
		})
	}
}
