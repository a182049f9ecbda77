package insn

import (
	"errors"
	"testing"
)

// FuzzDecode holds Decode to its contract: an instruction whose length fits, or
// a typed error; bytes behind an instruction do not change it; and every method
// takes what Decode returns.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"\xe8\x00\x00\x00\x00", "\xf3\x0f\x1e\xfa", "\xc5\xf8\x77", "\x64\x67\xc5\xfa\x6f\x05\x01\x02\x03\x04",
		"\x66\x0f\x38\xf6\x05\x01\x02\x03\x04", "\xf0\x90", "\x66\xe9\x00\x00\x00\x00", "\x0f\x23\x87", "",
		"\x62\xf1\xfe\x48\x6f\x05\xf6\x0f\x00\x00", "\x8f\xe8\x78\xc2\xc0\x07", "\xf3\x48\xab", "\xc7\xf8\x00\x00\x00\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		in, err := Decode(code, 0x401000)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || in != (Inst{}) || e.Error() == "" {
				t.Fatalf("% x: %v, %v", code, in, err)
			}
			return
		}
		if in.Op == 0 || in.Len < 1 || in.Len > min(len(code), MaxLen) {
			t.Fatalf("% x: op %d, length %d", code, in.Op, in.Len)
		}
		if in.PCRel != 0 && in.PCRelOff+in.PCRel > in.Len {
			t.Fatalf("% x: displacement of %d bytes at %d of %d", code, in.PCRel, in.PCRelOff, in.Len)
		}
		if alone, err := Decode(code[:in.Len], 0x401000); err != nil || alone != in {
			t.Fatalf("% x: alone %v, %v", code[:in.Len], alone, err)
		}
		if in.String() == "" {
			t.Fatalf("% x: no text", code)
		}
		in.DirectTarget()
		if _, ok := in.MemTarget(); ok && in.PCRel != 4 {
			t.Fatalf("% x: %s: no place of the displacement", code, in)
		}
		if in.IsRepString() && (in.IsCall() || in.IsRet() || in.IsJump() || in.IsVEX()) {
			t.Fatalf("% x: %s is of two kinds", code, in)
		}
	})
}
