package insn

import (
	"bufio"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLengthsAgreeWithObjdump reads the text of a program of this machine and
// holds every length against GNU objdump's. Only FMA4, which one maker of
// processors had for a few years, may be refused.
func TestLengthsAgreeWithObjdump(t *testing.T) {
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		t.Skip("no objdump on this machine: ", err)
	}
	for _, file := range []string{"/bin/bash", "/lib/x86_64-linux-gnu/libm.so.6"} {
		t.Run(file, func(t *testing.T) {
			if _, err := os.Stat(file); err != nil {
				t.Skip(err)
			}
			cmd := exec.Command(objdump, "-d", "-w", "--insn-width=16", "-j", ".text", file)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			read := compareLengths(t, bufio.NewScanner(out))
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d instructions", read)
			if read < 10_000 {
				t.Errorf("only %d instructions", read)
			}
		})
	}
}

func compareLengths(t *testing.T, out *bufio.Scanner) (read int) {
	for out.Scan() {
		// address:\tbytes\tmnemonic operands
		col := strings.Split(out.Text(), "\t")
		if len(col) < 3 || strings.Contains(col[2], "(bad)") {
			continue
		}
		code, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(col[1]), " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", out.Text(), err)
		}
		if code[0] == 0x9b && len(code) > 1 {
			continue // objdump takes fwait and what follows as one
		}
		read++
		in, err := Decode(append(code[:len(code):len(code)], 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc), 0)
		switch {
		case err != nil && fma4(col[2]):
		case err != nil:
			t.Errorf("%s: %v", out.Text(), err)
		case in.Len != len(code):
			t.Errorf("%s: read %s of length %d", out.Text(), in, in.Len)
		}
	}
	return read
}

// fma4 reports whether the text is that of an FMA4 instruction: a fused multiply
// of four operands.
func fma4(text string) bool {
	return (strings.HasPrefix(text, "vfm") || strings.HasPrefix(text, "vfnm")) && strings.Count(text, "%xmm")+strings.Count(text, "(") == 4
}
