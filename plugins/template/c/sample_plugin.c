// A plugin for Repersys: the function `sample_plugin_greet(name)` and the service `sample-plugin`.

#include <stdio.h>
#include <stdlib.h>

#include "rps_plugin.h"

RPS_PLUGIN_WITH_EXTENSIONS("sample-plugin", "0.1.0", NULL, "Greets, and counts words.", RPS_EXTENSION_GRAPH);

static const rps_graph *graph;

// A function of the language: it runs on the thread of the program that calls it. The host has checked that there is one
// argument; of which kind it is, is checked here.
static rps_status greet(void *data, rps_call *call, rps_value receiver, const rps_value *arguments,
                        size_t argument_count, rps_value *result) {
    (void)data, (void)receiver, (void)argument_count;
    rps_bytes name;
    if (rps_text(graph, call, arguments[0], &name) != RPS_OK) {
        return rps_raise(graph, call, "sample-plugin::no-string", "sample_plugin_greet takes a string");
    }
    static const char before[] = "Hello, ", after[] = "!";
    size_t start = sizeof before - 1, end = sizeof after - 1;
    char *text = (char *)malloc(start + name.len + end);
    if (text == NULL) {
        return rps_fail(call->host, "no memory for the greeting");
    }
    memcpy(text, before, start);
    memcpy(text + start, name.ptr, name.len);
    memcpy(text + start + name.len, after, end);
    // The host copies the text: what is allocated here is freed here.
    rps_status status = rps_from_text(graph, call, text, start + name.len + end, result);
    free(text);
    return status;
}

static const rps_function greet_function = {
    sizeof(rps_function),
    0,    // flags: it is short, so it needs no thread of its own
    1,    // arity
    0,    // reserved
    NULL, // receiver: a function, not a method
    "(name) Returns a greeting.",
    greet,
};

// A service takes bytes and gives bytes, on a thread of its own and with a deadline.
static rps_status count_words(void *data, rps_call *call, const uint8_t *input, size_t len,
                              const rps_sink *output) {
    (void)data;
    size_t words = 0;
    bool is_inside = false;
    for (size_t i = 0; i < len; i++) {
        // Whoever takes long looks now and then whether somebody still wants the answer.
        if (i % 4096 == 0 && rps_cancelled(call)) {
            return RPS_CANCELLED;
        }
        bool is_space = input[i] == ' ' || (input[i] >= '\t' && input[i] <= '\r');
        words += !is_space && !is_inside;
        is_inside = !is_space;
    }
    char digits[32];
    snprintf(digits, sizeof digits, "%zu", words);
    return rps_write_text(output, digits);
}

static const rps_service words_service = {
    sizeof(rps_service),
    RPS_SERVICE_IDEMPOTENT,
    "Counts the words of a text.",
    count_words,
};

// Either everything that is registered counts, when this returns RPS_OK, or nothing does.
RPS_EXPORT rps_status rps_plugin_init(const rps_host *host, rps_registrar *registrar) {
    graph = rps_get_graph(host);
    rps_status status =
        rps_register(host, registrar, RPS_POINT_FUNCTION, "sample_plugin_greet", &greet_function, NULL);
    if (status == RPS_OK) {
        status = rps_register(host, registrar, RPS_POINT_SERVICE, "sample-plugin", &words_service, NULL);
    }
    return status;
}

RPS_EXPORT void rps_plugin_deinit(const rps_host *host) {
    (void)host;
}
