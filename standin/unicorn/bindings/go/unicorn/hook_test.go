package unicorn

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/unicorn-engine/unicorn/internal/heap"
)

// hookCase is one kind of hook: code that hits it, and what its callback must
// have seen.
type hookCase struct {
	name  string
	htype int
	extra []int
	code  []byte
	// callback returns one that reports through log.
	callback func(log func(format string, args ...any)) any
	want     []string
	err      UcError // of the run
	// rax is the register after a run without error; rbx is unmapped before it.
	rax uint64
}

func logCode(log func(string, ...any)) any {
	return func(_ Unicorn, addr uint64, size uint32) { log("%x+%d", addr-base, size) }
}

func logAccess(log func(string, ...any)) any {
	return func(_ Unicorn, access int, addr uint64, size int, value int64) {
		log("%d %x+%d=%d", access, addr, size, value)
	}
}

func logSyscall(log func(string, ...any)) any {
	return func(u Unicorn) {
		rax, err := u.RegRead(X86_REG_RAX)
		log("%d %v", rax, err)
	}
}

// logInvalid returns a callback that makes the access possible.
func logInvalid(log func(string, ...any)) any {
	return func(u Unicorn, access int, addr uint64, size int, value int64) bool {
		log("%d %x+%d=%d", access, addr, size, value)
		page := addr &^ 0xfff
		if err := u.MemMap(page, 0x1000); err != nil {
			log("%v", u.MemProtect(page, 0x1000, PROT_ALL))
		}
		return true
	}
}

func logRefused(log func(string, ...any)) any {
	return func(_ Unicorn, access int, addr uint64, _ int, _ int64) bool {
		log("%d %x", access, addr)
		return false
	}
}

var hookCases = []hookCase{
	{
		name: "code", htype: HOOK_CODE, callback: logCode, rax: 2,
		code: []byte{0xb0, 0x01, 0x48, 0xff, 0xc0}, // mov al, 1; inc rax
		want: []string{"0+2", "2+3"},
	},
	{
		name: "block", htype: HOOK_BLOCK, callback: logCode, rax: 1,
		code: []byte{0xb0, 0x01, 0xeb, 0x00, 0x90, 0x90}, // mov al, 1; jmp next; nop; nop
		want: []string{"0+4", "4+2"},
	},
	{
		name: "interrupt", htype: HOOK_INTR, rax: 7,
		code: []byte{0xcd, 0x80, 0xb0, 0x07}, // int 0x80; mov al, 7
		callback: func(log func(string, ...any)) any {
			return func(_ Unicorn, intno uint32) { log("%#x", intno) }
		},
		want: []string{"0x80"},
	},
	{
		name: "read and write", htype: HOOK_MEM_READ | HOOK_MEM_WRITE, callback: logAccess, rax: 9,
		// mov ebx, 0x200000; mov al, 9; mov [rbx+8], al; mov cx, [rbx]
		code: []byte{0xbb, 0, 0, 0x20, 0, 0xb0, 9, 0x88, 0x43, 0x08, 0x66, 0x8b, 0x0b},
		want: []string{"17 200008+1=9", "16 200000+2=0"},
	},
	{
		name: "read", htype: HOOK_MEM_READ, callback: logAccess, rax: 9,
		code: []byte{0xbb, 0, 0, 0x20, 0, 0xb0, 9, 0x88, 0x43, 0x08, 0x66, 0x8b, 0x0b},
		want: []string{"16 200000+2=0"},
	},
	{
		name: "write", htype: HOOK_MEM_WRITE, callback: logAccess, rax: 9,
		code: []byte{0xbb, 0, 0, 0x20, 0, 0xb0, 9, 0x88, 0x43, 0x08, 0x66, 0x8b, 0x0b},
		want: []string{"17 200008+1=9"},
	},
	{
		name: "unmapped read", htype: HOOK_MEM_READ_UNMAPPED, callback: logInvalid,
		code: []byte{0x48, 0x8b, 0x03}, // mov rax, [rbx]
		want: []string{"19 900000+8=0"},
	},
	{
		name: "unmapped write", htype: HOOK_MEM_INVALID, callback: logInvalid, rax: 5,
		code: []byte{0xb0, 0x05, 0x88, 0x03}, // mov al, 5; mov [rbx], al
		want: []string{"20 900000+1=5"},
	},
	{
		name: "unmapped write refused", htype: HOOK_MEM_UNMAPPED, callback: logRefused, err: ERR_WRITE_UNMAPPED,
		code: []byte{0x88, 0x03},
		want: []string{"20 900000"},
	},
	{
		name: "unmapped fetch refused", htype: HOOK_MEM_FETCH_INVALID, callback: logRefused, err: ERR_FETCH_UNMAPPED,
		code: []byte{0xff, 0xe3}, // jmp rbx
		want: []string{"21 900000"},
	},
	{
		name: "protected write", htype: HOOK_MEM_PROT, callback: logInvalid,
		// mov ebx, 0x300000 (read-only); mov [rbx], al
		code: []byte{0xbb, 0, 0, 0x30, 0, 0x88, 0x03},
		want: []string{"22 300000+1=0", "<nil>"},
	},
	{
		name: "in", htype: HOOK_INSN, extra: []int{X86_INS_IN}, rax: 0x1234,
		code: []byte{0xe5, 0x70}, // in eax, 0x70
		callback: func(log func(string, ...any)) any {
			return func(_ Unicorn, port, size uint32) uint32 {
				log("%#x+%d", port, size)
				return 0x1234
			}
		},
		want: []string{"0x70+4"},
	},
	{
		name: "out", htype: HOOK_INSN, extra: []int{X86_INS_OUT}, rax: 3,
		code: []byte{0xb0, 0x03, 0xe6, 0x71}, // mov al, 3; out 0x71, al
		callback: func(log func(string, ...any)) any {
			return func(_ Unicorn, port, size, value uint32) { log("%#x+%d=%d", port, size, value) }
		},
		want: []string{"0x71+1=3"},
	},
	{
		name: "syscall", htype: HOOK_INSN, extra: []int{X86_INS_SYSCALL}, callback: logSyscall, rax: 60,
		code: []byte{0xb0, 0x3c, 0x0f, 0x05}, // mov al, 60; syscall
		want: []string{"60 <nil>"},
	},
	{
		// First in its block: the engine goes on at the block's start plus two.
		name: "sysenter", htype: HOOK_INSN, extra: []int{X86_INS_SYSENTER}, callback: logSyscall, rax: 1,
		code: []byte{0x0f, 0x34, 0xb0, 0x01}, // sysenter; mov al, 1
		want: []string{"0 <nil>"},
	},
}

