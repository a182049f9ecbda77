package unicorn

import (
	"testing"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"

	"patchlab/emu/cpu/cputest"
)

func Benchmark(b *testing.B) { cputest.Benchmark(b, New, bare) }

// BenchmarkEngine is what the library takes to open an engine, which it does at the
// first use.
func BenchmarkEngine(b *testing.B) {
	for b.Loop() {
		u, err := uc.NewUnicorn(uc.ARCH_X86, uc.MODE_64)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := u.RegRead(uc.X86_REG_RAX); err != nil {
			b.Fatal(err)
		}
		if err := u.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
