package lab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/lab"
	"patchlab/lab/build"
	"patchlab/testprogs/include"
)

// patchFlagSets are ways of compiling a patch.
var patchFlagSets = []string{
	"-O0", "-O1", "-O2", "-Os", "-O3", "-fpie", "-fPIC", "-O0 -fPIC", "-fno-plt -fPIC", "-fcommon",
	"-mcmodel=medium", "-mcmodel=medium -fPIC", "-mcmodel=large", "-mcmodel=large -fPIC", "-mcmodel=large -fPIC -O0",
	"-ffunction-sections -fdata-sections", "-g", "-fasynchronous-unwind-tables", "-fcf-protection=branch",
	"-mrecord-mcount", "-mnop-mcount -mrecord-mcount",
}

// TestPatchFlags runs a program whose patch was compiled in many ways: it does the same in
// all of them.
func TestPatchFlags(t *testing.T) {
	program := sumsImage(t)
	for _, flags := range patchFlagSets {
		t.Run("gcc "+flags, func(t *testing.T) {
			src := source("sums_new.c", sumsPatch)
			src[0].Flags = strings.Fields(flags)
			b, err := new(build.Builder).Patch("sums_new", src)
			if err != nil {
				t.Fatal(err)
			}
			runSums(t, program, b)
		})
	}
	t.Run("clang", func(t *testing.T) {
		if _, err := exec.LookPath("clang"); err != nil {
			t.Skip("clang is not installed: its patches are not run")
		}
		for _, flags := range patchFlagSets {
			if !strings.Contains(flags, "mcount") { // clang has that for other processors only
				t.Run(flags, func(t *testing.T) { runSums(t, program, clangPatch(t, flags)) })
			}
		}
	})
}

// TestSiteFlags does so with a program that was compiled in the ways in which patch sites
// differ.
func TestSiteFlags(t *testing.T) {
	src := source("sums_new.c", sumsPatch)
	patch, err := new(build.Builder).Patch("sums_new", src)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags string
		site  int // its length
	}{
		{"-fno-pie", 5},
		{"-fpie", 6},
		{"-fPIC -fno-plt", 6},
		{"-fcf-protection=branch", 5},
		{"-mrecord-mcount", 5},
		{"-fpie -mrecord-mcount", 6},
		{"-mnop-mcount", 5},
		{"-mnop-mcount -mrecord-mcount", 5},
	} {
		t.Run(c.flags, func(t *testing.T) {
			program := sumsImage(t, strings.Fields(c.flags)...)
			if listed := strings.Contains(c.flags, "record"); listed != (len(program.Recorded) > 0) {
				t.Errorf("%d sites are recorded", len(program.Recorded))
			}
			l := runSums(t, program, patch)
			i, err := l.Sites.Find(program.ByName("sum")[0].Addr)
			if err != nil || l.Sites.Site(i).Size != c.site {
				t.Errorf("site %+v, %v, want %d bytes", l.Sites.Site(i), err, c.site)
			}
		})
	}
}

// TestWrongList wants a program to be refused whose compiler lists a site that is none.
func TestWrongList(t *testing.T) {
	program := sumsImage(t, "-mrecord-mcount")
	wrong := *program
	wrong.Recorded = append(slices.Clone(program.Recorded), program.ByName("sum")[0].Addr+5)
	_, err := lab.New(lab.Config{Program: &wrong})
	if err == nil || !strings.Contains(err.Error(), "program: __mcount_loc lists sum+5 at 0x") {
		t.Errorf("%v", err)
	}
}

// clangPatch compiles the patch with clang, for which the builder's flags are not.
func clangPatch(t *testing.T, flags string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, include.Files()); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(file("sums_new.c"), []byte(sumsPatch), 0o666); err != nil {
		t.Fatal(err)
	}
	const base = "-O2 -ffreestanding -nostdinc -fno-pie -mno-red-zone -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer " +
		"-mgeneral-regs-only -mstack-alignment=8 -fno-stack-protector -pg -mfentry -w "
	args := append(strings.Fields(base+flags), "-I", dir, "-c", "-o", file("out"), file("sums_new.c"))
	if out, err := exec.Command("clang", args...).CombinedOutput(); err != nil {
		t.Fatalf("clang %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	b, err := os.ReadFile(file("out"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
