/*
 * Floating point, by bits: what IEEE 754 says is the same everywhere.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "../check.h"

static uint64_t bits(double d)
{
	uint64_t u;
	memcpy(&u, &d, sizeof u);
	return u;
}

static void show(const char *what, volatile double d) { printf("%s %016llx %a %.17g\n", what, (unsigned long long)bits(d), d, d); }

int main(void)
{
	volatile double one = 1, three = 3, least = DBL_TRUE_MIN, most = DBL_MAX, zero = 0;
	volatile float f = 0.1f;
	volatile long double l = 1;
	static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

	show("third", one / three);
	show("least/3*3", least / three * three);
	show("overflow", most * three);
	show("-0", -zero);
	show("sqrt", sqrt(three));
	show("sqrt of the least", sqrt(least));
	show("fma", fma(0.1, 10, -1));
	show("fmod", fmod(1e300, three));
	show("float", (double)(f * f));
	show("from u64", (double)UINT64_MAX);
	show("remainder", remainder(1e17, 7.5));
	show("ldexp", ldexp(three, -1075));
	printf("%d %d %d\n", (int)(short)-2.9, (int)lrint(2.5), (int)llround(-2.5));
	printf("%d %d %d\n", zero / zero != zero / zero, isinf(one / zero), fpclassify(least) == FP_SUBNORMAL);
	for (int i = 0; i < 4; i++) {
		fesetround(modes[i]);
		volatile double d = one / three, n = -one / three;
		volatile float g = (float)(d * three);
		volatile long double m = l / 10;
		volatile long long whole = llrint(-2.5 * one);
		fesetround(FE_TONEAREST);
		printf("mode %d: %a %a %a %La %lld\n", i, d, n, (double)g, m, whole);
	}
	for (int i = 0; i < 40; i++)
		l = l * 3 / 7 + 1.0L / (i + 1);
	printf("%La %.21Lg %a\n", l, l, (double)l);
	printf("%Lg %Lg\n", LDBL_MAX, sqrtl(2));

	double sum = 0;
	for (int i = 1; i < 10000; i++)
		sum += 1.0 / i / i;
	show("sum", sum);
	char text[64];
	int same = 0;
	uint64_t state = 1;
	for (int i = 0; i < 1000; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		double d;
		memcpy(&d, &state, sizeof d);
		snprintf(text, sizeof text, "%.17g", d);
		same += d != d || bits(strtod(text, NULL)) == state;
	}
	printf("%d of 1000 numbers survive text\n", same);
	return done();
}
