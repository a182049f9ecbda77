package randc

// prelude is what all programs begin with. Its functions have a result for all arguments;
// they are inline so that a compiler does not mind when one is not used.
const prelude = `
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

static u64 sum = 14695981039346656037u;

static inline void mix(u64 v)
{
	sum = (sum ^ v) * 1099511628211u;
	sum ^= sum >> 29;
}

static inline void show(const char *what, u64 v)
{
	mix(v);
	printf("%s %016llx\n", what, (unsigned long long)v);
}

static inline u64 next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline u64 hash(u64 seed, const void *from, size_t n)
{
	const u8 *p = from;
	for (size_t i = 0; i < n; i++)
		seed = (seed ^ p[i]) * 1099511628211u;
	return seed;
}

static inline s32 div_s32(s32 a, s32 b) { return b == 0 ? a : b == -1 ? (s32)(0u - (u32)a) : a / b; }
static inline s32 mod_s32(s32 a, s32 b) { return b == 0 || b == -1 ? 0 : a % b; }
static inline s64 div_s64(s64 a, s64 b) { return b == 0 ? a : b == -1 ? (s64)((u64)0 - (u64)a) : a / b; }
static inline s64 mod_s64(s64 a, s64 b) { return b == 0 || b == -1 ? 0 : a % b; }
static inline u32 rot_u32(u32 a, u32 n) { return (a << (n & 31)) | (a >> ((0u - n) & 31)); }
static inline u64 rot_u64(u64 a, u64 n) { return (a << (n & 63)) | (a >> (((u64)0 - n) & 63)); }

static inline u64 over_u32(u32 a, u32 b) { u32 r; bool o = __builtin_mul_overflow(a, b, &r); return (u64)r * 2 + o; }
static inline u64 over_s32(s32 a, s32 b) { s32 r; bool o = __builtin_add_overflow(a, b, &r); return (u64)(u32)r * 2 + o; }
static inline u64 over_u64(u64 a, u64 b) { u64 r; bool o = __builtin_sub_overflow(a, b, &r); return r * 2 + o; }
static inline u64 over_s64(s64 a, s64 b) { s64 r; bool o = __builtin_mul_overflow(a, b, &r); return (u64)r * 2 + o; }

/* Of a value that is no number neither sign nor payload are told: they depend on the compiler. */
static inline double canon(double d) { return d == d ? d : (double)__builtin_nan(""); }
static inline u64 bits(double d) { u64 u; d = canon(d); memcpy(&u, &d, sizeof u); return u; }
static inline u64 whole(double d) { return d > -9e15 && d < 9e15 ? (u64)(s64)d : 77; }

`
