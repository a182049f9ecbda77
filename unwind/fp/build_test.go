package fp

import (
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/guest"
)

// build compiles and links one source, ".c" or ".S", and returns its functions. A
// symbol "f_site" with a size is the patch site of f.
func build(t testing.TB, ext, source string, flags ...string) []Text {
	t.Helper()
	dir := t.TempDir()
	src, out := filepath.Join(dir, "a"+ext), filepath.Join(dir, "a")
	if err := os.WriteFile(src, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	args := append([]string{
		"-nostdlib", "-static", "-ffreestanding", "-fno-pic", "-no-pie", "-mno-red-zone", "-fno-stack-protector",
		"-Wl,-Ttext=0x800000,-e,0,--build-id=none", "-o", out,
	}, flags...)
	if msg, err := exec.Command("gcc", append(args, src)...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, msg)
	}
	return texts(t, out)
}

// texts reads the functions of an ELF file.
func texts(t testing.TB, file string) []Text {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	sites := map[string]guest.Range{}
	var list []Text
	for _, s := range syms {
		r := guest.RangeOf(guest.Addr(s.Value), s.Size)
		if of, ok := strings.CutSuffix(s.Name, "_site"); ok {
			sites[of] = r
		} else if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size > 0 {
			list = append(list, Text{Name: s.Name, Range: r, Code: code(t, f, s), Part: strings.Contains(s.Name, ".cold")})
		}
	}
	for i := range list {
		list[i].Site = sites[list[i].Name]
	}
	return list
}

// code returns the bytes of a function.
func code(t testing.TB, f *elf.File, s elf.Symbol) []byte {
	t.Helper()
	sec := f.Sections[s.Section]
	b := make([]byte, s.Size)
	if _, err := sec.ReadAt(b, int64(s.Value-sec.Addr)); err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return b
}

// verdicts analyses and returns why each function keeps no frames, "" if it does.
func verdicts(t testing.TB, list []Text) map[string]string {
	t.Helper()
	funcs, err := Analyse(list)
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for i, f := range funcs {
		if f.Frames != (f.Why == "") {
			t.Errorf("%s: keeps frames %v, why not: %q", f.Name, f.Frames, f.Why)
		}
		if i > 0 && funcs[i-1].Range.Start >= f.Range.Start {
			t.Errorf("%s does not come behind %s", f.Name, funcs[i-1].Name)
		}
		why[f.Name] = f.Why
	}
	return why
}

func readFile(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
