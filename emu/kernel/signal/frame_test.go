package signal

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"patchlab/guest"
)

// hostFrame is what testdata/frame.c has found on the host.
type hostFrame struct {
	frame, fx []byte
	num       map[string]uint64
	entry     [6]uint64 // rdi, rsi, rdx, rax, rsp, rflags
}

func readHostFrame(t *testing.T, out string) hostFrame {
	t.Helper()
	h := hostFrame{num: map[string]uint64{}}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		var err error
		switch name {
		case "frame":
			h.frame, err = hex.DecodeString(value)
		case "fx":
			h.fx, err = hex.DecodeString(value)
		case "entry":
			for i, v := range strings.Split(value, ",") {
				h.entry[i], err = strconv.ParseUint(v, 16, 64)
			}
		default:
			h.num[name], err = strconv.ParseUint(value, 16, 64)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// unset blanks what the kernel leaves as it was on the stack, or what says that there
// is more state than an FXSAVE image.
func unset(frame []byte) []byte {
	b := bytes.Clone(frame)
	b[contextAt] &^= 1
	clear(b[stackAt+12 : stackAt+16])
	clear(b[fpAt+8 : maskAt])
	return b
}

// TestFrameIsTheHosts has the host's kernel make a frame, and makes the same one.
func TestFrameIsTheHosts(t *testing.T) {
	exe := hostProgram(t, "frame")
	for _, c := range []struct {
		name  string
		flags uint64
		stack uint32
	}{
		{"stack of the program", SA_SIGINFO | SA_RESTORER, SS_DISABLE},
		{"alternate stack, not asked for", SA_SIGINFO | SA_RESTORER, 0},
		{"alternate stack", SA_SIGINFO | SA_RESTORER | SA_ONSTACK, 0},
		{"alternate stack, disarmed", SA_SIGINFO | SA_RESTORER | SA_ONSTACK, SS_AUTODISARM},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, end := onHost(t, exe, "", fmt.Sprintf("%x", c.flags), fmt.Sprintf("%x", c.stack))
			if end != "exit status 0" {
				t.Fatal(end)
			}
			h := readHostFrame(t, out)
			alt := AltStack{Flags: SS_DISABLE}
			if c.stack != SS_DISABLE {
				alt = AltStack{guest.Addr(h.num["stack"]), c.stack, 1 << 16}
			}
			checkFrame(t, h, c.flags, alt)
		})
	}
}

func checkFrame(t *testing.T, h hostFrame, flags uint64, alt AltStack) {
	sp, rip := h.num["sp"], guest.Addr(h.num["rip"])
	f, ok := place(guest.Addr(sp), alt, flags, h.num["size"])
	if !ok || uint64(f.Base) != h.entry[4] {
		t.Fatalf("the frame lies at %s, want %#x", f.Base, h.entry[4])
	}
	c, err := Decode(h.frame, 0x202)
	if err != nil {
		t.Fatal(err)
	}
	want := Context{Trap: 6, Mask: Of(SIGUSR2), Stack: alt, FP: f.FP}
	for r := range guest.NumRegs {
		want.Regs.GPR[r] = uint64(r+1) * 0x101
	}
	want.Regs.GPR[guest.RSP], want.Regs.RIP = sp, rip
	// 0x202 - 0x101 > 0 leaves of the flags only parity; stc and std add theirs. RF is
	// what a fault sets.
	want.Regs.RFLAGS = 0x202 | 1 | flagDF | flagRF
	c.Addr, c.Regs.RFLAGS = 0, c.Regs.RFLAGS&^0x10
	if c != want {
		t.Errorf("the frame holds\n%+v, want\n%+v", c, want)
	}
	c, _ = Decode(h.frame, 0x202) // as it was
	info := FromFault(SIGILL, 2, rip)
	got := f.Encode(guest.Addr(h.num["restorer"]), &c, &info, (*[FXSize]byte)(h.fx))
	if want := unset(h.frame); !bytes.Equal(got[:frameSize], want) {
		t.Errorf("the frame is\n%x, want\n%x", got[:frameSize], want)
	}
	if !bytes.Equal(got[f.FP-f.Base:], h.fx) {
		t.Error("the FXSAVE image is not where it should be")
	}
	r := c.Regs
	f.Enter(&r, SIGILL, guest.Addr(h.num["handler"]))
	g := &r.GPR
	entry := [6]uint64{g[guest.RDI], g[guest.RSI], g[guest.RDX], g[guest.RAX], g[guest.RSP], r.RFLAGS}
	if entry != h.entry || uint64(r.RIP) != h.num["handler"] {
		t.Errorf("the handler starts with %#x at %s, want %#x", entry, r.RIP, h.entry)
	}
}

func TestPlace(t *testing.T) {
	alt := AltStack{Base: 0x10000, Size: 0x1000}
	disarmed := AltStack{Base: 0x10000, Size: 0x1000, Flags: SS_AUTODISARM}
	for _, c := range []struct {
		name  string
		sp    guest.Addr
		stack AltStack
		flags uint64
		fp    guest.Addr
		ok    bool
	}{
		{"no stack", 0x8000, AltStack{}, SA_ONSTACK, 0x8000 - 128 - 512, true},
		{"crooked", 0x8fff, AltStack{}, 0, 0x8d40, true},
		{"onto the stack", 0x8000, alt, SA_ONSTACK, 0x11000 - 512, true},
		{"on it already", 0x10f00, alt, SA_ONSTACK, 0x10f00 - 128 - 512, true},
		{"at its top", 0x11000, alt, SA_ONSTACK, 0x11000 - 128 - 512, true},
		{"it is full", 0x10400, alt, SA_ONSTACK, 0x10400 - 128 - 512, false},
		{"full, not asked for", 0x10400, alt, 0, 0x10400 - 128 - 512, false},
		{"on it, disarmed", 0x10f00, disarmed, SA_ONSTACK, 0x11000 - 512, true},
		{"too small", 0x8000, AltStack{Base: 0x10000, Size: 900}, SA_ONSTACK, 0x10180, false},
	} {
		f, ok := place(c.sp, c.stack, c.flags, FXSize)
		if f.FP != c.fp || ok != c.ok || f.Base%16 != 8 || f.Base+frameSize > f.FP {
			t.Errorf("%s: %+v, %v; want the image at %s, %v", c.name, f, ok, c.fp, c.ok)
		}
	}
}

func TestFrameNeedsARestorer(t *testing.T) {
	p := started(1)
	r := guest.Regs{GPR: [guest.NumRegs]uint64{guest.RSP: 0x8000}}
	d := Delivery{Action: Action{Flags: SA_RESTORER}, Mask: 5}
	f, c, ok := p.Frame(1, &d, &r)
	if !ok || c.Mask != 5 || c.Regs != r || BaseOf(f.Base+8) != f.Base {
		t.Errorf("%+v, %+v, %v", f, c, ok)
	}
	d.Action.Flags = 0
	if _, _, ok := p.Frame(1, &d, &r); ok {
		t.Error("a frame without a way back")
	}
}
