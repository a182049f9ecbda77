// Package heap measures the C heap, for tests that look for leaks.
package heap

// #include <malloc.h>
//
// static size_t in_use(void)
// {
//	struct mallinfo2 info = mallinfo2();
//	return info.uordblks + info.hblkhd;
// }
import "C"

// InUse returns the bytes that malloc has handed out and not got back, in all
// arenas of the process. It needs glibc 2.33 or newer.
func InUse() int64 {
	return int64(C.in_use())
}
