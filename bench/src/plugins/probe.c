// A plugin that does next to nothing: what is left is what a call costs.

#include "rps_plugin.h"

#ifndef PROBE_ID
#define PROBE_ID "probe"
#endif

RPS_PLUGIN(PROBE_ID, "1.0.0", NULL, "Does next to nothing");

static rps_status nothing(void *data, rps_call *call, rps_value receiver, const rps_value *arguments, size_t count,
                          rps_value *result) {
    (void)data, (void)call, (void)receiver, (void)arguments, (void)count;
    (void)rps_small_int(1, result);
    return RPS_OK;
}

static rps_status sum(void *data, rps_call *call, rps_value receiver, const rps_value *arguments, size_t count,
                      rps_value *result) {
    (void)data, (void)receiver, (void)count;
    int64_t left, right;
    if (!rps_as_small_int(arguments[0], &left) || !rps_as_small_int(arguments[1], &right) ||
        !rps_small_int(left + right, result)) {
        return rps_fail(call->host, "small integers only");
    }
    return RPS_OK;
}

static rps_status echo(void *data, rps_call *call, const uint8_t *input, size_t len, const rps_sink *output) {
    (void)data, (void)call;
    return len == 0 ? RPS_OK : rps_write(output, input, len);
}

static int64_t add(int64_t left, int64_t right) { return left + right; }

static double add_doubles(double left, double right) { return left + right; }

// What a call through a pointer costs in C: the compiler does not know where it goes.
static int64_t (*volatile pointer)(int64_t, int64_t) = add;
static double (*volatile pointer_to_doubles)(double, double) = add_doubles;

static int64_t loop(int64_t count) {
    int64_t (*const callee)(int64_t, int64_t) = pointer;
    int64_t result = 0;
    for (int64_t i = 0; i < count; i++) {
        result = callee(result, i);
    }
    return result;
}

static double loop_doubles(int64_t count) {
    double (*const callee)(double, double) = pointer_to_doubles;
    double result = 0;
    for (int64_t i = 0; i < count; i++) {
        result = callee(result, 0.5);
    }
    return result;
}

// The same of the functions above, as C would call them.
typedef rps_status function(void *, rps_call *, rps_value, const rps_value *, size_t, rps_value *);
static function *volatile pointer_to_nothing = nothing;
static function *volatile pointer_to_sum = sum;

static int64_t loop_nothing(int64_t count) {
    function *const callee = pointer_to_nothing;
    rps_value result = rps_nil();
    for (int64_t i = 0; i < count; i++) {
        if (callee(NULL, NULL, rps_nil(), NULL, 0, &result) != RPS_OK) return -1;
    }
    return 0;
}

static int64_t loop_sum(int64_t count) {
    function *const callee = pointer_to_sum;
    rps_value arguments[2], result;
    (void)rps_small_int(0, &result);
    for (int64_t i = 0; i < count; i++) {
        arguments[0] = result;
        (void)rps_small_int(i, &arguments[1]);
        if (callee(NULL, NULL, rps_nil(), arguments, 2, &result) != RPS_OK) return -1;
    }
    int64_t sum = 0;
    return rps_as_small_int(result, &sum) ? sum : -1;
}

static const rps_intrinsic intrinsics[] = {
    {sizeof(rps_intrinsic), 0, "i64(i64,i64)", (void (*)(void))add},
    {sizeof(rps_intrinsic), 0, "f64(f64,f64)", (void (*)(void))add_doubles},
    {sizeof(rps_intrinsic), 0, "i64(i64)", (void (*)(void))loop},
    {sizeof(rps_intrinsic), 0, "f64(i64)", (void (*)(void))loop_doubles},
    {sizeof(rps_intrinsic), 0, "i64(i64)", (void (*)(void))loop_nothing},
    {sizeof(rps_intrinsic), 0, "i64(i64)", (void (*)(void))loop_sum},
};

static const rps_function functions[] = {
    {sizeof(rps_function), 0, 0, 0, NULL, NULL, nothing},
    {sizeof(rps_function), 0, 2, 0, NULL, NULL, sum},
    {sizeof(rps_function), RPS_FUNCTION_GUARDED, 2, 0, NULL, NULL, sum},
};
static const rps_service service = {sizeof(rps_service), 0, NULL, echo};

RPS_EXPORT rps_status rps_plugin_init(const rps_host *host, rps_registrar *registrar) {
    static const char *const names[] = {PROBE_ID "_nothing", PROBE_ID "_sum", PROBE_ID "_guarded"};
    rps_status status = rps_register(host, registrar, RPS_POINT_SERVICE, PROBE_ID, &service, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == RPS_OK; i++) {
        status = rps_register(host, registrar, RPS_POINT_FUNCTION, names[i], &functions[i], NULL);
    }
    static const char *const native[] = {PROBE_ID "_add",          PROBE_ID "_add_doubles",  PROBE_ID "_loop",
                                         PROBE_ID "_loop_doubles", PROBE_ID "_loop_nothing", PROBE_ID "_loop_sum"};
    for (size_t i = 0; i < sizeof native / sizeof native[0] && status == RPS_OK; i++) {
        status = rps_register(host, registrar, RPS_POINT_INTRINSIC, native[i], &intrinsics[i], NULL);
    }
    return status;
}
