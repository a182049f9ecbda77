package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"patchlab/guest"
	"patchlab/image"
)

// The address map of a process. Programs lie from [image.PIEBase] on, and the heap behind
// them.
var (
	// Area is all that a process can map.
	Area = guest.Range{Start: 0x10000, End: 0x7fff0000}
	// mapArea is where mmap finds room, from below.
	mapArea = guest.Range{Start: 0x30000000, End: 0x7f000000}
	stack   = guest.Range{Start: 0x7f7f0000, End: 0x7fff0000}
	heapEnd = guest.Addr(0x10000000) // modules lie there
)

// Types of the auxiliary vector (include/uapi/linux/auxvec.h).
const (
	atNull, atPhdr, atPhent, atPhnum, atPagesz, atEntry = 0, 3, 4, 5, 6, 9
	atUID, atEUID, atGID, atEGID                        = 11, 12, 13, 14
	atPlatform, atHwcap, atClktck, atSecure             = 15, 16, 17, 23
	atRandom, atExecfn                                  = 25, 31
)

// hwcap is what cpuid says of leaf 1 in edx: the CPU's baseline.
const hwcap = 0x078bfbfd

// Start is how the first thread starts.
type Start struct {
	PC, SP guest.Addr
}

// Load maps the program's segments, its stack and its heap, and builds the stack:
//
//	high   strings: file name, platform, random bytes, environment, arguments
//	       auxiliary vector, in pairs
//	       0, pointers to the environment
//	       0, pointers to the arguments
//	low    number of arguments            <- SP, a multiple of 16
func (k *Kernel) Load(h Host, img *image.Image) (Start, error) {
	k.host = h
	for _, s := range img.Segments {
		r := guest.Range{Start: guest.PageDown(s.Range.Start), End: guest.PageUp(s.Range.End)}
		m, err := h.Space().AddBytes(img.Name, r, s.Perm, int(s.Range.Start-r.Start), s.Data)
		if err != nil {
			return Start{}, err
		}
		if err := h.Mapped(m); err != nil {
			return Start{}, err
		}
		k.brk = max(k.brk, r.End)
	}
	k.brkStart = k.brk
	if err := h.Space().Map("stack", stack, readable|writable, h); err != nil {
		return Start{}, err
	}
	k.peak = k.canWrite()
	sp, err := k.buildStack(img)
	return Start{PC: img.Entry, SP: sp}, err
}

// maxArgs bounds arguments and environment together, in bytes, as Linux does.
const maxArgs = 2 << 20

func (k *Kernel) buildStack(img *image.Image) (guest.Addr, error) {
	b := &stackBuilder{top: stack.End}
	exe := b.text(k.config.Exe)
	platform := b.text("x86_64")
	random := make([]byte, 16)
	k.fill(random)
	seed := b.bytes(random)
	env := b.texts(k.config.Env)
	args := b.texts(k.config.Args)
	if uint64(len(b.data)) > maxArgs {
		return 0, fmt.Errorf("arguments and environment have %d bytes: there is room for %d", len(b.data), maxArgs)
	}
	if len(args) == 0 {
		return 0, errors.New("no arguments: the first is the program's name")
	}
	words := append([]uint64{uint64(len(args))}, args...)
	words = append(append(append(words, 0), env...), 0)
	words = append(words,
		atPhdr, uint64(img.ProgramHeaders.Start), atPhent, 56, atPhnum, uint64(img.HeaderCount), atPagesz, guest.PageSize,
		atEntry, uint64(img.Entry), atUID, userID, atEUID, userID, atGID, userID, atEGID, userID, atSecure, 0,
		atHwcap, hwcap, atClktck, 100, atPlatform, platform, atRandom, seed, atExecfn, exe, atNull, 0)
	return b.finish(k, words)
}

// stackBuilder collects what lies on the first stack, from the top down.
type stackBuilder struct {
	top  guest.Addr
	data []byte // up to top
}

func (b *stackBuilder) bytes(p []byte) uint64 {
	b.data = append(append([]byte(nil), p...), b.data...)
	return uint64(b.top) - uint64(len(b.data))
}

func (b *stackBuilder) text(s string) uint64 { return b.bytes(append([]byte(s), 0)) }

// texts puts strings so that the first one lies lowest, and returns their addresses.
func (b *stackBuilder) texts(all []string) []uint64 {
	at := make([]uint64, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		at[i] = b.text(all[i])
	}
	return at
}

// finish puts the words below and writes all.
func (b *stackBuilder) finish(k *Kernel, words []uint64) (guest.Addr, error) {
	sp := (b.top - guest.Addr(len(b.data)) - guest.Addr(8*len(words))) &^ 15
	var low []byte
	for _, w := range words {
		low = binary.LittleEndian.AppendUint64(low, w)
	}
	if err := k.host.Space().WriteAt(sp, low); err != nil {
		return 0, err
	}
	return sp, k.host.Space().WriteAt(b.top-guest.Addr(len(b.data)), b.data)
}
