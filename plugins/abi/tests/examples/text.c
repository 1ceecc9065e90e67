// The plugin text-c, called.

#include "host.h"

#include "../../../examples/text-c/text_c.c"

static bool output_is(const output *out, const char *text) {
    return out->len == strlen(text) && memcmp(out->bytes, text, out->len) == 0;
}

static void request(const char *input, const char *answer) {
    const rps_service *service = (const rps_service *)implementation(RPS_POINT_SERVICE, "text");
    output out;
    const rps_sink sink = sink_to(&out, 1 << 20);
    CHECK(service->execute(NULL, &test_call, (const uint8_t *)input, strlen(input), &sink) == RPS_OK);
    CHECK(output_is(&out, answer));
    free(out.bytes);
}

static rps_status status_of(const char *input, size_t len, size_t limit) {
    const rps_service *service = (const rps_service *)implementation(RPS_POINT_SERVICE, "text");
    output out;
    const rps_sink sink = sink_to(&out, limit);
    rps_status status = service->execute(NULL, &test_call, (const uint8_t *)input, len, &sink);
    free(out.bytes);
    return status;
}

int main(void) {
    load("text-c");
    request("upper hello", "HELLO");
    request("lower HeLLo W\xC3\x96RLD", "hello w\xC3\x96rld");
    request("reverse a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z", "z\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA4" "a");
    request("count a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z", "5");
    request("upper", "");
    request("reverse ", "");
    request("count ", "0");

    // Unknown, empty, and damaged in every way that a character can be.
    CHECK(status_of("turn hello", 10, 100) == RPS_ERROR && strstr(said, "a request is") != NULL);
    CHECK(status_of("", 0, 100) == RPS_ERROR);
    const char *damaged[] = {"\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3\xA4\xA4", "\x80\x80\x80\x80\x80", "\xFF"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "reverse %s", damaged[i]);
        CHECK(status_of(text, (size_t)len, 100) == RPS_ERROR && strstr(said, "UTF-8") != NULL);
    }

    // Longer than the buffer, a limit of the sink, and a call that is cancelled.
    static char longer[100000];
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "reverse ", 8);
    CHECK(status_of(longer, sizeof longer, sizeof longer - 8) == RPS_OK);
    CHECK(status_of(longer, sizeof longer, sizeof longer - 9) == RPS_LIMIT);
    cancel_flag = 1;
    CHECK(status_of(longer, sizeof longer, sizeof longer) == RPS_CANCELLED);
    cancel_flag = 0;

    // The function of the language.
    const rps_function *function = (const rps_function *)implementation(RPS_POINT_FUNCTION, "text_reverse");
    rps_value argument, result;
    rps_bytes text;
    CHECK(function->arity == 1);
    CHECK(graph_string(&test_call, (const uint8_t *)"dr\xC3\xA4wer", 7, &argument) == RPS_OK);
    CHECK(function->call(NULL, &test_call, rps_nil(), &argument, 1, &result) == RPS_OK);
    CHECK(graph_as_text(&test_call, result, &text) == RPS_OK);
    CHECK(text.len == 7 && memcmp(text.ptr, "rew\xC3\xA4rd", 7) == 0);
    CHECK(rps_small_int(7, &argument));
    CHECK(function->call(NULL, &test_call, rps_nil(), &argument, 1, &result) == RPS_RAISED);
    CHECK(strcmp(said, "text::no-string: text_reverse takes a string") == 0);

    // The command.
    const rps_command *command = (const rps_command *)implementation(RPS_POINT_COMMAND, "shout");
    output out;
    const rps_sink sink = sink_to(&out, 100);
    CHECK(command->run(NULL, &test_call, (const uint8_t *)"hello", 5, &sink) == RPS_OK);
    CHECK(output_is(&out, "HELLO!"));
    free(out.bytes);
    rps_plugin_deinit(&test_host);
    return 0;
}
