package unicorn

// #cgo LDFLAGS: -lunicorn
// #cgo CFLAGS: -O2 -Wall -Wextra
// #cgo nocallback pl_new
// #cgo nocallback pl_free
// #cgo nocallback pl_reset_context
// #cgo noescape pl_reset_context
// #include "engine.h"
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"

	"patchlab/emu/cpu"
)

// errClosed is what a CPU answers after Close.
var errClosed = errors.New("cpu: closed")

// backend is a [cpu.CPU] on Unicorn engines.
type backend struct {
	name     string
	exact    bool // single-step everything
	engines  []uc.Unicorn
	called   *called
	callee   int // the number of called
	events   []cpu.Event
	accesses []cpu.Access
	reset    []byte // the state of a context after reset

	running atomic.Bool // a run is in progress

	mu sync.Mutex // lets Interrupt race with Close
	c  *C.pl_cpu  // nil once closed; written under mu
}

// New returns the fast backend. An error says that the library is missing
// something or too old.
func New(o cpu.Options) (cpu.CPU, error) { return open("fast", false, o) }

// NewReference returns the backend that single-steps everything.
func NewReference(o cpu.Options) (cpu.CPU, error) { return open("reference", true, o) }

func open(name string, exact bool, o cpu.Options) (cpu.CPU, error) {
	b := &backend{name: name, exact: exact, c: C.pl_new(), called: &called{decide: o.Decide}}
	if b.c == nil {
		return nil, errors.New("cpu: no memory for an engine")
	}
	b.callee = register(b.called)
	b.setOptions(&o)
	if err := b.openFirst(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *backend) setOptions(o *cpu.Options) {
	b.c.arena_start, b.c.arena_end = C.uint64_t(o.Arena.Start), C.uint64_t(o.Arena.End)
	b.c.until = C.uint64_t(o.Until)
	b.c.callee = C.uint64_t(b.callee)
	b.c.has_decide = o.Decide != nil
	if a := o.Area; len(a.Host) > 0 {
		b.c.area_start, b.c.area_size = C.uint64_t(a.Range.Start), C.uint64_t(a.Range.Size())
		b.c.area_host = (*C.uint8_t)(&a.Host[0])
	}
	if o.Stub.Cell == nil {
		return
	}
	b.c.stub = C.pl_stub{
		entry: C.uint64_t(o.Stub.Entry), fast: C.uint64_t(o.Stub.Fast), slow: C.uint64_t(o.Stub.Slow),
		hook: C.uint64_t(o.Stub.Hook), commit: C.uint64_t(o.Stub.Commit),
		cell: (*C.uint64_t)(unsafe.Pointer(&o.Stub.Cell[0])),
	}
}

// openFirst opens the engine that every run may need, and takes from it the state of
// a context after reset.
func (b *backend) openFirst() error {
	if err := b.engine(C.PL_KERNEL, b.stepping()); err != nil {
		return err
	}
	b.reset = make([]byte, b.c.context_size)
	return failure("reset", C.pl_reset_context(b.c, (*C.uint8_t)(&b.reset[0])))
}

// stepping returns the kind of engine that single-steps.
func (b *backend) stepping() C.int {
	if b.exact {
		return C.PL_EXACT
	}
	return C.PL_STEP
}

// failure turns an engine's error code into an error.
func failure(what string, code C.uc_err) error {
	if code == C.UC_ERR_OK {
		return nil
	}
	return fmt.Errorf("cpu: %s: %w", what, uc.UcError(code))
}

// engine opens the engine of that mode and kind unless it is there.
func (b *backend) engine(mode, kind C.int) error {
	if b.c.uc[mode][kind] != nil {
		return nil
	}
	u, err := uc.NewUnicorn(uc.ARCH_X86, uc.MODE_64)
	if err != nil {
		return fmt.Errorf("cpu: open an engine: %w", err)
	}
	b.engines = append(b.engines, u)
	return failure("prepare an engine", C.pl_open(b.c, mode, kind, (*C.uc_engine)(unsafe.Pointer(u.Handle()))))
}

func (b *backend) Name() string { return b.name }

// mustBeOpen: only methods that can return an error may be called
// after Close.
func (b *backend) mustBeOpen() {
	if b.c == nil {
		panic("BUG: a CPU was used after Close")
	}
}

func (b *backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.c == nil {
		return nil
	}
	var failed []error
	for _, u := range b.engines {
		failed = append(failed, u.Close())
	}
	b.engines = nil
	unregister(b.callee)
	C.pl_free(b.c)
	b.c = nil
	return errors.Join(failed...)
}
