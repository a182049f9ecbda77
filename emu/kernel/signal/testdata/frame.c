// Raises SIGILL with known registers, and tells what its handler finds. The argument is
// the handler's flags and the flags of the alternate stack, both in hexadecimal; stack
// flags 2 mean none.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

void entry(void), restore(void), fault(void);
uint64_t fault_sp, at_entry[6];
extern char illegal[];

__asm__(
	"entry:\n"
	"	movq %rdi, at_entry(%rip)\n"
	"	movq %rsi, 8+at_entry(%rip)\n"
	"	movq %rdx, 16+at_entry(%rip)\n"
	"	movq %rax, 24+at_entry(%rip)\n"
	"	movq %rsp, 32+at_entry(%rip)\n"
	"	pushfq\n"
	"	popq 40+at_entry(%rip)\n"
	"	cld\n"
	"	jmp handler\n"
	"restore:\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"fault:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	movq %rsp, fault_sp(%rip)\n"
	"	mov $0x101, %eax; mov $0x202, %ecx; mov $0x303, %edx; mov $0x404, %ebx\n"
	"	mov $0x606, %ebp; mov $0x707, %esi; mov $0x808, %edi; mov $0x909, %r8d\n"
	"	mov $0xa0a, %r9d; mov $0xb0b, %r10d; mov $0xc0c, %r11d; mov $0xd0d, %r12d\n"
	"	mov $0xe0e, %r13d; mov $0xf0f, %r14d; mov $0x1010, %r15d\n"
	"	cmp %eax, %ecx\n"
	"	stc; std\n"
	"illegal:\n"
	"	ud2\n"
	"	cld\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static void hex(const char *name, const unsigned char *p, const unsigned char *end)
{
	printf("%s ", name);
	while (p < end)
		printf("%02x", *p++);
	printf("\n");
}

void handler(int sig, siginfo_t *info, ucontext_t *uc)
{
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
	uint32_t *software = (uint32_t *)(fp + 464); // magic, size

	(void)sig, (void)info;
	printf("size %x\n", software[0] == 0x46505853 ? software[1] : 512);
	hex("frame", (unsigned char *)at_entry[4], (unsigned char *)at_entry[4] + 440);
	hex("fx", fp, fp + 512);
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

int main(int argc, char **argv)
{
	uint64_t flags = argc > 2 ? strtoull(argv[1], 0, 16) : 0, mask = 1 << 11;
	stack_t stack = { .ss_flags = argc > 2 ? strtoul(argv[2], 0, 16) : 2, .ss_size = 1 << 16 };
	struct { void *handler; uint64_t flags; void *restorer; uint64_t mask; } act = {
		entry, flags, restore, 1 << 9,
	};

	stack.ss_sp = mmap(0, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sigaltstack(&stack, 0) || syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8) ||
	    syscall(SYS_rt_sigaction, SIGILL, &act, 0, 8))
		return 1;
	fault();
	printf("stack %lx\nsp %lx\nrip %lx\nhandler %lx\nrestorer %lx\nentry", (uint64_t)stack.ss_sp, fault_sp,
	       (uint64_t)illegal, (uint64_t)entry, (uint64_t)restore);
	for (int i = 0; i < 6; i++)
		printf("%c%lx", i ? ',' : ' ', at_entry[i]);
	printf("\n");
	return 0;
}
