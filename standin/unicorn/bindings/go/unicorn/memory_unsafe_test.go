package unicorn

import (
	"syscall"
	"testing"
	"unsafe"
)

// TestMemMapPtr shares a host page with the guest in both directions.
func TestMemMapPtr(t *testing.T) {
	page, err := syscall.Mmap(-1, 0, 0x1000, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	must(t, err)
	defer syscall.Munmap(page)
	code := []byte{0x8a, 0x03, 0xfe, 0xc0, 0x88, 0x43, 0x01} // mov al, [rbx]; inc al; mov [rbx+1], al
	u := open(t, code...)
	must(t, u.MemMapPtr(unmapped, 0x1000, PROT_READ|PROT_WRITE, unsafe.Pointer(&page[0])))
	page[0] = 41
	must(t, u.RegWrite(X86_REG_RBX, unmapped))
	must(t, u.Start(base, base+uint64(len(code))))
	if page[1] != 42 {
		t.Errorf("the guest wrote %d, want 42", page[1])
	}
	must(t, u.Close())
}
