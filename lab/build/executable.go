package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Executable compiles and links an ordinary program from one source by the command cc, a
// gcc or g++, with the host's C library. It is kept as what [Builder.Program] returns is;
// the host's headers and libraries are taken not to change while the compiler does not.
//
// The error has what the compiler printed, or is [ErrNoCompiler], or one of the file system.
func (b *Builder) Executable(cc, name, source string, flags ...string) ([]byte, error) {
	id, err := compilerID(cc)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, part := range append([]string{cacheFormat, "executable", id, name, source}, flags...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	key := hex.EncodeToString(h.Sum(nil))
	if result := load(b.cacheDir(), key); result != nil {
		return result, nil
	}
	dir, err := os.MkdirTemp("", "patchlab-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o666); err != nil {
		return nil, err
	}
	out, err := run(dir, cc, append(append([]string{name}, flags...), "-o", "result")...)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w\n%s", name, cc, err, out)
	}
	result, err := os.ReadFile(filepath.Join(dir, "result"))
	if err == nil {
		save(b.cacheDir(), key, result)
	}
	return result, err
}
