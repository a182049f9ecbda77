package image

import (
	"encoding/binary"
	"testing"
)

// TestDebugOfModule wants debugging information to have the addresses of the linked module, and
// offsets into other sections of its own kind.
func TestDebugOfModule(t *testing.T) {
	const text = `
	.text
SYM_FUNC_START(fn)
	ret
SYM_FUNC_END(fn)
	.section .debug_str, "MS", @progbits, 1
	.asciz "one"
two:	.asciz "two"
	.section .debug_info
	.quad fn
	.long two
	.long unknown
`
	m := link(t, object(t, text), outside)
	b := m.Debug()[".debug_info"]
	if len(b) != 16 {
		t.Fatalf("%d bytes", len(b))
	}
	le := binary.LittleEndian
	if got, want := le.Uint64(b), uint64(m.ByName("fn")[0].Addr); got != want {
		t.Errorf("fn is at %#x, want %#x", got, want)
	}
	if got := le.Uint32(b[8:]); got != 4 {
		t.Errorf("a string at %#x of its section, want 4", got)
	}
	if got := le.Uint32(b[12:]); got != 0 {
		t.Errorf("what is undefined lies at %#x", got)
	}
}