// open returns an engine that is ready to run the case.
func (c *hookCase) open(t *testing.T) Unicorn {
	t.Helper()
	u := open(t, c.code...)
	must(t, u.MemMapProt(0x300000, 0x1000, PROT_READ))
	must(t, u.RegWrite(X86_REG_RBX, unmapped))
	return u
}

func TestHooks(t *testing.T) {
	for _, c := range hookCases {
		t.Run(c.name, func(t *testing.T) {
			u := c.open(t)
			var got []string
			cb := c.callback(func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) })
			_, err := u.HookAdd(c.htype, cb, 1, 0, c.extra...)
			must(t, err)
			err = u.Start(base, base+uint64(len(c.code)))
			if c.err != 0 {
				wantErr(t, err, c.err)
			} else {
				must(t, err)
				wantReg(t, u, X86_REG_RAX, c.rax)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("callback saw %q, want %q", got, c.want)
			}
		})
	}
}

// TestHookRange: both ends belong to the range.
func TestHookRange(t *testing.T) {
	u := open(t, 0x90, 0x90, 0x90, 0x90)
	var got []uint64
	_, err := u.HookAdd(HOOK_CODE, func(_ Unicorn, addr uint64, _ uint32) { got = append(got, addr-base) }, base+1, base+2)
	must(t, err)
	must(t, u.Start(base, base+4))
	if want := []uint64{1, 2}; !slices.Equal(got, want) {
		t.Errorf("hit at %v, want %v", got, want)
	}
}

func TestHookAddErrors(t *testing.T) {
	code := func(Unicorn, uint64, uint32) {}
	type named func(Unicorn)
	var none func(Unicorn, uint64, uint32)
	tests := []struct {
		name  string
		htype int
		cb    any
		extra []int
		want  string
	}{
		{"no callback", HOOK_CODE, nil, nil, "the callback is a <nil>, need a non-nil func(unicorn.Unicorn, uint64, uint32)"},
		{"nil callback", HOOK_CODE, none, nil, "need a non-nil func(unicorn.Unicorn, uint64, uint32)"},
		{"code callback for a memory hook", HOOK_MEM_READ, code, nil, "the callback is a func(unicorn.Unicorn, uint64, uint32), need a non-nil func(unicorn.Unicorn, int, uint64, int, int64)"},
		{"access callback for an invalid access", HOOK_MEM_INVALID, func(Unicorn, int, uint64, int, int64) {}, nil, "int64) bool"},
		{"interrupt", HOOK_INTR, code, nil, "need a non-nil func(unicorn.Unicorn, uint32)"},
		{"in", HOOK_INSN, code, []int{X86_INS_IN}, "need a non-nil func(unicorn.Unicorn, uint32, uint32) uint32"},
		{"out", HOOK_INSN, code, []int{X86_INS_OUT}, "need a non-nil func(unicorn.Unicorn, uint32, uint32, uint32)"},
		{"named type", HOOK_INSN, named(func(Unicorn) {}), []int{X86_INS_SYSCALL}, "the callback is a unicorn.named, need a non-nil func(unicorn.Unicorn)"},
		{"no instruction", HOOK_INSN, code, nil, "HOOK_INSN needs an instruction"},
		{"instruction without support", HOOK_INSN, code, []int{X86_INS_NOP}, "HOOK_INSN does not support instruction"},
		{"no type", 0, code, nil, "hook type 0x0 is not supported"},
		{"two kinds", HOOK_CODE | HOOK_MEM_INVALID, code, nil, "is not supported"},
		{"type without support", HOOK_EDGE_GENERATED, code, nil, "hook type 0x8000 is not supported"},
	}
	u := open(t)
	before := callbacks.len()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			hook, err := u.HookAdd(tt.htype, tt.cb, 1, 0, tt.extra...)
			wantErr(t, err, ERR_HOOK)
			if err != nil && (!strings.Contains(err.Error(), tt.want) || hook != 0) {
				t.Errorf("hook %d, error %q, want %q in it", hook, err, tt.want)
			}
		})
	}
	if after := callbacks.len(); after != before {
		t.Errorf("%d callbacks registered, want %d", after, before)
	}
}

