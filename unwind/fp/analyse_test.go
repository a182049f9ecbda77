package fp

import (
	"strings"
	"testing"
)

const noCalls = "makes no calls, so no task stands in it or returns into it"

// functions is assembly, one row per function. The calls of g are direct ones to a
// function outside of the row. Where a row is there to see that a rule is kept, it
// fails when the rule is taken out, and says which.
var functions = []struct{ name, about, asm, want string }{
	// Frames as compilers build and drop them.
	{"plain", "pop", "push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"leaves", "leave", "push rbp; mov rbp,rsp; sub rsp,0x20; call g; leave; ret", ""},
	{"load_form", "the other encoding of mov", "push rbp; .byte 0x48,0x8b,0xec; call g; pop rbp; ret", ""},
	{"by_lea", "lea instead of mov", "push rbp; lea rbp,[rsp]; call g; lea rsp,[rbp]; pop rbp; ret", ""},
	{"marked", "endbr64 first", "endbr64; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"scheduled", "work between push and mov", "push rbp; lea rax,[rdi+1]; add rax,rsi; mov rbp,rsp; mov rdi,rax; call g; pop rbp; ret", ""},
	{"late_pop", "work between pop and ret", "push rbp; mov rbp,rsp; call g; pop rbp; lea rax,[rax+rax]; add rax,1; ret", ""},
	{"saved_regs", "pushes below the frame", "push rbp; mov rbp,rsp; push r15; push rbx; sub rsp,8; call g; add rsp,8; pop rbx; pop r15; pop rbp; ret", ""},
	{"by_offset", "rsp from rbp", "push rbp; mov rbp,rsp; push rbx; sub rsp,rdi; call g; lea rsp,[rbp-8]; pop rbx; pop rbp; ret", ""},
	{"restored", "mov rsp,rbp", "push rbp; mov rbp,rsp; and rsp,-64; call g; mov rsp,rbp; pop rbp; ret", ""},
	{"many_returns", "more than one way out", "push rbp; mov rbp,rsp; test rdi,rdi; je 1f; call g; pop rbp; ret; 1: call g; leave; ret", ""},
	{"shrunk", "the fast path has no frame and no calls", "test rdi,rdi; je 1f; push rbp; mov rbp,rsp; call g; pop rbp; 1: ret", ""},
	{"loops", "back to before the call", "push rbp; mov rbp,rsp; 1: call g; dec rdi; jnz 1b; pop rbp; ret", ""},
	{"counts", "loop and jrcxz are branches", "push rbp; mov rbp,rsp; jrcxz 2f; 1: call g; loop 1b; 2: pop rbp; ret", ""},
	{"rep_ret", "a return with a prefix", "push rbp; mov rbp,rsp; call g; pop rbp; rep ret", ""},
	{"flags", "pushfq and popfq", "push rbp; mov rbp,rsp; pushfq; call g; popfq; pop rbp; ret", ""},
	{"arguments", "pushed arguments", "push rbp; mov rbp,rsp; push rdi; push [rbp+8]; call g; add rsp,16; pop rbp; ret", ""},
	{"stores", "stores beside the frame", "push rbp; mov rbp,rsp; sub rsp,16; mov [rbp-8],rdi; mov [rsp],rsi; mov [rbp+16],rdi; cmp qword ptr [rbp+8],0; call g; leave; ret", ""},
	{"early_stores", "nothing is saved at rsp-8 yet", "mov [rsp-8],rdi; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{
		"realigned", "gcc's realignment, whose frame lies below a copy of the return address",
		"lea r10,[rsp+8]; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; push r10; sub rsp,40; call g; add rsp,40; pop r10; pop rbp; lea rsp,[r10-8]; ret", "",
	},
	{"service", "a system call is a place to stop", "push rbp; mov rbp,rsp; mov eax,0x2000; syscall; pop rbp; ret", ""},

	// Ends.
	{"tail", "a tail call behind the frame", "push rbp; mov rbp,rsp; call g; pop rbp; jmp g", ""},
	{"tail_if", "a conditional one", "push rbp; mov rbp,rsp; call g; pop rbp; test eax,eax; jne g; ret", ""},
	{"tail_pointer", "through a pointer", "push rbp; mov rbp,rsp; call g; pop rbp; jmp [rdi]", ""},
	{"never_returns", "a call at the end", "push rbp; mov rbp,rsp; call g", ""},
	{"never_padded", "padding behind it", "push rbp; mov rbp,rsp; call g; nop; .byte 0x66,0x90", ""},
	{"traps", "ud2 behind it", "push rbp; mov rbp,rsp; call g; ud2; int3", ""},
	{"trapped", "control does not go on behind a trap", "push rbp; mov rbp,rsp; call g; je 1f; pop rbp; ud2; 1: pop rbp; ret", ""},
	{"zeros", "the linker's fill", "push rbp; mov rbp,rsp; call g; pop rbp; ret; .zero 11", ""},

	// Without a frame.
	{"frameless", "rule: a call needs the frame", "sub rsp,8; call g; add rsp,8; ret", "calls at frameless+0x4 without a frame"},
	{"first", "rule: a call needs the frame", "call g; push rbp; mov rbp,rsp; call g; pop rbp; ret", "calls at first+0x0 without a frame"},
	{"between", "rule: the frame is complete with the mov", "push rbp; call g; mov rbp,rsp; call g; pop rbp; ret", "calls at between+0x1 without a frame"},
	{"behind", "rule: the frame is gone with the pop", "push rbp; mov rbp,rsp; call g; pop rbp; call g; ret", "calls at behind+0xa without a frame"},
	{"one_path", "rule: the frame is there on every path", "test rdi,rdi; je 1f; push rbp; mov rbp,rsp; call g; pop rbp; ret; 1: call g; ret", "calls at one_path+0x10 without a frame"},
	{"joined", "rule: paths that meet agree", "test rdi,rdi; je 1f; push rbp; mov rbp,rsp; 1: call g; ud2", "calls at joined+0x9 without a frame"},
	{"joined_late", "rule: whichever comes first", "push rbp; test rdi,rdi; je 2f; mov rbp,rsp; 1: call g; leave; ret; 2: jmp 1b", "calls at joined_late+0x9 without a frame"},
	{"saved_once", "rule: on what is saved", "test rdi,rdi; je 1f; push rbp; jmp 2f; 1: push rax; 2: mov rbp,rsp; call g; leave; ret", "calls at saved_once+0xc without a frame"},
	{"saved_late", "rule: whichever comes first", "test rdi,rdi; je 1f; push rax; jmp 2f; 1: push rbp; 2: mov rbp,rsp; call g; leave; ret", "calls at saved_late+0xc without a frame"},
	{"swapped", "rule: what is popped into rbp is what was saved", "push rax; pop rbp; push rbp; mov rbp,rsp; call g; leave; ret", "calls at swapped+0x6 without a frame"},
	{"indirectly", "rule: so does a call through a pointer", "sub rsp,8; call rdi; add rsp,8; ret", "calls at indirectly+0x4 without a frame"},
	{"unframed_service", "rule: a system call needs the frame", "mov eax,0x2000; syscall; ret", "makes a system call at unframed_service+0x5 without a frame"},
	{"wrong_order", "rule: the saved rbp is next to the return address", "push rbx; push rbp; mov rbp,rsp; call g; pop rbp; pop rbx; ret", "calls at wrong_order+0x5 without a frame"},
	{"wrong_save", "rule: it is rbp that is saved", "push rbx; mov rbp,rsp; call g; pop rbx; ret", "calls at wrong_save+0x4 without a frame"},
	{"wrong_rbp", "rule: rbp is the caller's when it is saved", "mov rbp,rdi; push rbp; mov rbp,rsp; call g; pop rbp; ret", "calls at wrong_rbp+0x7 without a frame"},
	{"wrong_place", "rule: rbp is where rbp was saved", "push rbp; lea rbp,[rsp-16]; call g; pop rbp; ret", "calls at wrong_place+0x6 without a frame"},
	{"half", "rule: a part of rbp is not rbp", "push rbp; mov ebp,esp; call g; pop rbp; ret", "calls at half+0x3 without a frame"},
	{"short_push", "rule: a push of two bytes is another one", "push bp; mov rbp,rsp; call g; pop bp; ret", "calls at short_push+0x5 without a frame"},
	{"entered", "enter is not followed", "enter 16,0; call g; leave; ret", "calls at entered+0x4 without a frame"},
	{"above", "rule: the frame does not lie below rsp", "push rbp; mov rbp,rsp; add rsp,8; call g; sub rsp,8; pop rbp; ret", "calls at above+0x8 without a frame"},
	{"above_all", "rule: nor when rsp is lost", "push rbp; mov rbp,rsp; add rsp,rdi; call g; leave; ret", "calls at above_all+0x7 without a frame"},
	{"raised_by_or", "rule: nor when it is computed in another way", "push rbp; mov rbp,rsp; or rsp,64; call g; leave; ret", "calls at raised_by_or+0x8 without a frame"},
	{"lost_lowered", "rule: nor when it is lowered from there", "push rbp; mov rbp,rsp; add rsp,rdi; sub rsp,64; call g; leave; ret", "calls at lost_lowered+0xb without a frame"},
	{"lost_pushed", "rule: what is pushed there may hit the frame", "push rbp; mov rbp,rsp; add rsp,rdi; push rax; lea rsp,[rbp-8]; call g; leave; ret", "calls at lost_pushed+0xc without a frame"},
	{"sunk", "rule: distances do not overflow", "push rbp; mov rbp,rsp; .rept 257; sub rsp,0xff0000; .endr; sub rsp,0x10000; call g; pop rbp; ret", "calls at sunk+0x712 without a frame"},
	{"sunk_fast", "rule: nor do large ones", "push rbp; mov rbp,rsp; sub rsp,0x7ffffff0; add rsp,-0x7ffffff0; sub rsp,0x20; call g; pop rbp; ret", "calls at sunk_fast+0x16 without a frame"},
	{"sunk_room", "rule: nor do those below room of unknown size", "push rbp; mov rbp,rsp; and rsp,-64; .rept 384; sub rsp,0xff0000; .endr; call g; leave; ret", "calls at sunk_room+0xa88 without a frame"},
	{"wrong_way", "rule: rbp is not the frame before it is made so", "push rbp; mov rsp,rbp; mov rbp,rsp; call g; leave; ret", "calls at wrong_way+0x7 without a frame"},
	{"raised", "rule: nor when rsp was above it before", "push rbp; mov rbp,rsp; lea r10,[rbp+16]; add rsp,8; and rsp,-32; call g; leave; ret", "calls at raised+0x10 without a frame"},
	{"either", "rule: nor on one of two paths", "push rbp; mov rbp,rsp; test rdi,rdi; je 1f; and rsp,-32; jmp 2f; 1: add rsp,rdi; 2: call g; leave; ret", "calls at either+0x12 without a frame"},
	{"arrays", "two paths with room of unlike size", "push rbp; mov rbp,rsp; test rdi,rdi; je 1f; and rsp,-32; 1: call g; leave; ret", ""},
	{"dipped", "rule: what was below rsp is lost", "push rbp; mov rbp,rsp; add rsp,8; sub rsp,8; call g; pop rbp; ret", "calls at dipped+0xc without a frame"},
	{"dipped_early", "rule: what was below rsp is lost", "push rbp; add rsp,8; sub rsp,8; mov rbp,rsp; call g; leave; ret", "calls at dipped_early+0xc without a frame"},
	{"unsaved", "rule: what was popped is not saved any more", "push rbp; pop rax; push rax; mov rbp,rsp; call g; pop rbp; ret", "calls at unsaved+0x6 without a frame"},
	{"no_copy", "rule: realignment copies the return address", "lea r10,[rsp+8]; and rsp,-32; push rbp; mov rbp,rsp; call g; leave; lea rsp,[r10-8]; ret", "calls at no_copy+0xd without a frame"},
	{"other_copy", "rule: and of nothing else", "lea r10,[rsp+8]; and rsp,-32; push [r10-16]; push rbp; mov rbp,rsp; call g; leave; lea rsp,[r10-8]; ret", "calls at other_copy+0x11 without a frame"},
	{
		"one_base", "rule: paths that realign do not agree with those that do not",
		"lea r10,[rsp+8]; test rdi,rdi; je 1f; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; jmp 2f; 1: push rbp; mov rbp,rsp; 2: call g; leave; lea rsp,[r10-8]; ret", "calls at one_base+0x1c without a frame",
	},
	{"some_base", "rule: r10 is the base on every path", "test rdi,rdi; je 1f; lea r10,[rsp+8]; 1: and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; lea rsp,[r10-8]; ret", "calls at some_base+0x16 without a frame"},
	{
		"one_base_again", "rule: nor do they once rsp is known again",
		"lea r10,[rsp+8]; test rdi,rdi; je 1f; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; jmp 2f; 1: push rbp; mov rbp,rsp; 2: lea rsp,[rbp-8]; call g; leave; lea rsp,[r10-8]; ret", "calls at one_base_again+0x20 without a frame",
	},
	{"some_base_late", "rule: whichever comes first", "test rdi,rdi; je 2f; lea r10,[rsp+8]; 1: and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; lea rsp,[r10-8]; ret; 2: jmp 1b", "calls at some_base_late+0x16 without a frame"},
	{"lost_base", "rule: the copy is of the return address", "lea r10,[rsp+8]; mov r10d,edi; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; ret", "calls at lost_base+0x14 without a frame"},
	{"off_base", "rule: the base is above the return address", "lea r10,[rsp+16]; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; ret", "calls at off_base+0x11 without a frame"},
	{"called_base", "rule: a call does not keep r10", "push rbp; mov rbp,rsp; lea r10,[rsp+16]; call g; pop rbp; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; ret", "calls at called_base+0x1b without a frame"},

	// rbp changed.
	{"overwritten", "rule: rbp is not written", "push rbp; mov rbp,rsp; mov rbp,rdi; call g; pop rbp; ret", "calls at overwritten+0x7 without a frame"},
	{"arithmetic", "rule: in no way", "push rbp; mov rbp,rsp; add rbp,8; call g; leave; ret", "calls at arithmetic+0x8 without a frame"},
	{"vex", "rule: not by the second result of a VEX instruction", "push rbp; mov rbp,rsp; mulx rax,rbp,rdi; call g; leave; ret", "calls at vex+0x9 without a frame"},
	{"reentered", "rule: not by enter", "push rbp; mov rbp,rsp; enter 16,0; call g; leave; leave; ret", "calls at reentered+0x8 without a frame"},
	{"by_index", "rule: rbp is a constant away from rsp", "push rbp; lea rbp,[rsp+rdi]; call g; leave; ret", "calls at by_index+0x5 without a frame"},
	{"by_half", "rule: esp is not rsp", "push rbp; lea rbp,[esp]; call g; leave; ret", "calls at by_half+0x6 without a frame"},
	{"one_byte", "rule: not in part", "push rbp; mov rbp,rsp; mov bpl,1; call g; pop rbp; ret", "calls at one_byte+0x7 without a frame"},
	{"exchanged", "rule: not as a second operand", "push rbp; mov rbp,rsp; xchg rdi,rbp; call g; pop rbp; ret", "calls at exchanged+0x7 without a frame"},
	{"popped", "rule: not by a pop of something else", "push rbp; mov rbp,rsp; push rdi; pop rbp; call g; pop rbp; ret", "calls at popped+0x6 without a frame"},
	{"clobbers", "rule: the caller finds its rbp", "push rbp; mov rbp,rsp; call g; pop rax; xor ebp,ebp; ret", "returns at clobbers+0xc with rbp or rsp changed"},
	{"clobbers_later", "rule: the caller finds its rbp", "push rbp; mov rbp,rsp; call g; pop rbp; mov rbp,rax; ret", "returns at clobbers_later+0xd with rbp or rsp changed"},
	{"keeps_frame", "rule: the frame is gone at the return", "push rbp; mov rbp,rsp; call g; ret", "returns at keeps_frame+0x9 with rbp or rsp changed"},
	{"left_realigned", "rule: rsp is back at the return", "lea r10,[rsp+8]; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; ret", "returns at left_realigned+0x17 with rbp or rsp changed"},
	{"short_push16", "rule: a push of two bytes moves rsp by two", "push rbp; mov rbp,rsp; call g; push ax; pop rcx; pop rbp; ret", "returns at short_push16+0xd with rbp or rsp changed"},
	{"short_pop16", "rule: so does a pop", "push rbp; mov rbp,rsp; call g; push rcx; pop ax; pop rbp; ret", "returns at short_pop16+0xd with rbp or rsp changed"},
	{"uneven", "rule: paths that meet agree on rsp", "push rbp; mov rbp,rsp; push rbx; test rdi,rdi; je 1f; push rcx; 1: call g; pop rbx; pop rbp; ret", "returns at uneven+0x12 with rbp or rsp changed"},
	{"left_over", "rule: rsp is back at the return", "push rbp; mov rbp,rsp; call g; leave; push rax; ret", "returns at left_over+0xb with rbp or rsp changed"},
	{"left_twice", "rule: leave needs the frame", "push rbp; mov rbp,rsp; call g; leave; leave; ret", "returns at left_twice+0xb with rbp or rsp changed"},
	{"lost_sp", "rule: pop rbp takes the saved rbp only where that is known to be", "push rbp; mov rbp,rsp; sub rsp,rdi; call g; pop rbp; ret", "returns at lost_sp+0xd with rbp or rsp changed"},
	{"tail_framed", "rule: the frame is gone at a tail call", "push rbp; mov rbp,rsp; call g; jmp g", "leaves by a jump at tail_framed+0x9 with rbp or rsp changed"},
	{
		"realigned_pop", "rule: paths that realign do not agree with those that do not",
		"lea r10,[rsp+8]; test rdi,rdi; je 1f; and rsp,-32; push [r10-8]; 1: push rbp; mov rbp,rsp; call g; leave; lea rsp,[r10-8]; ret", "calls at realigned_pop+0x16 without a frame",
	},

	// Stores to the frame.
	{"hits_rbp", "rule: no store to the saved rbp", "push rbp; mov rbp,rsp; mov [rbp],rdi; call g; pop rbp; ret", "may write to its frame at hits_rbp+0x4"},
	{"hits_ret", "rule: no store to the return address", "push rbp; mov rbp,rsp; mov [rbp+8],rdi; call g; pop rbp; ret", "may write to its frame at hits_ret+0x4"},
	{"hits_sp", "rule: nor by rsp", "push rbp; mov rbp,rsp; sub rsp,16; mov [rsp+24],rdi; call g; leave; ret", "may write to its frame at hits_sp+0x8"},
	{"hits_wide", "rule: nor by a wide store from below", "push rbp; mov rbp,rsp; sub rsp,16; movups [rbp-8],xmm0; call g; leave; ret", "may write to its frame at hits_wide+0x8"},
	{"hits_vector", "rule: nor in VEX encoding", "push rbp; mov rbp,rsp; sub rsp,32; vmovups [rbp-16],ymm0; call g; leave; ret", "may write to its frame at hits_vector+0x8"},
	{"hits_early", "rule: nor before the frame", "mov [rsp],rdi; push rbp; mov rbp,rsp; call g; pop rbp; ret", "may write to its frame at hits_early+0x0"},
	{"hits_room", "rule: nor by rsp above room of unknown size", "push rbp; mov rbp,rsp; sub rsp,16; and rsp,-64; mov [rsp+9],rdi; call g; leave; ret", "may write to its frame at hits_room+0xc"},
	{"in_room", "a store in that room", "push rbp; mov rbp,rsp; sub rsp,16; and rsp,-64; mov [rsp+8],rdi; call g; leave; ret", ""},
	{"hits_lost", "rule: nor by rsp that is lost", "push rbp; mov rbp,rsp; add rsp,rdi; mov [rsp-64],rdi; leave; jmp g", "may write to its frame at hits_lost+0x7"},
	{"hits_byte", "rule: nor in part", "push rbp; mov rbp,rsp; mov byte ptr [rbp+15],1; call g; pop rbp; ret", "may write to its frame at hits_byte+0x4"},
	{"hits_not", "a store of the byte above", "push rbp; mov rbp,rsp; mov byte ptr [rbp+16],1; mov byte ptr [rbp-1],1; call g; pop rbp; ret", ""},
	{"hits_pop", "rule: nor by pop", "push rbp; mov rbp,rsp; push rdi; pop [rbp+8]; call g; pop rbp; ret", "may write to its frame at hits_pop+0x5"},
	{"hits_pop_sp", "rule: nor by pop, which moves rsp first", "push rbp; mov rbp,rsp; push rdi; pop [rsp]; call g; pop rbp; ret", "may write to its frame at hits_pop_sp+0x5"},
	{"hits_area", "rule: nor by an instruction whose size x86asm does not say", "push rbp; mov rbp,rsp; xsaves [rbp-64]; call g; pop rbp; ret", "may write to its frame at hits_area+0x4"},
	{"indexed", "an address with an index is a pointer like any other", "push rbp; mov rbp,rsp; mov [rbp+rdi+8],rsi; call g; pop rbp; ret", ""},
	{"hits_xchg", "rule: nor as a second operand", "push rbp; mov rbp,rsp; xchg rdi,[rbp+8]; call g; pop rbp; ret", "may write to its frame at hits_xchg+0x4"},

	// What cannot be followed.
	{"table", "rule: a jump through a table is not followed", "push rbp; mov rbp,rsp; jmp [rdi*8+1f]; 2: call g; pop rbp; ret; 1: .quad 2b", "jumps at table+0x4 to where it cannot be followed"},
	{"early_table", "rule: code that no path comes to may be a table's", "jmp [rdi*8+1f]; 2: push rbp; mov rbp,rsp; call g; pop rbp; ret; 1: .quad 2b", "no path found to early_table+0x7"},
	{
		"realigned_table", "rule: with rsp unknown a jump is not taken for a tail call",
		"lea r10,[rsp+8]; and rsp,-32; push [r10-8]; push rbp; mov rbp,rsp; call g; leave; lea rsp,[r10-8]; jmp rax", "jumps at realigned_table+0x1b to where it cannot be followed",
	},
	{"unreached", "rule: code that no path comes to", "push rbp; mov rbp,rsp; call g; pop rbp; ret; xor eax,eax; ret", "no path found to unreached+0xb"},
	{"dead_call", "rule: even behind padding", "push rbp; mov rbp,rsp; call g; pop rbp; ret; nop; call g; ret", "no path found to dead_call+0xc"},
	{"unreadable", "rule: bytes that are no instruction", "push rbp; mov rbp,rsp; call g; .byte 0x06; pop rbp; ret", "unreadable at unreadable+0x9"},
	{"truncated", "rule: an instruction that is cut off", "push rbp; mov rbp,rsp; call g; pop rbp; .byte 0x48", "unreadable at truncated+0xa"},
	{"middle", "rule: no jump into an instruction", "push rbp; mov rbp,rsp; call g; jne .-1; pop rbp; ret", "jumps into the middle of an instruction at middle+0x8"},
	{"overlap", "rule: no instruction over another one", "push rbp; mov rbp,rsp; jmp 1f+1; 1: .byte 0xe8; nop; nop; jmp 1b; pop rbp; ret", "instructions overlap at overlap+0x6"},
	{"inside", "rule: no jump into another function", "push rbp; mov rbp,rsp; call g; pop rbp; jmp plain+1", "jumps at inside+0xa into the middle of plain"},
	{"runs_out", "rule: control does not run on into what follows", "push rbp; mov rbp,rsp; call g; pop rbp", "runs out of its text at runs_out+0x9"},
	{"runs_out_beside", "rule: nor over the call that does not return", "push rbp; mov rbp,rsp; je 1f; call g; 1: nop", "runs out of its text at runs_out_beside+0xb"},
	{"runs_out_late", "rule: whichever comes first", "push rbp; mov rbp,rsp; jmp 2f; 3: jmp 1f; 2: je 3b; call g; 1: nop", "runs out of its text at runs_out_late+0xf"},
	{"runs_out_if", "rule: nor when a jump is not taken", "push rbp; mov rbp,rsp; call g; pop rbp; jne g", "runs out of its text at runs_out_if+0xa"},
	{"get_pc", "rule: a call of the next instruction is none", "push rbp; mov rbp,rsp; call 1f; 1: pop rax; call g; pop rbp; ret", "calls the next instruction at get_pc+0x4"},
	{"interrupts", "rule: int is not followed", "push rbp; mov rbp,rsp; call g; int 0x80; pop rbp; ret", "leaves by int at interrupts+0x9"},
	{"iret", "rule: a return to another mode", "push rbp; mov rbp,rsp; call g; iretq", "leaves by iretq at iret+0x9"},
	{"far_ret", "rule: a far return", "push rbp; mov rbp,rsp; call g; pop rbp; retfq", "leaves by lret at far_ret+0xa"},
	{"sp_swap", "rule: another stack", "push rbp; mov rbp,rsp; xchg rsp,rdi; call g; xchg rsp,rdi; pop rbp; ret", "calls at sp_swap+0x7 without a frame"},
	{"ret_lost", "rule: the return address is not taken off", "pop rax; push rax; push rbp; mov rbp,rsp; call g; pop rbp; ret", "calls at ret_lost+0x6 without a frame"},

	// Neither.
	{"bare", "a leaf", "lea eax,[rdi+rdi]; ret", noCalls},
	{"bare_frame", "a leaf with a frame", "push rbp; mov rbp,rsp; pop rbp; ret", noCalls},
	{"bare_jump", "a tail call only", "jmp g", noCalls},

	// Patch sites: a call without a frame, in each form, is none.
	{"site_call", "e8", "SITE site_call .byte 0xe8,0,0,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_nop", "the nop in its place", "SITE site_nop .byte 0x0f,0x1f,0x44,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_call6", "67 e8", "SITE site_call6 .byte 0x67,0xe8,0,0,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_nop6", "its nop", "SITE site_nop6 .byte 0x66,0x0f,0x1f,0x44,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_got", "ff 15", "SITE site_got .byte 0xff,0x15,0,0,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_marked", "behind endbr64", "endbr64; SITE site_marked .byte 0xe8,0,0,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_trap", "being written", "SITE site_trap .byte 0xcc,0,0,0,0; push rbp; mov rbp,rsp; call g; pop rbp; ret", ""},
	{"site_leaf", "the site's call does not count", "SITE site_leaf .byte 0xe8,0,0,0,0; mov eax,1; ret", noCalls},
	{"site_none", "rule: the same call elsewhere does", ".byte 0xe8,0,0,0,0; mov eax,1; ret", "calls the next instruction at site_none+0x0"},
	{"site_inside", "rule: no jump into the site", "SITE site_inside .byte 0xe8,0,0,0,0; push rbp; mov rbp,rsp; call g; pop rbp; jne .-13; ret", "jumps into the middle of an instruction at site_inside+0x2"},
	{"site_last", "rule: control does not run out behind a site", "SITE site_last .byte 0xe8,0,0,0,0", "runs out of its text at site_last+0x0"},

	// Parts elsewhere.
	{"chilly", "a part with calls below the same frame", "push rbp; mov rbp,rsp; call g; test eax,eax; jne chilly.cold; 1: pop rbp; ret; PART chilly.cold; call g; jmp 1b", ""},
	{"chilly.cold", "of chilly", "", ""},
	{"frosty", "a part that is come to without a frame", "test rdi,rdi; jne frosty.cold; push rbp; mov rbp,rsp; call g; pop rbp; ret; PART frosty.cold; call g; ret", "calls at frosty.cold+0x0 without a frame"},
	{"frosty.cold", "rule: a part keeps frames when what it is of does", "", "calls at frosty.cold+0x0 without a frame"},
	{"icy", "a part that nobody jumps to", "push rbp; mov rbp,rsp; call g; pop rbp; ret; PART icy.cold; call g; ret", ""},
	{"icy.cold", "rule: unreached", "", "no function of the module jumps to it"},
	{"snowy", "a part of two", "push rbp; mov rbp,rsp; call g; jne snowy.cold; pop rbp; ret; PART snowy.cold; call g; leave; ret", ""},
	{"snowy.cold", "rule: a part keeps frames when all that it is of do", "", "calls at snowy.cold+0x0 without a frame"},
	{"slushy", "the other one", "jmp snowy.cold", "calls at snowy.cold+0x0 without a frame"},
	{"sleety", "one of two, the first", "jmp hazy.cold", "calls at hazy.cold+0x0 without a frame"},
	{"hazy", "the second", "push rbp; mov rbp,rsp; call g; jne hazy.cold; pop rbp; ret; PART hazy.cold; call g; leave; ret", ""},
	{"hazy.cold", "rule: a part keeps frames when all that it is of do", "", "calls at hazy.cold+0x0 without a frame"},
}

// assembly returns the source of all functions.
func assembly() string {
	var b strings.Builder
	b.WriteString(".intel_syntax noprefix\n.text\n" +
		".macro SITE name, bytes:vararg\n.type \\name\\()_site,@object\n\\name\\()_site: \\bytes\n.size \\name\\()_site,.-\\name\\()_site\n.endm\n")
	function := func(name, body string) {
		b.WriteString(".type " + name + ",@function\n" + name + ":\n" + body + "\n.size " + name + ",.-" + name + "\n")
	}
	function("g", "ret")
	for _, f := range functions {
		if f.asm == "" {
			continue
		}
		body, part, _ := strings.Cut(f.asm, "PART ")
		function(f.name, strings.ReplaceAll(body, "; ", "\n"))
		if part != "" {
			name, body, _ := strings.Cut(part, "; ")
			function(name, strings.ReplaceAll(body, "; ", "\n"))
		}
	}
	return b.String()
}

func TestAnalyse(t *testing.T) {
	got := verdicts(t, build(t, ".S", assembly()))
	for _, f := range functions {
		why, found := got[f.name]
		if !found {
			t.Errorf("%s (%s) is not in the result", f.name, f.about)
		} else if why != f.want {
			t.Errorf("%s (%s)\n\tgot  %q\n\twant %q", f.name, f.about, why, f.want)
		}
	}
}
