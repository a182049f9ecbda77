// Package include is the guest's side of kernel style: the headers, the support code and
// the linker script that every kernel-style program is built with ([Files]), and the
// numbers that program and machine share ([Services], [UserCalls], the gate range).
//
// The numbers stand twice, in guest/patchlab.h for the compiler and in numbers.go for the
// machine; a test holds the two together.
package include
