// A host of a few lines, for tests of plugins in C: it notes what is registered, and keeps what is written. A test
// includes the plugin's source behind it, so that plugin and test are one program, which valgrind can watch as a whole.

#ifndef TEST_HOST_H
#define TEST_HOST_H

#include <stdio.h>
#include <stdlib.h>

#include "rps_plugin.h"

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s; the plugin said: %s\n", __FILE__, __LINE__, #condition, said);       \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

// Why the last callback failed.
static char said[256];

static rps_registration registered[8];
static size_t registered_count;

static rps_status host_fail(const rps_host *host, const uint8_t *text, size_t len) {
    (void)host;
    snprintf(said, sizeof said, "%.*s", (int)len, (const char *)text);
    return RPS_ERROR;
}

static rps_status host_register(const rps_host *host, rps_registrar *registrar, const rps_registration *registration) {
    (void)host, (void)registrar;
    CHECK(registration->struct_size == sizeof *registration && registration->revision == 1);
    CHECK(registered_count < sizeof registered / sizeof *registered);
    registered[registered_count++] = *registration;
    return RPS_OK;
}

// ======== A graph that knows strings: a value is a pointer to one, and the strings live until the program ends

#define STRINGS 16
static struct {
    uint8_t bytes[256];
    size_t len;
} strings[STRINGS];
static size_t strings_count;

static rps_status graph_string(rps_call *call, const uint8_t *text, size_t len, rps_value *result) {
    (void)call;
    CHECK(strings_count < STRINGS && len <= sizeof strings[0].bytes);
    memcpy(strings[strings_count].bytes, text, len);
    strings[strings_count].len = len;
    *result = rps_of_bits((uint64_t)++strings_count << 4);
    return RPS_OK;
}

static rps_status graph_as_text(rps_call *call, rps_value value, rps_bytes *text) {
    (void)call;
    uint64_t number = value.bits >> 4;
    if ((value.bits & 15) != 0 || number == 0 || number > strings_count) {
        return RPS_INVALID;
    }
    text->ptr = strings[number - 1].bytes;
    text->len = strings[number - 1].len;
    return RPS_OK;
}

static rps_status graph_raise(rps_call *call, const uint8_t *code, size_t code_len, const uint8_t *message,
                              size_t message_len) {
    (void)call;
    snprintf(said, sizeof said, "%.*s: %.*s", (int)code_len, (const char *)code, (int)message_len, (const char *)message);
    return RPS_RAISED;
}

static rps_graph test_graph;

static const void *host_extension(const rps_host *host, const char *name) {
    (void)host;
    return strcmp(name, RPS_EXTENSION_GRAPH) == 0 ? &test_graph : NULL;
}

// ======== Output, kept in memory up to a limit

typedef struct {
    uint8_t *bytes;
    size_t len;
    size_t limit;
} output;

static rps_status output_write(const rps_sink *sink, const uint8_t *ptr, size_t len) {
    output *out = (output *)sink->context;
    if (len > out->limit - out->len) {
        return RPS_LIMIT;
    }
    if (len > 0) {
        out->bytes = (uint8_t *)realloc(out->bytes, out->len + len);
        CHECK(out->bytes != NULL);
        memcpy(out->bytes + out->len, ptr, len);
        out->len += len;
    }
    return RPS_OK;
}

static rps_sink sink_to(output *out, size_t limit) {
    out->bytes = NULL;
    out->len = 0;
    out->limit = limit;
    const rps_sink sink = {sizeof(rps_sink), 0, out, output_write};
    return sink;
}

// ======== The host itself, and a call, which a test cancels by `cancel_flag`

static uint8_t cancel_flag;
static rps_host test_host;
static rps_call test_call;

// Loads the plugin, as a host does: the descriptor first.
static void load(const char *id) {
    test_graph.struct_size = sizeof test_graph;
    test_graph.string = graph_string;
    test_graph.as_text = graph_as_text;
    test_graph.raise = graph_raise;
    test_host.struct_size = sizeof test_host;
    test_host.abi_major = RPS_ABI_MAJOR;
    test_host.abi_minor = RPS_ABI_MINOR;
    test_host.get_extension = host_extension;
    test_host.fail = host_fail;
    test_host.register_extension = host_register;
    test_call.struct_size = sizeof test_call;
    test_call.cancelled = &cancel_flag;
    test_call.host = &test_host;
    CHECK(memcmp(rps_plugin_descriptor.magic, RPS_MAGIC, 8) == 0);
    CHECK(strcmp(rps_plugin_descriptor.id, id) == 0);
    CHECK(rps_plugin_init(&test_host, NULL) == RPS_OK);
}

// Returns what was registered at a point.
static const void *implementation(const char *point, const char *name) {
    for (size_t i = 0; i < registered_count; i++) {
        if (strcmp(registered[i].point, point) == 0 && strcmp(registered[i].name, name) == 0) {
            return registered[i].interface;
        }
    }
    CHECK(!"registered");
    return NULL;
}

#endif
