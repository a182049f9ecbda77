package cputest

import (
	"fmt"
	"strings"
	"testing"
)

// poolText are the instructions that random programs are made of, one a line; those
// after a ";" on the same line come along with it. rbx points into the data and is
// kept; r15 counts loops. What can fault does so now and then.
const poolText = `
add eax, ecx
add rax, r8
add cl, dl
add r9w, 0x1234
add qword ptr [rbx+8], rax
add rax, [rbx+16]
adc rdx, rax
adc byte ptr [rbx+3], 0x7f
sub r10, r11
sub esi, 0x77777777
sbb ecx, edx
sbb r12, [rbx+24]
cmp rax, rdx
cmp byte ptr [rbx], al
cmp r8d, -1
and r9, rax
and dword ptr [rbx+12], 0xff00ff
or r13, rcx
or al, 0x80
xor edx, edx
xor r14, [rbx+32]
test rcx, rcx
test al, 3
not rax
neg rdx
neg dword ptr [rbx+40]
inc r8
inc byte ptr [rbx+9]
dec ecx
dec word ptr [rbx+10]
shl rax, 5
shl edx, cl
shr r9, cl
shr byte ptr [rbx+5], 1
sar r10, 63
sar eax, cl
rol rcx, 7
rol r11w, cl
ror rdx, cl
rcl rax, 1
rcl r12d, cl
rcr rcx, 3
rcr byte ptr [rbx+6], cl
shld rax, rdx, 9
shld [rbx+48], ecx, cl
shrd r8, r9, cl
mul rcx
mul byte ptr [rbx+1]
imul r10
imul rax, rdx
imul r11d, [rbx+20], -77
mov ecx, 7; xor edx, edx; div ecx
mov ecx, 13; cdq; idiv ecx
div r9d
idiv qword ptr [rbx+56]
bsf rax, rcx
bsr edx, [rbx+28]
tzcnt eax, ecx
popcnt rcx, rax
bt rax, 5
bts rcx, rdx
btr dword ptr [rbx+60], 31
btc r8, 62
setc al
setnp byte ptr [rbx+2]
setg r9b
setle dl
cmovz rax, rcx
cmovs r10d, [rbx+44]
cmovp rdx, r11
cmovge r12, rax
mov rax, 0x123456789abcdef0
mov ecx, 5
mov dl, ah
mov r8, rax
mov [rbx+64], r9
mov word ptr [rbx+70], 0xbeef
mov r10, [rbx+72]
mov [rbx+rcx*1-5], al
mov eax, [rbx+r15*8]
movzx eax, byte ptr [rbx+7]
movzx rdx, cx
movsx rcx, byte ptr [rbx+15]
movsxd r11, edx
movabs rax, 0xffffffff
movnti [rbx+80], rdx
movbe eax, [rbx+4]
lea rax, [rbx+rcx*8-16]
lea edx, [eax+ecx]
lea r9, [rip+7]
bswap rax
bswap r10d
xchg rax, rdx
xchg [rbx+88], rcx
xadd rcx, rax
lock xadd [rbx+96], rdx
lock add dword ptr [rbx+100], 3
lock or byte ptr [rbx+104], 1
lock cmpxchg [rbx+112], rcx
cmpxchg r8, r9
cmpxchg8b [rbx+120]
lock cmpxchg16b [rbx+128]
cbw; cwde; cdqe
cwd; cdq
cqo
lahf
sahf
clc
stc
cmc
cld
std
cld; nop
nop
nop dword ptr [rax+rax+0]
.byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0
endbr64
pause
push rax; pop rcx
push rdx
pop r8
push qword ptr [rbx+136]
pop qword ptr [rbx+144]
push 0x55; pop rax
pushf; pop rax
pushf; or qword ptr [rsp], 0x8d5; popf
pushf; and qword ptr [rsp], 0xfffffffffffff72a; popf
pushf; xor qword ptr [rsp], 0x401; popf; cld
push rax; popf; cld
enter 16, 0; leave
push rbp; mov rbp, rsp; pop rbp
xor ecx, ecx; lea rsi, [rbx+8]; lea rdi, [rbx+160]; rep movsb
mov ecx, 1; lea rsi, [rbx+8]; lea rdi, [rbx+160]; rep movsq
mov ecx, 23; lea rsi, [rbx+8]; lea rdi, [rbx+160]; rep movsd
mov ecx, 40; lea rdi, [rbx+200]; rep stosb
mov ecx, 9; lea rdi, [rbx+200]; rep stosq; mov ecx, 3; rep stosw
mov ecx, 0; rep stosd
mov ecx, 30; lea rsi, [rbx]; lea rdi, [rbx+160]; repe cmpsb
mov ecx, 30; lea rsi, [rbx]; lea rdi, [rbx+8]; repne cmpsd
mov ecx, 30; lea rdi, [rbx+3]; repne scasb
mov ecx, 11; lea rdi, [rbx+3]; repe scasw
mov ecx, 6; lea rsi, [rbx]; rep lodsq
std; mov ecx, 7; lea rdi, [rbx+300]; rep stosd; cld
lea rdi, [rbx+300]; and ecx, 15; rep stosb
lea rsi, [rbx]; lodsb; movzx eax, al
lea rdi, [rbx+310]; stosd; scasb
lea rsi, [rbx+3]; lea rdi, [rbx+4]; movsq; cmpsb
mov ecx, 3; mov edi, DATA+3*4096-8; mov esi, DATA; rep movsd
xlat
addr32 lea eax, [ecx+4]
.byte 0x67, 0x8b, 0x43, 0x10
mov eax, ds
movaps xmm0, [rbx+160]
movups xmm1, [rbx+17]
movups [rbx+176], xmm2
movaps [rbx+192], xmm3
movq xmm4, rax
movq rcx, xmm5
movd xmm6, edx
movss xmm7, [rbx+4]
movsd xmm8, [rbx+24]
addps xmm0, xmm1
addpd xmm2, xmm3
addsd xmm4, xmm5
subss xmm6, xmm7
mulps xmm8, xmm9
mulsd xmm10, [rbx+32]
divss xmm11, xmm0
divpd xmm1, xmm2
sqrtsd xmm3, xmm4
sqrtps xmm5, xmm6
rsqrtss xmm7, xmm8
rcpps xmm9, xmm10
minsd xmm11, xmm12
maxps xmm13, xmm14
cmpltps xmm15, xmm0
cmpunordsd xmm1, xmm2
ucomisd xmm3, xmm4
comiss xmm5, xmm6
cvtsi2sd xmm7, rax
cvtsi2ss xmm8, ecx
cvttsd2si rax, xmm9
cvtsd2si ecx, xmm10
cvtps2pd xmm11, xmm12
cvtpd2ps xmm13, xmm14
cvtdq2ps xmm15, xmm0
cvttps2dq xmm1, xmm2
pxor xmm3, xmm3
pxor xmm4, [rbx+160]
por xmm5, xmm6
pand xmm7, xmm8
pandn xmm9, xmm10
paddb xmm11, xmm12
paddq xmm13, xmm14
psubsw xmm15, xmm0
pmullw xmm1, xmm2
pmuludq xmm3, xmm4
pmaddwd xmm5, xmm6
pshufd xmm7, xmm8, 0x1b
pshuflw xmm9, xmm10, 0x93
shufps xmm11, xmm12, 0x4e
punpcklbw xmm13, xmm14
unpckhpd xmm15, xmm0
packsswb xmm1, xmm2
psllq xmm3, 7
psrldq xmm4, 3
psrad xmm5, xmm6
pcmpeqb xmm7, xmm8
pcmpgtd xmm9, xmm10
pmovmskb eax, xmm11
movmskps ecx, xmm12
pavgb xmm13, xmm14
psadbw xmm15, xmm0
pextrw edx, xmm1, 5
pinsrw xmm2, eax, 3
haddps xmm3, xmm4
movddup xmm5, xmm6
lddqu xmm7, [rbx+5]
movntdq [rbx+208], xmm8
movhlps xmm9, xmm10
movlpd xmm11, [rbx+48]
stmxcsr [rbx+224]
mov dword ptr [rbx+228], 0x1f80; ldmxcsr [rbx+228]
mov dword ptr [rbx+228], 0x7fa0; ldmxcsr [rbx+228]
movq mm0, [rbx+8]
paddb mm1, mm0
pmullw mm2, mm1
movq [rbx+232], mm2
movd eax, mm3
emms
fninit
fld1
fldpi
fldz
fldl2e
fld dword ptr [rbx+4]
fld qword ptr [rbx+8]
fld tbyte ptr [rbx+16]
fild dword ptr [rbx+12]
fild qword ptr [rbx+24]
fbld [rbx+32]
fst dword ptr [rbx+240]
fstp qword ptr [rbx+248]
fstp tbyte ptr [rbx+256]
fistp dword ptr [rbx+272]
fisttp qword ptr [rbx+280]
fstp st(1)
fadd st, st(1)
faddp
fsub qword ptr [rbx+8]
fsubrp
fmul st(2), st
fmul dword ptr [rbx+4]
fdiv st, st(1)
fdivrp
fiadd word ptr [rbx+2]
fsqrt
fabs
fchs
frndint
fscale
fprem
fxtract
fpatan
fsin
f2xm1
fyl2x
fcom st(1)
fcompp
fucomi st, st(1)
fcomip st, st(2)
ftst
fxam
fxch st(3)
fcmovb st, st(1)
fcmovnu st, st(2)
ffree st(2)
fincstp
fdecstp
fnclex
fnop
fwait
fnstsw ax
fnstcw [rbx+288]
mov word ptr [rbx+290], 0x37f; fldcw [rbx+290]
mov word ptr [rbx+290], 0xc7f; fldcw [rbx+290]
fnstenv [rbx+320]
fnstenv [rbx+320]; fldenv [rbx+320]
fnsave [rbx+352]; frstor [rbx+352]
lea rax, [rbx+512]; fxsave [rax]
lea rax, [rbx+512]; fxsave [rax]; fxrstor [rax]
cpuid; mov ebx, DATA+4096
syscall
lfence
mfence
prefetcht0 [rbx]
clflush [rbx]
mov rax, fs:[rbx]
mov gs:[rbx+8], rax
`

