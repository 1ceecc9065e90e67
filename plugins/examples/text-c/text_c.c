// A plugin in C, to be read from top to bottom: a service, a function of the language, and a command of the prompt.
//
// Build it in this folder, and try it:
//
//     cc -std=c11 -Wall -Wextra -O2 -fPIC -shared -I ../../abi/include text_c.c -o text_c.so
//     rps --plugin-path . -e 'text_reverse("drawer")'
//
// A plugin is a shared library with three exported symbols: a descriptor (1), `rps_plugin_init` (6) and
// `rps_plugin_deinit` (7). What lies between is what it does. The file is C11 and C++17 at once, to show that both will
// do; a plugin needs to be only one of them.

#include <stdio.h>
#include <stdlib.h>

#include "rps_plugin.h"

// ======== 1. The descriptor: the host reads it before it calls anything
//
// The id names the plugin for good, the version follows Semantic Versioning. Without the extension rps.graph/1, which
// `text_reverse` needs, the host would refuse to load the plugin: no function below has to ask whether it is there.

RPS_PLUGIN_WITH_EXTENSIONS("text-c", "1.0.0", "Text in C", "Changes the case and the order of texts",
                           RPS_EXTENSION_GRAPH);

// Set once by `rps_plugin_init`, before anything else can run.
static const rps_graph *graph;

// ======== 2. What it is about: texts
//
// Output goes to a sink, piece by piece, through a buffer on the stack: there is nothing to be freed, and a text may have
// any length. After each buffer the functions look at the cancel flag. It is set when a call has taken too long, or when
// somebody pressed Ctrl-C, and whoever looks at it every few milliseconds is never in anybody's way.

#define BUFFER (16 * 1024)

static uint8_t to_upper(uint8_t byte) {
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

static uint8_t to_lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

// Writes a text with each ASCII letter changed; all other characters stay as they are.
static rps_status change_case(uint8_t (*change)(uint8_t), rps_call *call, const uint8_t *text, size_t len,
                              const rps_sink *output) {
    uint8_t buffer[BUFFER];
    while (len > 0) {
        if (rps_cancelled(call)) {
            return RPS_CANCELLED;
        }
        size_t part = len < BUFFER ? len : BUFFER;
        for (size_t i = 0; i < part; i++) {
            buffer[i] = change(text[i]);
        }
        rps_status status = rps_write(output, buffer, part);
        if (status != RPS_OK) {
            return status;
        }
        text += part;
        len -= part;
    }
    return RPS_OK;
}

// Returns how many bytes the last character of a text has; 0 if they are not UTF-8.
static size_t last_character(const uint8_t *text, size_t len) {
    size_t size = 1;
    while (size < len && size < 4 && (text[len - size] & 0xC0) == 0x80) {
        size++;
    }
    uint8_t first = text[len - size];
    size_t announced = first < 0x80             ? 1
                       : (first & 0xE0) == 0xC0 ? 2
                       : (first & 0xF0) == 0xE0 ? 3
                       : (first & 0xF8) == 0xF0 ? 4
                                                : 0;
    return announced == size ? size : 0;
}

// Writes the characters of a text from the last to the first.
static rps_status reverse(rps_call *call, const uint8_t *text, size_t len, const rps_sink *output) {
    uint8_t buffer[BUFFER];
    while (len > 0) {
        if (rps_cancelled(call)) {
            return RPS_CANCELLED;
        }
        size_t filled = 0;
        while (len > 0 && filled + 4 <= BUFFER) {
            size_t size = last_character(text, len);
            if (size == 0) {
                // What goes wrong is told in words to the host, and as a status to the caller.
                return rps_fail(call->host, "the text is not UTF-8");
            }
            len -= size;
            memcpy(buffer + filled, text + len, size);
            filled += size;
        }
        rps_status status = rps_write(output, buffer, filled);
        if (status != RPS_OK) {
            return status;
        }
    }
    return RPS_OK;
}

// Writes how many characters a text has: those bytes count that do not continue a character.
static rps_status count(rps_call *call, const uint8_t *text, size_t len, const rps_sink *output) {
    size_t characters = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % BUFFER == 0 && rps_cancelled(call)) {
            return RPS_CANCELLED;
        }
        characters += (text[i] & 0xC0) != 0x80;
    }
    char digits[32];
    snprintf(digits, sizeof digits, "%zu", characters);
    return rps_write_text(output, digits);
}

