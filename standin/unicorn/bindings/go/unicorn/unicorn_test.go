package unicorn

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	base     = 0x100000 // of the code
	dataBase = 0x200000 // of a page for data
	unmapped = 0x900000
)

// open returns an engine with code at base and a zeroed page at dataBase.
func open(t *testing.T, code ...byte) Unicorn {
	t.Helper()
	u, err := NewUnicorn(ARCH_X86, MODE_64)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	must(t, u.SetCPUModel(CPU_X86_HASWELL)) // sysenter in 64-bit mode is Intel's
	must(t, u.MemMap(base, 0x1000))
	must(t, u.MemMap(dataBase, 0x1000))
	must(t, u.MemWrite(base, code))
	return u
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err error, want UcError) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func wantReg(t *testing.T, u Unicorn, reg int, want uint64) {
	t.Helper()
	got, err := u.RegRead(reg)
	must(t, err)
	if got != want {
		t.Errorf("register %d = %#x, want %#x", reg, got, want)
	}
}

// collect runs the garbage collector until its clean-ups have made done true.
func collect(done func() bool) bool {
	for range 200 {
		runtime.GC()
		if done() {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

var (
	// mov rax, 0x1122334455667788; add rax, rbx
	addition = []byte{0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x48, 0x01, 0xd8}
	// a: inc rax; jmp a
	endless = []byte{0x48, 0xff, 0xc0, 0xeb, 0xfb}
)

func TestStart(t *testing.T) {
	u := open(t, addition...)
	must(t, u.RegWrite(X86_REG_RBX, 0x1000))
	must(t, u.Start(base, base+uint64(len(addition))))
	wantReg(t, u, X86_REG_RAX, 0x1122334455668788)
	wantReg(t, u, X86_REG_RIP, base+uint64(len(addition)))
}

func TestStartWithOptions(t *testing.T) {
	tests := []struct {
		name    string
		options *UcOptions
		timeout uint64 // QUERY_TIMEOUT afterwards
	}{
		{"count", &UcOptions{Count: 7}, 0},
		{"timeout", &UcOptions{Timeout: 10_000}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := open(t, endless...)
			must(t, u.StartWithOptions(base, unmapped, tt.options))
			if tt.options.Count > 0 {
				wantReg(t, u, X86_REG_RAX, (tt.options.Count+1)/2)
			}
			got, err := u.Query(QUERY_TIMEOUT)
			must(t, err)
			if got != tt.timeout {
				t.Errorf("timed out: %d, want %d", got, tt.timeout)
			}
		})
	}
}

func TestStartErrors(t *testing.T) {
	tests := []struct {
		name string
		code []byte
		want UcError
	}{
		{"read", []byte{0x48, 0x8b, 0x03}, ERR_READ_UNMAPPED},   // mov rax, [rbx]
		{"write", []byte{0x48, 0x89, 0x03}, ERR_WRITE_UNMAPPED}, // mov [rbx], rax
		{"fetch", []byte{0xff, 0xe3}, ERR_FETCH_UNMAPPED},       // jmp rbx
		{"instruction", []byte{0x0f, 0x0b}, ERR_INSN_INVALID},   // ud2
		{"interrupt", []byte{0xcd, 0x80}, ERR_EXCEPTION},        // int 0x80
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := open(t, tt.code...)
			must(t, u.RegWrite(X86_REG_RBX, unmapped))
			wantErr(t, u.Start(base, base+uint64(len(tt.code))), tt.want)
		})
	}
}

func TestErrorText(t *testing.T) {
	for code, part := range map[UcError]string{
		ERR_HANDLE: "UC_ERR_HANDLE", ERR_READ_UNMAPPED: "UC_ERR_READ_UNMAPPED", 12345: "nknown",
	} {
		if text := code.Error(); !strings.Contains(text, part) {
			t.Errorf("UcError(%d) = %q, want %q in it", uint32(code), text, part)
		}
	}
}

