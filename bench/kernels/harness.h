/* What the kernels share. Each defines `prepare` and `kernel`; the program is called with NAME ROUNDS N, and prints the
   milliseconds of processor time and the result of each round.

   Integers are checked as those of the language are, which have 63 bits until they get large: they are held doubled, so that
   the processor's own test for 64 bits tests for 63. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int64_t integer;

#define INTEGER(n) ((integer)(n) * 2)
#define PLAIN(i) ((i) >> 1)

static inline integer add(integer a, integer b) {
    integer result;
    if (__builtin_add_overflow(a, b, &result)) abort();
    return result;
}

static inline integer sub(integer a, integer b) {
    integer result;
    if (__builtin_sub_overflow(a, b, &result)) abort();
    return result;
}

static inline integer mul(integer a, integer b) {
    integer result;
    if (__builtin_mul_overflow(a, PLAIN(b), &result)) abort();
    return result;
}

/* The remainder of doubled numbers is the doubled remainder. */
static inline integer rem(integer a, integer b) {
    if (b == 0) abort();
    return a % b;
}

static void prepare(int64_t n);
static double kernel(int64_t n);

static double clock_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
    if (count < 4) return 2;
    int64_t rounds = atoll(arguments[2]), n = atoll(arguments[3]);
    prepare(n);
    for (int64_t i = 0; i < rounds; i++) {
        double start = clock_ms();
        /* The result is read through memory that may change, so that no round is left out. */
        volatile double result = kernel(n);
        printf("%.6f %.17g\n", clock_ms() - start, result);
    }
    return 0;
}
