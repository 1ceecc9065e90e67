/* A chain of a multiplication, an addition and a remainder: no turn can be left out, or done beside another. */

#include "harness.h"

static void prepare(int64_t n) { (void)n; }

static double kernel(int64_t n) {
    integer sum = INTEGER(0);
    for (integer i = INTEGER(0); i < INTEGER(n); i += INTEGER(1)) {
        sum = rem(add(mul(sum, INTEGER(31)), i), INTEGER(1000003));
    }
    return PLAIN(sum);
}
