package insn

import (
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
)

// TestTable reads testdata/insn.txt: bytes | text, or the reason for an error.
// Behind each row's bytes come others, which must not matter, and the row's
// first bytes alone must not read as an instruction.
func TestTable(t *testing.T) {
	data, err := os.ReadFile("testdata/insn.txt")
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		left, want, ok := strings.Cut(line, " | ")
		code, err := hex.DecodeString(strings.ReplaceAll(left, " ", ""))
		if !ok || err != nil {
			t.Fatalf("line %d: %q: %v", n+1, line, err)
		}
		for _, tail := range []string{"", "\xc3", "\x00\x00\x00\x00\x00\x00\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
			if strings.HasPrefix(want, "!") && tail != "" {
				continue
			}
			in, err := Decode(append(code[:len(code):len(code)], tail...), 0x401000)
			got := in.String()
			if err != nil {
				got = "! " + errors.Unwrap(err).Error()
			}
			if got != want {
				t.Errorf("line %d: % x + % x: got %q, want %q", n+1, code, tail, got, want)
			}
			if err == nil && in.Len != len(code) {
				t.Errorf("line %d: % x + % x: length %d", n+1, code, tail, in.Len)
			}
		}
		if !strings.HasPrefix(want, "!") {
			checkPrefixes(t, code)
		}
	}
}

// checkPrefixes checks that no proper prefix of an instruction is taken for all
// of it. A shorter instruction may well be found there: fwait, say.
func checkPrefixes(t *testing.T, code []byte) {
	t.Helper()
	for n := range code {
		in, err := Decode(code[:n], 0)
		if err == nil && in.Len > n {
			t.Errorf("% x cut to %d bytes: read %s of length %d", code, n, in, in.Len)
		}
		if err == nil {
			t.Errorf("% x cut to %d bytes: read %s", code, n, in)
		}
	}
}

