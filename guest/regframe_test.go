package guest

import "testing"

func TestRegFrameRoundTrip(t *testing.T) {
	m := &flatMemory{base: 0x1000, bytes: make([]byte, PageSize)}
	for _, mode := range []Mode{KernelMode, UserMode} {
		f := RegFrame{OrigRAX: 0x1000, Mode: mode}
		for r := range NumRegs {
			f.GPR[r] = uint64(r) + 100
		}
		f.RIP, f.RFLAGS = 0x401234, 0x246
		b := f.Encode()
		if err := m.WriteAt(0x1100, b[:]); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRegFrame(m, 0x1100)
		if err != nil || got != f {
			t.Errorf("%s: got %+v, %v, want %+v", mode, got, err, f)
		}
	}
	// Fixed points of struct pt_regs: rbp is the fifth word, rip the 17th.
	for _, c := range []struct {
		word int
		want uint64
	}{{0, 115}, {4, 105}, {16, 0x401234}, {17, userCS}, {19, 104}, {20, userSS}} {
		if v, _ := ReadU64(m, 0x1100+Addr(8*c.word)); v != c.want {
			t.Errorf("word %d = %#x, want %#x", c.word, v, c.want)
		}
	}
	if _, err := ReadRegFrame(m, 0x1000+PageSize-8); err == nil {
		t.Error("a frame that runs off its memory was read")
	}
}

func TestFramePointerEncoding(t *testing.T) {
	if a, regs := DecodeFramePointer(EncodedFramePointer(0x3000)); a != 0x3000 || !regs {
		t.Error("an encoded pointer does not come back")
	}
	if _, regs := DecodeFramePointer(0x3000); regs {
		t.Error("a frame pointer was taken for a register frame")
	}
}
