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
// That rests on what cannot be seen in the code:
//
//   - The text is the one that was analysed. Patch sites, which change, leave rbp
//     and rsp as they are in each of their forms.
//   - No store through a pointer, or to an indexed place, hits a saved rbp or a
//     return address. Stores at a constant distance from rsp or rbp are checked.
//   - A callee gives back rbp, rsp and what lies above it, as the ABI says (System V
//     ABI, AMD64 supplement, section 3.2.1).
//   - A jump out of the module, and one through a pointer with the stack as at the
//     entry, goes to the entry of a function: it is a tail call.
//   - A call with nothing behind it does not return.
package fp
