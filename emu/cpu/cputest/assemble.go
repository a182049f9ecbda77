package cputest

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"patchlab/guest"
)

// code is assembled text.
type code struct {
	bytes  []byte
	labels map[string]guest.Addr
}

// assembled holds what was assembled before in this process.
var assembled = struct {
	mu sync.Mutex
	of map[string]*code
}{of: map[string]*code{}}

// assemble returns the machine code of text, in the assembler's Intel syntax, for
// address base. Text may use the symbols of the address map (see prelude).
func assemble(t testing.TB, base guest.Addr, text string) *code {
	t.Helper()
	key := fmt.Sprintf("%s %s", base, text)
	assembled.mu.Lock()
	defer assembled.mu.Unlock()
	if c := assembled.of[key]; c != nil {
		return c
	}
	c, err := assembleIn(t.TempDir(), base, prelude()+text+"\n")
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	assembled.of[key] = c
	return c
}

// prelude names the addresses of the map.
func prelude() string {
	return fmt.Sprintf(".intel_syntax noprefix\n.text\n.equ TEXT, %d\n.equ DATA, %d\n.equ CONST, %d\n.equ UTEXT, %d\n"+
		".equ UDATA, %d\n.equ STUB, %d\n.equ UNTIL, %d\n.equ NOWHERE, %d\n",
		textBase, dataBase, constBase, userTextBase, userDataBase, arenaBase+stubEntry, until, nowhere)
}

func assembleIn(dir string, base guest.Addr, text string) (*code, error) {
	source, object, linked := filepath.Join(dir, "a.s"), filepath.Join(dir, "a.o"), filepath.Join(dir, "a.elf")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return nil, err
	}
	for _, args := range [][]string{
		{"as", "--64", "-o", object, source},
		{"ld", "-Ttext", base.String(), "-e", "0", "-o", linked, object},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", args[0], err, stderr.Bytes())
		}
	}
	return readCode(linked)
}

func readCode(path string) (*code, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &code{labels: map[string]guest.Addr{}}
	if c.bytes, err = f.Section(".text").Data(); err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	for _, s := range symbols {
		c.labels[s.Name] = guest.Addr(s.Value)
	}
	return c, err
}
