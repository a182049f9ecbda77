package prologue

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
	"patchlab/insn"
)

// The program that the rows of testdata are about.
const (
	start  guest.Addr = 0x401000
	fentry guest.Addr = 0x402000
)

var slots = map[guest.Addr]uint64{0x403000: uint64(fentry), 0x403008: 0x405000}

func program() Program {
	return Program{
		IsFentry: func(a guest.Addr) bool { return a == fentry },
		ReadAt: func(a guest.Addr, p []byte) error {
			v, ok := slots[a]
			if !ok || len(p) != 8 {
				return guest.ErrUnmapped
			}
			binary.LittleEndian.PutUint64(p, v)
			return nil
		},
	}
}

// row is a line of testdata.
type row struct {
	place      string // file:line
	code       []byte
	text, want string
}

func readRows(tb testing.TB, style Style) []row {
	tb.Helper()
	name := filepath.Join("testdata", style.Name()+".txt")
	content, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	var rows []row
	for i, line := range strings.Split(string(content), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		place := fmt.Sprintf("%s:%d", name, i+1)
		parts := strings.Split(line, " | ")
		if len(parts) != 3 {
			tb.Fatalf("%s: want three columns", place)
		}
		code, err := hex.DecodeString(strings.ReplaceAll(parts[0], " ", ""))
		if err != nil {
			tb.Fatalf("%s: %v", place, err)
		}
		rows = append(rows, row{place, code, parts[1], parts[2]})
	}
	return rows
}

// disassemble writes all of code, so that the text of a row is known to be its
// bytes.
func disassemble(code []byte, at guest.Addr) string {
	var out []string
	for len(code) > 0 {
		inst, err := insn.Decode(code, at)
		if err != nil {
			return strings.Join(append(out, "(bad)"), "; ")
		}
		out = append(out, inst.String())
		code, at = code[inst.Len:], inst.End()
	}
	return strings.Join(out, "; ")
}

func TestStyles(t *testing.T) {
	for _, style := range Styles {
		for _, r := range readRows(t, style) {
			t.Run(filepath.Base(r.place), func(t *testing.T) {
				if got := disassemble(r.code, start); got != r.text {
					t.Errorf("the bytes are %q, the row says %q", got, r.text)
				}
				s, err := style.Match(r.code, start, program())
				if got := answer(s, err); got != r.want {
					t.Errorf("got  %s\nwant %s", got, r.want)
				}
				checkContract(t, r.code, s, err)
			})
		}
	}
}

func answer(s Site, err error) string {
	if err != nil {
		return err.Error()
	}
	state := "call"
	if s.Prepared {
		state = "nop"
	}
	return fmt.Sprintf("+%d %d %s", s.At-start, s.Size, state)
}

// checkContract holds an answer of Match against what Style promises.
func checkContract(t *testing.T, code []byte, s Site, err error) {
	t.Helper()
	if err != nil {
		if e := new(NoMatchError); s != (Site{}) || !errors.As(err, &e) || e.Found == "" {
			t.Errorf("refused with site %+v and error %#v", s, err)
		}
		return
	}
	offset := int(s.At - start)
	if s.Style == nil || offset < 0 || offset+s.Size > len(code) || offset+s.Size > MaxCode {
		t.Fatalf("site %+v in %d bytes", s, len(code))
	}
	p := program()
	nop := s.Style.Nop(s)
	if inst, err := insn.Decode(nop, s.At); err != nil || inst.Op != x86asm.NOP || inst.Len != s.Size || len(nop) != s.Size {
		t.Errorf("nop % x: %v, %v", nop, inst, err)
	}
	if same := bytes.Equal(nop, code[offset:][:s.Size]); same != s.Prepared {
		t.Errorf("prepared %v, nop there %v", s.Prepared, same)
	}
	toFentry, err := s.Style.Call(s, fentry)
	if err != nil || len(toFentry) != s.Size {
		t.Fatalf("call % x, %v", toFentry, err)
	}
	prepared := s
	prepared.Prepared = true
	called := s
	called.Prepared = false
	for _, c := range []struct {
		bytes []byte
		want  Site
	}{{nop, prepared}, {toFentry, called}} {
		changed := bytes.Clone(code)
		copy(changed[offset:], c.bytes)
		if got, err := s.Style.Match(changed, start, p); err != nil || got != c.want {
			t.Errorf("after writing % x: %+v, %v", c.bytes, got, err)
		}
	}
}

func TestCallReach(t *testing.T) {
	for _, style := range Styles {
		for _, size := range []int{5, 6} {
			s := Site{Style: style, At: start, Size: size}
			after := guest.Addr(s.Return())
			for _, c := range []struct {
				target guest.Addr
				ok     bool
			}{
				{after + math.MaxInt32, true},
				{after + math.MaxInt32 + 1, false},
				{after - -math.MinInt32, true},
				{after - -math.MinInt32 - 1, false},
				{0x20000000, true},
			} {
				code, err := style.Call(s, c.target)
				if (err == nil) != c.ok || (code == nil) != (err != nil) {
					t.Errorf("%d bytes to %s: % x, %v", size, c.target, code, err)
				}
				if err != nil {
					if e := new(ReachError); !errors.Is(err, ErrReach) || !errors.As(err, &e) || e.Target != c.target {
						t.Errorf("%v is not an ErrReach", err)
					}
					continue
				}
				inst, err := insn.Decode(code, start)
				if err != nil || !inst.IsCall() || inst.Len != size {
					t.Fatalf("% x: %v, %v", code, inst, err)
				}
				if got, _ := inst.DirectTarget(); got != c.target {
					t.Errorf("% x calls %s, want %s", code, got, c.target)
				}
			}
		}
	}
}

func TestMatchReasons(t *testing.T) {
	for _, c := range []struct {
		code []byte
		want error
	}{
		{[]byte{0x55}, ErrNoSite},
		{nil, ErrNoSite},
		{[]byte{0xe8, 0, 0, 0, 0}, ErrNotFentry},
		{[]byte{0xff, 0x15, 0xfa, 0x2f, 0, 0}, guest.ErrUnmapped},
	} {
		if _, err := Match(c.code, start, program()); !errors.Is(err, c.want) {
			t.Errorf("% x: got %v, want %v", c.code, err, c.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, style := range Styles {
		for _, r := range readRows(f, style) {
			f.Add(r.code)
		}
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		s, err := Match(code, start, program())
		checkContract(t, code, s, err)
	})
}
