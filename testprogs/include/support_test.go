package include

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// memMain compares the memory functions of the support code with plain loops, for every
// length and offset up to 20. What the program links itself goes before the C library.
const memMain = `
#include <stdio.h>
void *memcpy(void *, const void *, unsigned long), *memmove(void *, const void *, unsigned long);
void *memset(void *, int, unsigned long);
int memcmp(const void *, const void *, unsigned long);
static unsigned char a[64], b[64];
static int sign(int x) { return (x > 0) - (x < 0); }
#define CHECK(x) if (!(x)) { printf("line %d: from %d to %d length %d\n", __LINE__, from, to, n); return 1; }
int main(void)
{
	for (int n = 0; n < 20; n++) for (int from = 0; from < 20; from++) for (int to = 0; to < 20; to++) {
		for (volatile int i = 0; i < 64; i++) a[i] = b[i] = i;
		CHECK(memmove(a + to, a + from, n) == a + to);
		for (volatile int i = 0; i < 64; i++) CHECK(a[i] == (i >= to && i < to + n ? b[i - to + from] : b[i]));
		CHECK(memcpy(a + to, b + from, n) == a + to);
		for (volatile int i = 0; i < n; i++) CHECK(a[to + i] == b[from + i]);
		int want = 0;
		for (volatile int i = 0; !want && i < n; i++) want = sign(b[from + i] - b[to + i]);
		CHECK(sign(memcmp(b + from, b + to, n)) == want);
		CHECK(memset(a + to, 0x1ff, n) == a + to);
		for (volatile int i = 0; i < n; i++) CHECK(a[to + i] == 0xff);
		CHECK(a[to + n] == to + n);
	}
	return 0;
}`

// TestMemoryFunctions runs the memory functions on the host.
func TestMemoryFunctions(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, Files()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(memMain), 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	run("gcc", "-O1", "-ffreestanding", "-I.", "-o", "main", "main.c", Support)
	run("./main")
}

func TestFilesAreFlat(t *testing.T) {
	names, err := fs.Glob(Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{LinkerScript, PatchHeader, Header, Support}
	if len(names) != len(want) {
		t.Fatalf("files %v, want %v", names, want)
	}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("file %s, want %s", names[i], want[i])
		}
	}
}
