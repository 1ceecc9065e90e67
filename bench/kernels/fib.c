/* Calls, comparisons, additions. */

#include "harness.h"

static integer fib(integer n) {
    return n < INTEGER(2) ? n : add(fib(sub(n, INTEGER(1))), fib(sub(n, INTEGER(2))));
}

static void prepare(int64_t n) { (void)n; }

static double kernel(int64_t n) { return PLAIN(fib(INTEGER(n))); }
