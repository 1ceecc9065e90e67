/* A vector of ten thousand doubles, summed n times. */

#include "harness.h"

static double *all;
static int64_t length = 10000;

static void prepare(int64_t n) {
    (void)n;
    all = malloc(length * sizeof *all);
    if (!all) abort();
    for (int64_t i = 0; i < length; i++) all[i] = 0.5 * (i % 100);
}

static double kernel(int64_t n) {
    double sum = 0.0;
    for (int64_t turn = 0; turn < n; turn++) {
        for (int64_t i = 0; i < length; i++) sum = sum + all[i];
    }
    return sum;
}
