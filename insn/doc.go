// Package insn reads single x86-64 instructions.
//
// It stands on golang.org/x/arch/x86/x86asm and mends what that decoder gets
// wrong for code that compilers emit: vzeroupper and vzeroall of the wrong
// length, RIP-relative operands of VEX instructions, segment prefixes before
// VEX, and the instructions that it does not know (endbr64, adcx, rdssp, ...;
// see the constants). What cannot be read is an error, never a lone prefix.
//
// Whoever walks a function asks one instruction after the other:
//
//	for at := fn.Start; at < fn.End; {
//		in, err := insn.Decode(code[at-fn.Start:], at)
//		if err != nil {
//			return err // names the address and the bytes
//		}
//		if target, ok := in.DirectTarget(); ok && in.IsCall() {
//			// ...
//		}
//		at = in.End()
//	}
//
// The package keeps no state and is safe for concurrent use.
package insn