func TestNewUnicornErrors(t *testing.T) {
	tests := []struct {
		arch, mode int
		want       UcError
	}{
		{-1, MODE_64, ERR_ARCH},
		{ARCH_MAX, MODE_64, ERR_ARCH},
		{ARCH_X86, MODE_BIG_ENDIAN, ERR_MODE},
	}
	for _, tt := range tests {
		u, err := NewUnicorn(tt.arch, tt.mode)
		wantErr(t, err, tt.want)
		if u != nil {
			t.Errorf("NewUnicorn(%d, %d) returned an engine and an error", tt.arch, tt.mode)
		}
	}
}

func TestQuery(t *testing.T) {
	u := open(t)
	for query, want := range map[int]uint64{QUERY_ARCH: ARCH_X86, QUERY_MODE: MODE_64, QUERY_PAGE_SIZE: 0x1000} {
		got, err := u.Query(query)
		must(t, err)
		if got != want {
			t.Errorf("Query(%d) = %d, want %d", query, got, want)
		}
	}
	_, err := u.Query(99)
	wantErr(t, err, ERR_ARG)
}

// TestSetCPUModel asks the guest's CPUID, whose signature differs by model.
func TestSetCPUModel(t *testing.T) {
	signature := func(model int) uint64 {
		u, err := NewUnicorn(ARCH_X86, MODE_64)
		must(t, err)
		defer u.Close()
		must(t, u.SetCPUModel(model))
		must(t, u.MemMap(base, 0x1000))
		must(t, u.MemWrite(base, []byte{0x0f, 0xa2})) // cpuid
		must(t, u.RegWrite(X86_REG_RAX, 1))
		must(t, u.Start(base, base+2))
		eax, err := u.RegRead(X86_REG_RAX)
		must(t, err)
		return eax
	}
	if a, b := signature(CPU_X86_NEHALEM), signature(CPU_X86_HASWELL); a == b {
		t.Errorf("both models have signature %#x", a)
	}
	u, err := NewUnicorn(ARCH_X86, MODE_64)
	must(t, err)
	defer u.Close()
	wantErr(t, u.SetCPUModel(CPU_X86_ENDING), ERR_ARG)
}

// TestStopFromAnotherGoroutine also races Stop with Close, for the race
// detector.
func TestStopFromAnotherGoroutine(t *testing.T) {
	u := open(t, endless...)
	entered := make(chan struct{})
	first := true
	_, err := u.HookAdd(HOOK_BLOCK, func(Unicorn, uint64, uint32) {
		if first {
			close(entered)
			first = false
		}
	}, 1, 0)
	must(t, err)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-entered
		for u.Stop() == nil { // ends with the error of a closed engine
			runtime.Gosched()
		}
	}()
	must(t, u.Start(base, unmapped))
	must(t, u.Close())
	<-stopped
}

func TestStopBeforeStart(t *testing.T) {
	u := open(t, addition...)
	must(t, u.Stop())
	must(t, u.Start(base, base+uint64(len(addition))))
	wantReg(t, u, X86_REG_RAX, 0x1122334455667788)
}

// TestEnginesAreIndependent runs engines on several goroutines, with hooks
// that come and go while others are called.
func TestEnginesAreIndependent(t *testing.T) {
	results := make(chan string)
	const engines, rounds = 4, 50
	for i := range engines {
		go func() {
			results <- func() string {
				u, err := NewUnicorn(ARCH_X86, MODE_64)
				if err != nil {
					return err.Error()
				}
				defer u.Close()
				hits := 0
				err = errors.Join(u.MemMap(base, 0x1000), u.MemWrite(base, addition), u.RegWrite(X86_REG_RBX, uint64(i)))
				for range rounds {
					h, addErr := u.HookAdd(HOOK_CODE, func(v Unicorn, _ uint64, _ uint32) {
						if v != u {
							hits += 1000
						}
						hits++
					}, 1, 0)
					err = errors.Join(err, addErr, u.Start(base, base+uint64(len(addition))), u.HookDel(h))
				}
				rax, regErr := u.RegRead(X86_REG_RAX)
				return fmt.Sprint(errors.Join(err, regErr), hits, rax-0x1122334455667788)
			}()
		}()
	}
	var got, want []string
	for i := range engines {
		got = append(got, <-results)
		want = append(want, fmt.Sprint(nil, 2*rounds, i))
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
