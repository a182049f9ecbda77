package unicorn

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckVersion(t *testing.T) {
	tests := []struct {
		packed uint32
		text   string
		ok     bool
	}{
		{0x010003ff, "1.0.3", false},
		{0x010900ff, "1.9.0", false},
		{0x020001ff, "2.0.1", false},
		{0x020009ff, "2.0.9", false},
		{0x020100ff, "2.1.0", false},
		{0x02010103, "2.1.1-rc3", false},
		{0x020101ff, "2.1.1", true},
		{0x02010201, "2.1.2-rc1", true},
		{0x020104ff, "2.1.4", true},
		{0x020200ff, "2.2.0", true},
		{0x02ffffff, "2.255.255", true},
		{0x030000ff, "3.0.0", false},
		{0x030101ff, "3.1.1", false},
		{0, "0.0.0-rc0", false},
	}
	for _, tt := range tests {
		v := unpackVersion(tt.packed)
		if v.String() != tt.text {
			t.Errorf("%#x is %v, want %s", tt.packed, v, tt.text)
		}
		err := checkVersion(v)
		if (err == nil) != tt.ok {
			t.Errorf("%v: %v", v, err)
		}
		if err != nil && (!errors.Is(err, UcError(ERR_VERSION)) || strings.Contains(err.Error(), "\n") ||
			!strings.HasPrefix(err.Error(), "unicorn: found libunicorn "+tt.text+", need 2.1.1 or a newer 2.x: ")) {
			t.Errorf("%v: error %q", v, err)
		}
	}
}

// TestVersion looks at the installed library: NewUnicorn must agree with the
// rule, and Version with the library.
func TestVersion(t *testing.T) {
	found := libraryVersion()
	if major, minor := Version(); major != found.major || minor != found.minor {
		t.Errorf("Version() = %d, %d, the library is %v", major, minor, found)
	}
	u, err := NewUnicorn(ARCH_X86, MODE_64)
	if err != nil {
		t.Fatal(err)
	}
	u.Close()
	if found.older(version{API_MAJOR, API_MINOR, API_PATCH, API_EXTRA}) {
		t.Errorf("the library %v is older than the constants", found)
	}
}

// TestOldLibrary runs itself with a library in front whose only function is
// uc_version, and which says that it is 2.0.1.
func TestOldLibrary(t *testing.T) {
	const asked = "UNICORN_TEST_OLD_LIBRARY"
	if os.Getenv(asked) != "" {
		u, err := NewUnicorn(ARCH_X86, MODE_64)
		fmt.Println("engine", u, "error", err)
		return
	}
	source := filepath.Join(t.TempDir(), "old.c")
	library := strings.TrimSuffix(source, "c") + "so"
	const text = "unsigned uc_version(unsigned *a, unsigned *b) { (void)a; (void)b; return 0x020001ff; }\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestOldLibrary$")
	cmd.Env = append(os.Environ(), asked+"=1", "LD_PRELOAD="+library)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = "engine <nil> error unicorn: found libunicorn 2.0.1, need 2.1.1 or a newer 2.x: "
	if !strings.HasPrefix(string(out), want) {
		t.Errorf("printed %q, want it to begin with %q", out, want)
	}
}
