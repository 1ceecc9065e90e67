/* How many points of n rows of n stay bounded for fifty steps. */

#include "harness.h"

static void prepare(int64_t n) { (void)n; }

static double kernel(int64_t n) {
    integer inside = INTEGER(0);
    for (int64_t y = 0; y < n; y++) {
        double ci = (2.0 * y) / n - 1.0;
        for (int64_t x = 0; x < n; x++) {
            double cr = (2.0 * x) / n - 1.5, zr = 0.0, zi = 0.0;
            integer step = INTEGER(0);
            while (step < INTEGER(50) && zr * zr + zi * zi <= 4.0) {
                double next = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci;
                zr = next;
                step = add(step, INTEGER(1));
            }
            if (step == INTEGER(50)) inside = add(inside, INTEGER(1));
        }
    }
    return PLAIN(inside);
}
