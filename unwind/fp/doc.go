// Package fp is the frame-pointer unwinder, with the rules of the kernel's own
// (arch/x86/kernel/unwind_frame.c and stacktrace.c): it follows the chain of
// frames from rbp upwards, accepts it only if it rises strictly on one stack to
// the frame at the stack's known end, and refuses a stack with the registers of
// an interrupted kernel function on it.
//
// A chain of frames says nothing of a function that has none, and misses its
// caller without a trace. The kernel leaves it to objtool to have no such
// function; here [Analyse] looks at the code that is loaded, and the walk refuses
// what it does not vouch for:
//
//	funcs, err := fp.Analyse(texts) // of the program, later of each module
//	...
//	err = codeMap.Add(funcs...)
//	u := fp.New(codeMap)
//
// # Why a complete walk misses nothing
//
// The task stands at a stop of a function that keeps frames, so rbp is the address
// of its frame {rbp of its caller, return address}. The return address lies behind
// a call of the caller; the caller keeps frames too, so what rbp was at that call,
// which is what the frame holds, is the address of the caller's frame. And so on
// to the end, which is known by its place. The stub stands in for the function
// whose site called it, which has no frame yet, by two frames of its own.
//
// That rests on three things. The text is the one that was analysed; patch sites,
// which change, leave rbp and rsp as they are in each of their forms. No store
// through a pointer hits a saved rbp or a return address; the stores that name
// the stack outright are checked. And every callee gives back rbp, as the ABI says
// (System V ABI, AMD64 supplement, section 3.2.1).
package fp
