package signal

import (
	"encoding/binary"
	"testing"

	"patchlab/guest"
)

// frameOf returns the bytes of a frame that is in order.
func frameOf(c *Context) []byte {
	f, _ := place(0x8000, AltStack{}, 0, FXSize)
	return f.Encode(0x400000, c, &Info{Number: SIGUSR1}, new([FXSize]byte))
}

func TestDecodeRefuses(t *testing.T) {
	c := Context{Regs: guest.Regs{RIP: 0x401000}}
	for _, bad := range []struct {
		name string
		at   int
		word uint64
	}{
		{"not canonical", regsAt + 16*8, 1 << 47},
		{"the kernel's half", regsAt + 16*8, 1<<64 - 4096},
		{"the page at the end", regsAt + 16*8, 1<<47 - 4096},
		{"a 32-bit code segment", segmentsAt, 0x002b_0000_0000_0023},
		{"no stack segment", segmentsAt, 0x33},
	} {
		b := frameOf(&c)
		binary.LittleEndian.PutUint64(b[bad.at:], bad.word)
		if got, err := Decode(b, 0x202); err == nil || got != (Context{}) {
			t.Errorf("%s: %+v, %v", bad.name, got, err)
		}
	}
	if _, err := Decode(frameOf(&c)[:ContextSize-1], 0x202); err == nil {
		t.Error("a frame that ends early")
	}
	if _, err := Decode(frameOf(&c)[:ContextSize], 0x202); err != nil {
		t.Error(err)
	}
}

func TestDecodeKeepsWhatIsNotTheUsers(t *testing.T) {
	c := Context{Regs: guest.Regs{RIP: 0x401000, RFLAGS: 1<<64 - 1}, Mask: 1<<64 - 1}
	got, err := Decode(frameOf(&c), 0x202)
	if err != nil || got.Regs.RFLAGS != 0x202|userFlags || got.Mask != ^Of(SIGKILL, SIGSTOP) {
		t.Errorf("flags %#x, mask %#x, %v", got.Regs.RFLAGS, got.Mask, err)
	}
	c.Regs.RFLAGS = 0
	if got, _ := Decode(frameOf(&c), 0x202|userFlags); got.Regs.RFLAGS != 0x202 {
		t.Errorf("flags %#x", got.Regs.RFLAGS)
	}
}

func TestLoadableFX(t *testing.T) {
	var fx [FXSize]byte
	binary.LittleEndian.PutUint32(fx[24:], 0xffff)
	if !LoadableFX(&fx) {
		t.Error("all bits of MXCSR that there are")
	}
	fx[26] = 1
	if LoadableFX(&fx) {
		t.Error("a bit of MXCSR that there is not")
	}
}

// FuzzDecode: a value or an error, and what was decoded comes back.
func FuzzDecode(f *testing.F) {
	f.Add(frameOf(&Context{Regs: guest.Regs{RIP: 0x401000}}), uint64(0x202))
	f.Add([]byte{}, uint64(0))
	f.Fuzz(func(t *testing.T, b []byte, flags uint64) {
		c, err := Decode(b, flags)
		if err != nil {
			if c != (Context{}) {
				t.Fatalf("a value and an error: %+v, %v", c, err)
			}
			return
		}
		fr := Frame{Base: 0x8008, FP: c.FP}
		fr.FP = 0x8200
		again, err := Decode(fr.Encode(0, &c, &Info{}, new([FXSize]byte)), flags)
		c.FP = fr.FP
		if err != nil || again != c {
			t.Fatalf("%+v comes back as %+v, %v", c, again, err)
		}
	})
}