// rareText are instructions that end a program, mostly.
const rareText = `
ud2
int3
int 0x80
hlt
rdtsc
vaddps xmm0, xmm1, xmm2
cli
in al, dx
mov rax, [rcx]
mov [rdx], al
mov [rbx+0x1ffc], rax
movups [rbx+0x1ff8], xmm0
push 0x302; popf
mov rsp, [rbx+8]
pop rsp
mov byte ptr [TEXT+16], 3
mov eax, [CONST]; mov [CONST+4], eax
lea rsi, [rbx]; rep movsb
lea rdi, [rbx]; repne scasb
.byte 0xf1
mov fs, eax
fxrstor [rbx+0x1f00]
`

// wildText are rare instructions that can go anywhere, so that a program with them need
// not come to an end.
const wildText = `
jmp rax
call rcx
jmp [rbx+8]
mov [rsp], rax; ret
push TEXT+4096; ret
`

// pool is a list of pieces of machine code.
type pool [][]byte

// pieces assembles text, one piece a line.
func pieces(t testing.TB, text string) pool {
	t.Helper()
	var b strings.Builder
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		fmt.Fprintf(&b, "p%d: %s\n", i, line)
	}
	fmt.Fprintf(&b, "p%d:\n", len(lines))
	c := assemble(t, textBase, b.String())
	var p pool
	for i := range lines {
		p = append(p, c.bytes[c.labels[fmt.Sprintf("p%d", i)]-textBase:c.labels[fmt.Sprintf("p%d", i+1)]-textBase])
	}
	return p
}