func TestKinds(t *testing.T) {
	const at = 0x401000
	for _, c := range []struct {
		code   string
		kinds  string
		target guest.Addr // 0 for none
		mem    guest.Addr // 0 for none
	}{
		{"e8 fb 00 00 00", "call", 0x401100, 0},
		{"67 e8 fa 00 00 00", "call", 0x401100, 0},
		{"e8 fb ff ff ff", "call", 0x401000, 0},
		{"ff 15 fa 0f 00 00", "call", 0, 0x402000},
		{"ff d0", "call", 0, 0},
		{"c3", "ret", 0, 0},
		{"f3 c3", "ret", 0, 0},
		{"c2 08 00", "ret", 0, 0},
		{"cb", "", 0, 0},
		{"eb fe", "jump", 0x401000, 0},
		{"e9 fb ff ff ff", "jump", 0x401000, 0},
		{"ff e0", "jump", 0, 0},
		{"3e ff e0", "jump", 0, 0},
		{"74 0e", "jump cond", 0x401010, 0},
		{"0f 84 fa 00 00 00", "jump cond", 0x401100, 0},
		{"e3 0e", "jump cond", 0x401010, 0},
		{"e2 0e", "jump cond", 0x401010, 0},
		{"c7 f8 00 00 00 00", "", 0, 0}, // xbegin has a target, but goes on
		{"f3 a4", "rep", 0, 0},
		{"f3 48 ab", "rep", 0, 0},
		{"f2 ae", "rep", 0, 0},
		{"a4", "", 0, 0},
		{"f2 0f 10 00", "", 0, 0}, // movsd of SSE2
		{"f3 0f b8 c0", "", 0, 0}, // popcnt
		{"48 8d 05 f9 0f 00 00", "", 0, 0x402000},
		{"67 8d 05 f9 0f 00 00", "", 0, 0x402000},
		{"64 48 8b 05 f8 0f 00 00", "", 0, 0}, // a thread's own variable
		{"c5 fe 6f 05 f8 0f 00 00", "vex", 0, 0x402000},
		{"62 f1 fe 48 6f 05 f6 0f 00 00", "vex", 0, 0x402000},
		{"64 c5 fa 6f 00", "vex", 0, 0},
		{"c5 f8 77", "vex", 0, 0},
		{"66 0f 38 f6 05 f7 0f 00 00", "", 0, 0x402000},
	} {
		code, err := hex.DecodeString(strings.ReplaceAll(c.code, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		in, err := Decode(code, at)
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		var kinds []string
		for _, k := range []struct {
			name string
			is   bool
		}{
			{"call", in.IsCall()},
			{"ret", in.IsRet()},
			{"jump", in.IsJump()},
			{"cond", in.IsCondJump()},
			{"rep", in.IsRepString()},
			{"vex", in.IsVEX()},
		} {
			if k.is {
				kinds = append(kinds, k.name)
			}
		}
		if got := strings.Join(kinds, " "); got != c.kinds {
			t.Errorf("%s (%s): kinds %q, want %q", c.code, in, got, c.kinds)
		}
		if got, _ := in.DirectTarget(); got != c.target {
			t.Errorf("%s (%s): target %s, want %s", c.code, in, got, c.target)
		}
		if got, _ := in.MemTarget(); got != c.mem {
			t.Errorf("%s (%s): memory %s, want %s", c.code, in, got, c.mem)
		}
		if in.IsVEX() != IsVEX(code) {
			t.Errorf("%s (%s): by its bytes VEX is %v", c.code, in, IsVEX(code))
		}
		if c.mem != 0 {
			checkPCRel(t, in, code)
		}
	}
}

// checkPCRel checks that the place of the displacement is right: 1 more there
// is 1 more in the address.
func checkPCRel(t *testing.T, in Inst, code []byte) {
	t.Helper()
	if in.PCRel != 4 || in.PCRelOff+4 > len(code) {
		t.Errorf("%s: displacement of %d bytes at %d", in, in.PCRel, in.PCRelOff)
		return
	}
	code[in.PCRelOff]++
	next, err := Decode(code, in.Addr)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := in.MemTarget()
	if b, _ := next.MemTarget(); b != a+1 {
		t.Errorf("%s: the displacement is not at %d", in, in.PCRelOff)
	}
}

func TestIsVEXByBytes(t *testing.T) {
	for _, c := range []struct {
		code string
		want bool
	}{
		{"\x8f\xe8\x78\xc2\xc0\x07", true},  // XOP: vprotd
		{"\xc4\xe3\xf9\x6b\xc9\x20", true},  // FMA4
		{"\x64\x67\xc5\xfa\x6f\x00", true},  // behind prefixes
		{"\x8f\xc0", false},                 // pop rax
		{"\x8f", false},                     // cut off
		{"\x48\xc5\xfa\x6f\x00", false},     // REX before VEX is no VEX
		{"\x66\x66\x66\x66\x66\x66", false}, // prefixes only
		{"", false},
	} {
		if got := IsVEX([]byte(c.code)); got != c.want {
			t.Errorf("% x: %v", c.code, got)
		}
	}
}

func TestText(t *testing.T) {
	names := func(a guest.Addr) (string, guest.Addr) {
		if a >= 0x402000 && a < 0x402010 {
			return "f", 0x402000
		}
		return "", 0
	}
	for _, c := range []struct{ code, want string }{
		{"\xe8\xfb\x0f\x00\x00", "call 0x402000 <f>"},
		{"\x0f\x84\x02\x10\x00\x00", "jz 0x402008 <f+0x8>"},
		{"\xeb\x00", "jmp 0x401002"},
		{"\xff\x15\x02\x10\x00\x00", "call qword ptr [rip+0x1002] # 0x402008 <f+0x8>"},
		{"\xf3\x0f\x38\xf6\x05\xf7\x0f\x00\x00", "adox eax, dword ptr [rip+0xff7] # 0x402000 <f>"},
	} {
		in, err := Decode([]byte(c.code), 0x401000)
		if got := in.Text(names); err != nil || got != c.want {
			t.Errorf("% x: got %q, %v, want %q", c.code, got, err, c.want)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	code := []byte{0x66, 0xe8, 1, 2, 3, 4}
	in, err := Decode(code, 0x401234)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrAmbiguous) || in != (Inst{}) {
		t.Fatalf("got %v, %v", in, err)
	}
	if want := "0x401234: near branch with an operand-size prefix, on which processors disagree: 66 e8 01 02 03 04"; e.Error() != want {
		t.Errorf("got %q, want %q", e, want)
	}
	code[0] = 0
	if e.Bytes[0] != 0x66 {
		t.Error("the error shares the caller's bytes")
	}
}

func TestOwnOperationsAreNoneOfX86asm(t *testing.T) {
	for op := ENDBR64; op < lastOp; op++ {
		if !strings.HasPrefix(op.String(), "Op(") {
			t.Errorf("%d is %s in x86asm", op, op)
		}
		if opNames[op-ENDBR64] == "" {
			t.Errorf("%d has no name", op)
		}
	}
	if got := x86asm.Op(lastOp).String(); !strings.HasPrefix(got, "Op(") {
		t.Error(got)
	}
}