// TestHookAddPassesTheLibrarysError: RISC-V has no IN instruction, which only
// the library knows.
func TestHookAddPassesTheLibrarysError(t *testing.T) {
	u, err := NewUnicorn(ARCH_RISCV, MODE_RISCV64)
	must(t, err)
	defer u.Close()
	before := callbacks.len()
	_, err = u.HookAdd(HOOK_INSN, func(Unicorn, uint32, uint32) uint32 { return 0 }, 1, 0, X86_INS_IN)
	if err != UcError(ERR_HOOK) {
		t.Errorf("error %v, want the bare %v", err, UcError(ERR_HOOK))
	}
	if after := callbacks.len(); after != before {
		t.Errorf("%d callbacks registered, want %d", after, before)
	}
}

func TestHookDel(t *testing.T) {
	u, other := open(t, 0x90), open(t, 0x90)
	hits := 0
	count := func(Unicorn, uint64, uint32) { hits++ }
	before := callbacks.len()
	hook, err := u.HookAdd(HOOK_CODE, count, 1, 0)
	must(t, err)
	must(t, u.Start(base, base+1))
	wantErr(t, other.HookDel(hook), ERR_ARG)
	must(t, u.HookDel(hook))
	must(t, u.Start(base, base+1))
	if hits != 1 {
		t.Errorf("%d hits, want 1", hits)
	}
	wantErr(t, u.HookDel(hook), ERR_ARG)
	wantErr(t, u.HookDel(12345), ERR_ARG)
	if after := callbacks.len(); after != before {
		t.Errorf("%d callbacks registered, want %d", after, before)
	}
}

// TestHookDelInCallback: the loop goes on in a block that was translated with
// the hook, and a new hook may already have its slot.
func TestHookDelInCallback(t *testing.T) {
	u := open(t, endless...)
	hits, later := 0, 0
	var hook Hook
	var err error
	hook, err = u.HookAdd(HOOK_CODE, func(u Unicorn, _ uint64, _ uint32) {
		hits++
		if err := u.HookDel(hook); err != nil {
			t.Error(err)
		}
		if _, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) { later++ }, unmapped, unmapped); err != nil {
			t.Error(err)
		}
	}, base, base)
	must(t, err)
	must(t, u.StartWithOptions(base, unmapped, &UcOptions{Count: 100}))
	if hits != 1 || later != 0 {
		t.Errorf("the hook was hit %d times, the later one %d times, want 1 and 0", hits, later)
	}
}

// TestHookDelReleasesMemory: a hook that only the registry forgets stays in
// the library's lists. The library frees deleted hooks when a run starts.
func TestHookDelReleasesMemory(t *testing.T) {
	u := open(t, 0x90)
	before := heap.InUse()
	for range 200 {
		for range 100 {
			hook, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) {}, unmapped, unmapped)
			must(t, err)
			must(t, u.HookDel(hook))
		}
		must(t, u.Start(base, base+1))
	}
	if grown := heap.InUse() - before; grown > 1<<20 {
		t.Errorf("the C heap grew by %d bytes", grown)
	}
}

// TestEnterWithOldID: C may still call a hook that was deleted.
func TestEnterWithOldID(t *testing.T) {
	u := open(t)
	hook, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) {}, 1, 0)
	must(t, err)
	id := u.(*uc).hooks[hook]
	must(t, u.HookDel(hook))
	for _, id := range []uintptr{id, 0} {
		if enter(id) != nil {
			t.Errorf("id %#x has a callback", id)
		}
	}
}
