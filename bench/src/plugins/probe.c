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
    return status;
}
