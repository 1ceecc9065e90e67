/* The sun and its four big planets, n steps of a hundredth of a year from the same beginning each time; the energy then. The
   planets are found by address, as objects are. */

#include "harness.h"

#include <math.h>

#define SOLAR_MASS (4.0 * 3.141592653589793 * 3.141592653589793)
#define DAYS_PER_YEAR 365.24
#define COUNT 5

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static const struct body beginning[COUNT] = {
    {
        0.0,
        0.0,
        0.0,
        0.0 * DAYS_PER_YEAR,
        0.0 * DAYS_PER_YEAR,
        0.0 * DAYS_PER_YEAR,
        1.0 * SOLAR_MASS,
    },
    {
        4.84143144246472090e+00,
        -1.16032004402742839e+00,
        -1.03622044471123109e-01,
        1.66007664274403694e-03 * DAYS_PER_YEAR,
        7.69901118419740425e-03 * DAYS_PER_YEAR,
        -6.90460016972063023e-05 * DAYS_PER_YEAR,
        9.54791938424326609e-04 * SOLAR_MASS,
    },
    {
        8.34336671824457987e+00,
        4.12479856412430479e+00,
        -4.03523417114321381e-01,
        -2.76742510726862411e-03 * DAYS_PER_YEAR,
        4.99852801234917238e-03 * DAYS_PER_YEAR,
        2.30417297573763929e-05 * DAYS_PER_YEAR,
        2.85885980666130812e-04 * SOLAR_MASS,
    },
    {
        1.28943695621391310e+01,
        -1.51111514016986312e+01,
        -2.23307578892655734e-01,
        2.96460137564761618e-03 * DAYS_PER_YEAR,
        2.37847173959480950e-03 * DAYS_PER_YEAR,
        -2.96589568540237556e-05 * DAYS_PER_YEAR,
        4.36624404335156298e-05 * SOLAR_MASS,
    },
    {
        1.53796971148509165e+01,
        -2.59193146099879641e+01,
        1.79258772950371181e-01,
        2.68067772490389322e-03 * DAYS_PER_YEAR,
        1.62824170038242295e-03 * DAYS_PER_YEAR,
        -9.51592254519715870e-05 * DAYS_PER_YEAR,
        5.15138902046611451e-05 * SOLAR_MASS,
    },
};

static struct body *bodies[COUNT];
/* Not static: it is no more known to the compiler than the length of a vector is. */
int64_t count = COUNT;

static void prepare(int64_t n) {
    (void)n;
    for (int64_t i = 0; i < count; i++) {
        bodies[i] = malloc(sizeof **bodies);
        if (!bodies[i]) abort();
    }
}

static void advance(double dt) {
    for (int64_t i = 0; i < count; i++) {
        struct body *a = bodies[i];
        for (int64_t j = i + 1; j < count; j++) {
            struct body *b = bodies[j];
            double dx = a->x - b->x;
            double dy = a->y - b->y;
            double dz = a->z - b->z;
            double squared = dx * dx + dy * dy + dz * dz;
            double magnitude = dt / (squared * sqrt(squared));
            a->vx = a->vx - dx * b->mass * magnitude;
            a->vy = a->vy - dy * b->mass * magnitude;
            a->vz = a->vz - dz * b->mass * magnitude;
            b->vx = b->vx + dx * a->mass * magnitude;
            b->vy = b->vy + dy * a->mass * magnitude;
            b->vz = b->vz + dz * a->mass * magnitude;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        struct body *body = bodies[i];
        body->x = body->x + dt * body->vx;
        body->y = body->y + dt * body->vy;
        body->z = body->z + dt * body->vz;
    }
}

static double energy_of(void) {
    double energy = 0.0;
    for (int64_t i = 0; i < count; i++) {
        struct body *a = bodies[i];
        energy = energy + 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int64_t j = i + 1; j < count; j++) {
            struct body *b = bodies[j];
            double dx = a->x - b->x;
            double dy = a->y - b->y;
            double dz = a->z - b->z;
            energy = energy - (a->mass * b->mass) / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return energy;
}

static double kernel(int64_t n) {
    for (int64_t i = 0; i < count; i++) *bodies[i] = beginning[i];
    for (int64_t i = 0; i < n; i++) advance(0.01);
    return energy_of();
}