// ======== 3. A service: bytes in, bytes out, on a thread of its own with a deadline
//
// A request is an operation, a space, and a text, such as `upper hello`. Texts that come from the host have a length and
// no zero at the end.

static bool is_operation(const uint8_t *word, size_t len, const char *operation) {
    return len == strlen(operation) && memcmp(word, operation, len) == 0;
}

static rps_status text_execute(void *data, rps_call *call, const uint8_t *input, size_t len,
                               const rps_sink *output) {
    (void)data;
    size_t word = 0;
    while (word < len && input[word] != ' ') {
        word++;
    }
    const uint8_t *text = input + word;
    size_t text_len = len - word;
    if (text_len > 0) {
        text++;
        text_len--;
    }
    if (is_operation(input, word, "upper")) {
        return change_case(to_upper, call, text, text_len, output);
    }
    if (is_operation(input, word, "lower")) {
        return change_case(to_lower, call, text, text_len, output);
    }
    if (is_operation(input, word, "reverse")) {
        return reverse(call, text, text_len, output);
    }
    if (is_operation(input, word, "count")) {
        return count(call, text, text_len, output);
    }
    return rps_fail(call->host, "a request is `upper`, `lower`, `reverse` or `count`, a space, and a text");
}

// The same request gives the same answer, so one that failed for a reason that passes may be repeated.
static const rps_service text_service = {
    sizeof(rps_service),
    RPS_SERVICE_IDEMPOTENT,
    "`upper TEXT`, `lower TEXT`, `reverse TEXT` or `count TEXT`",
    text_execute,
};

// ======== 4. A function of the language: text_reverse(s)
//
// It runs on the thread of the program, inside the graph. Values in local variables are alive: the host scans the stack.
// The arity is checked by the host, the kinds of the arguments are checked here.

static rps_status text_reverse_call(void *data, rps_call *call, rps_value receiver, const rps_value *arguments,
                                    size_t argument_count, rps_value *result) {
    (void)data, (void)receiver, (void)argument_count;
    rps_bytes text;
    if (rps_text(graph, call, arguments[0], &text) != RPS_OK) {
        return rps_raise(graph, call, "text::no-string", "text_reverse takes a string");
    }
    uint8_t *reversed = (uint8_t *)malloc(text.len + 1);
    if (reversed == NULL) {
        return rps_fail(call->host, "no memory for the text");
    }
    // A string of the language is UTF-8, always: no character can be a broken one.
    for (size_t left = text.len, filled = 0; left > 0;) {
        size_t size = last_character(text.ptr, left);
        left -= size;
        memcpy(reversed + filled, text.ptr + left, size);
        filled += size;
    }
    // The host copies the text: what is allocated here is freed here.
    rps_status status = rps_from_text(graph, call, reversed, text.len, result);
    free(reversed);
    return status;
}

static const rps_function text_reverse_function = {
    sizeof(rps_function),
    0, // flags: it is short, so it needs no thread of its own
    1, // arity
    0, // reserved
    NULL, // receiver: a function, not a method
    "(s) the characters of a string from the last to the first",
    text_reverse_call,
};

// ======== 5. A command of the prompt: `:shout hello` shows HELLO!

static rps_status shout_run(void *data, rps_call *call, const uint8_t *input, size_t len,
                            const rps_sink *output) {
    (void)data;
    rps_status status = change_case(to_upper, call, input, len, output);
    return status == RPS_OK ? rps_write_text(output, "!") : status;
}

static const rps_command shout_command = {
    sizeof(rps_command),
    0, // flags
    "TEXT",
    "Show a text in capital letters",
    NULL, // nothing else is to be known
    shout_run,
    NULL, // nothing to complete
};

// ======== 6. `rps_plugin_init` registers it all
//
// Either everything that is registered counts, when it returns RPS_OK, or nothing does.

RPS_EXPORT rps_status rps_plugin_init(const rps_host *host, rps_registrar *registrar) {
    graph = rps_get_graph(host);
    rps_status status = rps_register(host, registrar, RPS_POINT_SERVICE, "text", &text_service, NULL);
    if (status == RPS_OK) {
        status = rps_register(host, registrar, RPS_POINT_FUNCTION, "text_reverse", &text_reverse_function, NULL);
    }
    if (status == RPS_OK) {
        status = rps_register(host, registrar, RPS_POINT_COMMAND, "shout", &shout_command, NULL);
    }
    return status;
}

// ======== 7. `rps_plugin_deinit` ends what init began; here that is nothing

RPS_EXPORT void rps_plugin_deinit(const rps_host *host) {
    (void)host;
}
