// Floating point: SSE, x87 (long double), rounding, conversions, printing.
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	volatile double x = 0.1;
	volatile long double l = 1.0L;
	double sum = 0;
	for (int i = 1; i <= 1000; i++) {
		sum += x / i + sqrt(i) * 1e-3;
		l = l * 1.0001L + 1.0L / i;
	}
	printf("%.17g %.20Lg\n", sum, l);
	for (int i = 0; i < 20; i++) {
		double v = (i - 10) * 0.7;
		printf("%.15g %.15g %.15g %.15g %d %ld\n", sin(v), exp(v), floor(v), fmod(v, 0.3), (int)v, lrint(v));
	}
	int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
	for (int i = 0; i < 4; i++) {
		fesetround(modes[i]);
		volatile double a = 1, b = 3;
		volatile long double c = 1, d = 3;
		printf("%.17g %.21Lg %ld\n", a / b, c / d, lrint(2.5 * a));
	}
	fesetround(FE_TONEAREST);
	// The engine does not set the exception flags of SSE: what fetestexcept says is not tried.
	volatile double zero = 0, inf = 1 / zero;
	printf("%g\n", inf);
	printf("%.17g %a\n", strtod("1.7976931348623157e308", NULL), 0.1);
	return 0;
}
