// What makes a plugin in C short: the descriptor, registration, output, errors, and values read and made inline.
//
// Written by hand. rps_plugin.h includes it; a plugin includes that. Nothing here is part of the ABI: it is compiled into
// the plugin.

#ifndef RPS_HELPERS_H
#define RPS_HELPERS_H

#include <string.h>

#ifndef RPS_PLUGIN_H
#error "include rps_plugin.h"
#endif

// ======== The descriptor

// Defines the descriptor of a plugin that needs nothing, as in
//
//     RPS_PLUGIN("text", "1.0.0", "Text", "Changes texts");
#define RPS_PLUGIN(id, version, name, description) \
    RPS_DESCRIPTOR(id, version, name, description, NULL, 0, NULL, 0, NULL, 0)

// Defines the descriptor of a plugin that needs extensions of the host, which it names behind the description.
#define RPS_PLUGIN_WITH_EXTENSIONS(id, version, name, description, ...)                           \
    static const char *const rps_plugin_extensions[] = {__VA_ARGS__};                             \
    RPS_DESCRIPTOR(id, version, name, description, NULL, 0, NULL, 0, rps_plugin_extensions,       \
                   sizeof rps_plugin_extensions / sizeof rps_plugin_extensions[0])

// Defines a descriptor with everything: each list is an array and the number of its items, or `NULL, 0`.
#define RPS_DESCRIPTOR(id, version, name, description, requires_, requires_count, provides, provides_count, \
                       extensions, extensions_count)                                                        \
    const rps_descriptor rps_plugin_descriptor = {                                                          \
        {'R', 'P', 'S', 'P', 'L', 'U', 'G', 1},                                                             \
        sizeof(rps_descriptor),                                                                             \
        RPS_ABI_MAJOR,                                                                                      \
        RPS_ABI_MINOR,                                                                                      \
        id,                                                                                                 \
        version,                                                                                            \
        name,                                                                                               \
        description,                                                                                        \
        requires_,                                                                                          \
        provides,                                                                                           \
        extensions,                                                                                         \
        requires_count,                                                                                     \
        provides_count,                                                                                     \
        extensions_count,                                                                                   \
        0,                                                                                                  \
    }

// ======== The host

// Tells whether a table that the host handed over has a function: an older host may have a shorter table.
#define RPS_HAS(table, member)                                                                           \
    ((table) != NULL &&                                                                                  \
     (size_t)((const char *)&(table)->member - (const char *)(table)) + sizeof(table)->member <=         \
         (table)->struct_size &&                                                                         \
     (table)->member)

// Registers revision 1 of a point's interface, with priority 0. Both texts end in a zero byte.
static inline rps_status rps_register(const rps_host *host, rps_registrar *registrar, const char *point,
                                      const char *name, const void *interface_struct, void *data) {
    const rps_registration registration = {
        sizeof(rps_registration), 1, point, name, 0, 0, interface_struct, data,
    };
    return host->register_extension(host, registrar, &registration);
}

// Notes why the callback is about to fail, and returns RPS_ERROR: `return rps_fail(call->host, "no such thing");`
static inline rps_status rps_fail(const rps_host *host, const char *why) {
    return host->fail(host, (const uint8_t *)why, strlen(why));
}

// Logs a line.
static inline void rps_log(const rps_host *host, rps_log_level level, const char *line) {
    host->log(host, level, (const uint8_t *)line, strlen(line));
}

// Returns the extension rps.graph/1, or null.
static inline const rps_graph *rps_get_graph(const rps_host *host) {
    return (const rps_graph *)host->get_extension(host, RPS_EXTENSION_GRAPH);
}

// Tells whether the call is to be given up: the callback then returns RPS_CANCELLED.
static inline bool rps_cancelled(const rps_call *call) {
    return *(const volatile uint8_t *)call->cancelled != 0;
}

// Writes bytes. Another status than RPS_OK is what the callback returns.
static inline rps_status rps_write(const rps_sink *sink, const void *bytes, size_t len) {
    return sink->write(sink, (const uint8_t *)bytes, len);
}

// Writes a text that ends in a zero byte, without that.
static inline rps_status rps_write_text(const rps_sink *sink, const char *text) {
    return rps_write(sink, text, strlen(text));
}

// ======== Values without a cell
//
// Nil, the booleans, integers of 63 bits and most doubles are in the word itself, and need neither host nor call. What is
// "small" here is a matter of layout: programs never see a difference, and plugins should use the functions below.

static inline rps_value rps_of_bits(uint64_t bits) {
    rps_value value;
    value.bits = bits;
    return value;
}

static inline rps_value rps_nil(void) {
    return rps_of_bits(RPS_NIL_BITS);
}

