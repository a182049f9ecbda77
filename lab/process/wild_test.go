package process_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"patchlab/emu"
	"patchlab/emu/kernel"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/process"
)

// Where the text and the data of a wild program lie.
const wildText, wildData, wildSize = 0x400000, 0x500000, 2 * guest.PageSize

// wildStart has all registers point to data, and lets a timer end the program: what is
// alone and has no timer is bounded by the host's time only.
var wildStart = []byte{
	0xb8, 38, 0, 0, 0, // mov eax, setitimer
	0x31, 0xff, // xor edi, edi
	0xbe, 0x00, 0x0e, 0x50, 0x00, // mov esi, wildData+0xe00
	0x31, 0xd2, // xor edx, edx
	0x0f, 0x05, // syscall
	0xbb, 0x00, 0x08, 0x50, 0x00, // mov ebx, wildData+0x800
	0x89, 0xd9, 0x89, 0xdd, 0x89, 0xde, 0x89, 0xdf, 0x89, 0xd8, // to ecx, ebp, esi, edi, eax
	0x49, 0x89, 0xd8, 0x49, 0x89, 0xd9, // to r8, r9
}

// wildProgram is a sound executable, whose text is random.
func wildProgram(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 3))
	text, data := make([]byte, wildSize), make([]byte, wildSize)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	for range 40 { // some of it makes sense
		some := [][]byte{{0x0f, 0x05}, {0x50}, {0x58}, {0xb8, byte(random.IntN(256)), 0, 0, 0}, {0xeb, 0xf0}, {0x90, 0x90, 0x90}, {0x48, 0x89, 0x03}}
		copy(text[random.IntN(100):], some[random.IntN(len(some))])
	}
	copy(text[len(wildStart):], text[:200])
	copy(text, wildStart)
	defuse(text)
	binary.LittleEndian.PutUint64(data[0xe18:], 2000) // microseconds
	var b bytes.Buffer
	head := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Entry: wildText, Phoff: 64, Ehsize: 64,
		Phentsize: 56, Phnum: 2, Shentsize: 64,
	}
	copy(head.Ident[:], "\x7fELF\x02\x01\x01")
	segment := func(off, at uint64, flags elf.ProgFlag) elf.Prog64 {
		return elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(flags), Off: off, Vaddr: at, Filesz: wildSize, Memsz: wildSize, Align: guest.PageSize}
	}
	for _, x := range []any{
		head, segment(guest.PageSize, wildText, elf.PF_R|elf.PF_X), segment(guest.PageSize+wildSize, wildData, elf.PF_R|elf.PF_W),
	} {
		if err := binary.Write(&b, binary.LittleEndian, x); err != nil {
			panic(err)
		}
	}
	b.Write(make([]byte, guest.PageSize-b.Len()))
	b.Write(text)
	b.Write(data)
	return b.Bytes()
}

// defuse takes the lock from bit tests of registers: version 2.1.1 of the engine ends the
// host process when it meets one (see package unicorn).
func defuse(text []byte) {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] != 0xf0 {
			continue
		}
		rest := bytes.TrimLeft(text[i:], "\xf0\xf2\xf3\x66\x67\x26\x2e\x36\x3e\x64\x65\x40\x41\x42\x43\x44\x45\x46\x47\x48\x49\x4a\x4b\x4c\x4d\x4e\x4f")
		if len(rest) < 3 || rest[0] == 0x0f && bytes.IndexByte([]byte{0xa3, 0xab, 0xb3, 0xba, 0xbb}, rest[1]) >= 0 {
			text[i] = 0x90
		}
	}
}

// runWild runs a wild program, and says how it has ended.
func runWild(t *testing.T, seed uint64) string {
	t.Helper()
	img, err := image.Parse("wild", wildProgram(seed))
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.New(process.Config{Program: img, MaxTime: 10 * guest.Second, Kernel: kernel.Config{
		Args: []string{"wild"}, Exe: "/bin/wild", Stdout: io.Discard, Stderr: io.Discard, Memory: 64 << 20, Seed: seed,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	status, err := p.Run()
	var limit *emu.LimitError
	if err != nil && !errors.Is(err, emu.ErrGuest) && !errors.Is(err, process.ErrDeadlock) && !errors.As(err, &limit) {
		t.Errorf("seed %d: %v", seed, err)
	}
	return fmt.Sprint(status, err, p.Machine.Death(), p.Digest())
}

// TestWildCode runs random code: each program ends with a status or a clear fault, always
// with the same one.
func TestWildCode(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		if a, b := runWild(t, seed), runWild(t, seed); a != b {
			t.Errorf("seed %d: %s, then %s", seed, a, b)
		}
	}
}

// FuzzWildCode is TestWildCode with fresh seeds.
func FuzzWildCode(f *testing.F) {
	f.Add(uint64(1 << 20))
	f.Fuzz(func(t *testing.T, seed uint64) { runWild(t, seed) })
}
