# What compilers write seldom: every kind of relocation that patch.c does not lead to.
	.text
	.globl	f
	.type	f, @function
f:	lea	_GLOBAL_OFFSET_TABLE_(%rip), %rbx	# GOTPC32
	movabs	$_GLOBAL_OFFSET_TABLE_ - f, %rax	# GOTPC64
	movabs	$outside@GOT, %rax			# GOT64
	movabs	$local@GOTOFF, %rax			# GOTOFF64
	movabs	$outside@PLTOFF, %rax			# PLTOFF64
	.quad	outside@GOTPCREL			# GOTPCREL64
	movabs	$outside@GOTPLT, %rax			# GOTPLT64
	.long	outside@GOT				# GOT32
	mov	outside@GOTPCREL(%rip), %rax		# REX_GOTPCRELX
	call	*outside@GOTPCREL(%rip)			# GOTPCRELX
	jmp	*maybe@GOTPCREL(%rip)
	pushq	outside@GOTPCREL(%rip)			# GOTPCREL
	mov	$f@SIZE, %eax				# SIZE32
	movabs	$f@SIZE, %rax				# SIZE64
	call	outside@PLT				# PLT32
	mov	outside, %eax				# 32S
	mov	$outside, %eax				# 32
	movabs	$outside - 8, %rax			# 64
	.size	f, . - f
	.weak	maybe
	.quad	absolute + 1				# of the object itself
	.globl	absolute
absolute = 0x1234

	.section .rodata.near, "a"		# 0x55 shows what is written too far
	.byte	tiny, 0x55, tiny - 0x80, 0x55		# 8
	.short	tiny, 0x5555, tiny - 0x8000, 0x5555	# 16
	.byte	local - ., 0x55				# PC8
	.short	local - ., 0x5555			# PC16
	.long	local - ., 0x55555555			# PC32
	.quad	local - .				# PC64
	.section .rodata.local, "a"
	.byte	1
local:	.quad	_GLOBAL_OFFSET_TABLE_			# 64
