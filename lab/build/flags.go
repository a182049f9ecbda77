package build

import "slices"

// commonFlags are the flags of every source.
var commonFlags = []string{
	"-O2",                                // what is patched in earnest is optimized code
	"-std=gnu11",                         // the kernel's dialect
	"-ffreestanding",                     // no C library: names like memcpy mean nothing to the compiler
	"-nostdinc",                          // no header of the host, whose content the cache does not know
	"-fno-pie",                           // everything lies below 2 GiB at fixed addresses
	"-fno-common",                        // a variable is defined where it is defined, as in the kernel
	"-fno-ident",                         // no .comment
	"-fno-jump-tables",                   // a switch in a __user function must not read kernel data; the kernel has none either
	"-fno-tree-loop-distribute-patterns", // a loop stays one: no call of memset takes its place
	"-fno-strict-aliasing",               // the kernel's dialect
	"-fno-stack-protector",               // some distributions switch it on; it reads %gs:40
	"-fno-stack-clash-protection",        // likewise; probes below rsp
	"-fcf-protection=none",               // likewise; endbr64 only where a scenario asks for it
	"-fno-asynchronous-unwind-tables",    // nobody reads .eh_frame of a kernel
	"-fno-omit-frame-pointer",            // stacks are walked by frame pointers
	"-mno-omit-leaf-frame-pointer",       // through leaves as well
	"-g1", "-gdwarf-4",                   // source lines, for messages of linker (binutils misreads those of DWARF 5) and guest
	"-gno-record-gcc-switches",              // in debugging information too nothing but the source counts
	"-fdiagnostics-color=never",             // messages for one line each
	"-fno-diagnostics-show-caret",           //
	"-fmax-errors=10",                       //
	"-Werror=implicit-function-declaration", // mistakes in every program; other warnings nobody sees
	"-Werror=implicit-int",
	"-Werror=int-conversion",
	"-Werror=incompatible-pointer-types",
	"-Werror=return-type",
}

// kernelFlags are the further flags of the kernel part and of patches.
var kernelFlags = []string{
	"-pg", "-mfentry", // a patch site at every function's entry
	"-mno-red-zone",                      // an interrupt's frame is pushed right below rsp
	"-mgeneral-regs-only",                // entries save general registers only
	"-mpreferred-stack-boundary=3",       // a kernel stack is aligned to 8 bytes, no more
	"-fno-optimize-sibling-calls",        // what a kernel with frame pointers is built with: no caller vanishes in a tail call
	"-flive-patching=inline-only-static", // a global function is never inlined, cloned or looked into, so replacing it reaches every caller
}

// processFlags are the flags of every source of a program of user style and of its patches.
var processFlags = []string{
	"-O2", "-std=gnu11",
	"-pg", "-mfentry", // a patch site at every function's entry
	"-mno-avx",                           // the machine does not execute it
	"-fno-pie",                           // direct calls
	"-fno-jump-tables",                   // frames are followed along jumps
	"-fno-strict-aliasing",               //
	"-fno-stack-protector",               // some distributions switch it on
	"-fno-stack-clash-protection",        // likewise
	"-fcf-protection=none",               // likewise
	"-fno-omit-frame-pointer",            // stacks are walked by frame pointers
	"-mno-omit-leaf-frame-pointer",       // through leaves as well
	"-fno-optimize-sibling-calls",        // no caller vanishes in a tail call
	"-flive-patching=inline-only-static", // replacing a global function reaches every caller
	"-g1", "-gdwarf-4", "-gno-record-gcc-switches",
	"-fdiagnostics-color=never", "-fno-diagnostics-show-caret", "-fmax-errors=10",
	"-Werror=implicit-function-declaration",
	"-Werror=implicit-int",
	"-Werror=int-conversion",
	"-Werror=incompatible-pointer-types",
	"-Werror=return-type",
}

// processLinkFlags are the flags that link a program of user style. Without -pg the C library
// starts no profile.
var processLinkFlags = []string{"-static", "-no-pie", "-pthread", "-Wl,--build-id=none", "-Wl,-z,noexecstack"}

// linkFlags are the flags that link a program.
var linkFlags = []string{
	"-static", "-no-pie", "-nostdlib",
	"-Wl,--build-id=none",         // the digest of a program is the image's business
	"-Wl,-z,max-page-size=4096",   // no holes in the file
	"-Wl,-z,noexecstack",          //
	"-Wl,--orphan-handling=error", // a section that the layout does not know is a mistake
}

// joinFlags are the flags that join the objects of a patch.
var joinFlags = []string{"-r", "-no-pie", "-nostdlib", "-Wl,--build-id=none"}

// partFlags returns the flags of a source of the given part, without its own.
func partFlags(user bool) []string {
	if user {
		return commonFlags
	}
	return slices.Concat(commonFlags, kernelFlags)
}
