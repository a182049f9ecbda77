package randc

import "fmt"

// jumps are setjmp and longjmp, over several frames.
func jumps(w *writer) {
	w.raw(fmt.Sprintf(`
static jmp_buf $_back;
static volatile u64 $_state;
static volatile u32 $_rounds;

static __attribute__((noinline)) u64 $_down(u32 depth)
{
	u64 a = next((u64[]){$_state + depth});
	if (depth == 0)
		return a;
	if (a %% %d == 0) {
		$_state += a | 1;
		longjmp($_back, (int)(a %% 100));
	}
	return a + $_down(depth - 1);
}

static __attribute__((noinline)) void $_try(void)
{
	int code = setjmp($_back);
	$_state = $_state * 31 + (u64)code;
	if ($_rounds++ < %d)
		$_state += $_down((u32)($_state %% %d));
}

`, w.between(2, 9), w.between(1, 12), w.between(2, 30)))
	w.entry()
	w.line("$_state = x;")
	w.line("$_rounds = 0;")
	w.line("$_try();")
	w.leave("$_state")
}

// atomics are the atomic operations, by one thread.
func atomics(w *writer) {
	bits := []int{8, 16, 32, 64}
	for _, b := range bits {
		w.line("static u%d $_%d;", b, b)
	}
	w.entry()
	for range w.between(4, 16) {
		b := bits[w.IntN(len(bits))]
		at, order := fmt.Sprintf("&$_%d", b), w.pick("__ATOMIC_SEQ_CST", "__ATOMIC_RELAXED", "__ATOMIC_ACQ_REL")
		switch w.IntN(5) {
		case 0:
			w.line("x = x * 31 + __atomic_exchange_n(%s, (u%d)x, %s);", at, b, order)
		case 1:
			w.line("{ u%d old = (u%d)%s; x += __atomic_compare_exchange_n(%s, &old, (u%d)(x * 3), %s, %s, __ATOMIC_RELAXED) + old; }",
				b, b, w.pick("x", fmt.Sprintf("$_%d", b)), at, b, "false", order)
		case 2:
			w.line("__atomic_store_n(%s, (u%d)(x + %d), __ATOMIC_SEQ_CST);", at, b, w.IntN(100))
		case 3:
			w.line("if (__atomic_fetch_sub(%s, 1, %s) == 0 || (u%d)__atomic_sub_fetch(%s, (u%d)x, %s) == 0)", at, order, b, at, b, order)
			w.line("\tx++;")
		default:
			w.line("x = x * 31 + __atomic_%s(%s, (u%d)x, %s);", w.pick("fetch_add", "add_fetch", "fetch_and", "or_fetch", "fetch_xor", "nand_fetch"), at, b, order)
		}
	}
	w.leave("x + $_8 + $_16 + $_32 + $_64")
}

// threads are some threads whose results do not depend on who is faster.
func threads(w *writer) {
	n := w.between(2, 6)
	w.raw(fmt.Sprintf(`
enum { $_N = %d, $_ROUNDS = %d };
static pthread_mutex_t $_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t $_turned = PTHREAD_COND_INITIALIZER;
static pthread_once_t $_first;
static u64 $_shared, $_counted, $_order;
static u32 $_turn, $_inits;
static __thread u64 $_own = 5;

static void $_init(void) { $_inits++; }

static void *$_run(void *argument)
{
	u64 *me = argument;
	u32 number = (u32)*me;
	pthread_once(&$_first, $_init);
	for (u32 i = 0; i < $_ROUNDS; i++) {
		$_own = next(&$_own) + number;
		__atomic_fetch_add(&$_counted, $_own, __ATOMIC_RELAXED);
		pthread_mutex_lock(&$_lock);
		$_shared ^= $_own * i;
`, n, w.between(1, 40)))
	if w.IntN(2) == 0 {
		w.raw(`
		while ($_turn % $_N != number)
			pthread_cond_wait(&$_turned, &$_lock);
		$_turn++;
		$_order = $_order * 31 + number;
		pthread_cond_broadcast(&$_turned);
`)
	}
	w.raw(`
		pthread_mutex_unlock(&$_lock);
	}
	*me = $_own;
	return me;
}

`)
	w.entry()
	w.raw(fmt.Sprintf(`
	pthread_t all[$_N];
	u64 results[$_N];
	$_turn = 0;
	for (u32 i = 0; i < $_N; i++) {
		results[i] = i;
		if (pthread_create(&all[i], NULL, $_run, &results[i]) != 0)
			return 1;
	}
	for (u32 i = 0; i < $_N; i++) {
		void *result;
		if (pthread_join(all[%s], &result) != 0)
			return 2;
		x += *(u64 *)result;
	}
`, w.pick("i", "$_N - 1 - i")))
	w.raw("\treturn x + $_shared * 3 + $_counted * 5 + $_order * 7 + $_own + $_inits;\n")
	w.shut()
}

// signals are signals that the program sends itself, and faults that it catches.
func signals(w *writer) {
	w.raw(`
static sigjmp_buf $_back;
static volatile u64 $_seen;
static u8 $_stack[65536];

static void $_note(int number, siginfo_t *info, void *context)
{
	$_seen = $_seen * 31 + (u64)number + (context != NULL) + (info->si_signo == number);
}

static void $_leap(int number) { siglongjmp($_back, number); }

static void $_catch(int number, int flags)
{
	struct sigaction a = {.sa_flags = flags};
	if (flags & SA_SIGINFO)
		a.sa_sigaction = $_note;
	else
		a.sa_handler = $_leap;
	sigemptyset(&a.sa_mask);
	if (sigaction(number, &a, NULL) != 0)
		$_seen = 1;
}

static __attribute__((noinline)) void $_fault(int number)
{
	int caught = sigsetjmp($_back, 1);
	if (caught) {
		$_seen = $_seen * 37 + (u64)caught;
		return;
	}
	$_catch(number, number == SIGSEGV ? SA_ONSTACK : 0);
	if (number == SIGFPE)
		__asm__ volatile("xor %%edx, %%edx\n\tlea 1(%%rdx), %%eax\n\tdiv %%edx" ::: "eax", "edx", "cc");
	else if (number == SIGILL)
		__asm__ volatile("ud2");
	else
		*(volatile u8 *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}

`)
	w.entry()
	w.raw(`
	stack_t alternate = {.ss_sp = $_stack, .ss_size = sizeof $_stack};
	sigset_t set, old;
	$_seen = x;
	sigaltstack(&alternate, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	$_catch(SIGUSR1, SA_SIGINFO);
	$_catch(SIGUSR2, SA_SIGINFO | SA_ONSTACK);
`)
	for range w.between(2, 8) {
		switch w.IntN(4) {
		case 0:
			w.line("raise(%s);", w.pick("SIGUSR1", "SIGUSR2"))
		case 1:
			w.line("kill(getpid(), SIGUSR2);")
		case 2:
			w.raw(`
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR1);
	$_seen = $_seen * 41 + 3;
	sigprocmask(SIG_SETMASK, &old, NULL);
`)
		default:
			w.line("$_fault(%s);", w.pick("SIGSEGV", "SIGFPE", "SIGILL"))
		}
	}
	w.line("sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);")
	w.leave("$_seen")
}