static inline bool rps_is_nil(rps_value value) {
    return value.bits == RPS_NIL_BITS;
}

static inline rps_value rps_from_bool(bool truth) {
    return rps_of_bits(truth ? RPS_TRUE_BITS : RPS_FALSE_BITS);
}

static inline bool rps_is_bool(rps_value value) {
    return value.bits == RPS_TRUE_BITS || value.bits == RPS_FALSE_BITS;
}

// Tells whether the value is true itself, and nothing that only counts as true.
static inline bool rps_is_true(rps_value value) {
    return value.bits == RPS_TRUE_BITS;
}

// Makes an integer that fits 63 bits; false for one that does not.
static inline bool rps_small_int(int64_t integer, rps_value *value) {
    *value = rps_of_bits(((uint64_t)integer << 1) | 1);
    return integer >= -((int64_t)1 << 62) && integer < (int64_t)1 << 62;
}

// Gives the integer, if the value is one without a cell.
static inline bool rps_as_small_int(rps_value value, int64_t *integer) {
    // The sign is put back without shifting a negative number, which C leaves to the compiler.
    *integer = (int64_t)(value.bits >> 1 | (value.bits & (uint64_t)1 << 63));
    return (value.bits & 1) == 1;
}

// Makes a double whose exponent occurs in practice; false for another.
static inline bool rps_small_double(double number, rps_value *value) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (bits == 0) {
        *value = rps_of_bits(RPS_ZERO_BITS);
        return true;
    }
    *value = rps_of_bits(((bits << 3 | bits >> 61) & ~(uint64_t)3) | RPS_DOUBLE_TAG);
    // The one double whose word would be that of 0.0.
    return (((bits >> 60) - 3) & 6) == 0 && bits != (uint64_t)3 << 60;
}

// Gives the double, if the value is one without a cell.
static inline bool rps_as_small_double(rps_value value, double *number) {
    uint64_t bits = (2 - (value.bits >> 63)) | (value.bits & ~(uint64_t)3);
    bits = value.bits == RPS_ZERO_BITS ? 0 : bits >> 3 | bits << 61;
    if ((value.bits & 3) != RPS_DOUBLE_TAG) {
        return false;
    }
    memcpy(number, &bits, sizeof bits);
    return true;
}

// ======== Values of any size
//
// They look at the word first, and ask the host only for what is in a cell.

// Tells whether the value is an integer, however large.
static inline bool rps_is_int(const rps_graph *graph, rps_call *call, rps_value value) {
    return (value.bits & 1) == 1 || graph->kind(call, value) == RPS_KIND_BIG_INT;
}

// Gives an integer that fits `int64_t`.
static inline rps_status rps_int(const rps_graph *graph, rps_call *call, rps_value value, int64_t *integer) {
    return rps_as_small_int(value, integer) ? RPS_OK : graph->as_int(call, value, integer);
}

// Makes an integer.
static inline rps_status rps_from_int(const rps_graph *graph, rps_call *call, int64_t integer,
                                      rps_value *result) {
    return rps_small_int(integer, result) ? RPS_OK : graph->int_(call, integer, result);
}

// Tells whether the value is a double.
static inline bool rps_is_double(const rps_graph *graph, rps_call *call, rps_value value) {
    return (value.bits & 3) == RPS_DOUBLE_TAG || graph->kind(call, value) == RPS_KIND_DOUBLE;
}

// Gives a double, or an integer as one.
static inline rps_status rps_double(const rps_graph *graph, rps_call *call, rps_value value,
                                    double *number) {
    return rps_as_small_double(value, number) ? RPS_OK : graph->as_double(call, value, number);
}

// Makes a double.
static inline rps_status rps_from_double(const rps_graph *graph, rps_call *call, double number,
                                         rps_value *result) {
    return rps_small_double(number, result) ? RPS_OK : graph->double_(call, number, result);
}

// Gives the text of a string. It is valid while the string is alive.
static inline rps_status rps_text(const rps_graph *graph, rps_call *call, rps_value value, rps_bytes *text) {
    return graph->as_text(call, value, text);
}

// Makes a string of UTF-8.
static inline rps_status rps_from_text(const rps_graph *graph, rps_call *call, const void *text, size_t len,
                                       rps_value *result) {
    return graph->string(call, (const uint8_t *)text, len, result);
}

// Raises an error that programs can catch: `return rps_raise(graph, call, "geo::degenerate", "no area");`
static inline rps_status rps_raise(const rps_graph *graph, rps_call *call, const char *code,
                                   const char *message) {
    return graph->raise(call, (const uint8_t *)code, strlen(code), (const uint8_t *)message, strlen(message));
}

#endif
