// The plugin rle-c, called: what it encodes it decodes, and nothing that is damaged does harm.

#include "host.h"

#include "../../../examples/rle-c/rle_c.c"

static const rps_codec *codec;

static rps_status decode(const uint8_t *input, size_t len, size_t plain_size, output *out) {
    const rps_sink sink = sink_to(out, plain_size);
    // A copy of just this length, so that valgrind sees a look behind its end.
    uint8_t *copy = (uint8_t *)malloc(len > 0 ? len : 1);
    CHECK(copy != NULL);
    memcpy(copy, input, len);
    rps_status status = codec->decode(NULL, &test_call, copy, len, plain_size, &sink);
    free(copy);
    return status;
}

static void round_trip(const uint8_t *plain, size_t len, size_t at_most) {
    output coded, back;
    const rps_sink sink = sink_to(&coded, (size_t)1 << 28);
    CHECK(codec->encode(NULL, &test_call, plain, len, &sink) == RPS_OK);
    CHECK(coded.len <= at_most);
    CHECK(codec->detect(NULL, coded.bytes, coded.len < 16 ? coded.len : 16) == RPS_OK);
    CHECK(decode(coded.bytes, coded.len, len, &back) == RPS_OK);
    CHECK(back.len == len && (len == 0 || memcmp(back.bytes, plain, len) == 0));
    free(back.bytes);

    // Another size than is true, and a cut at each of the first places: errors, with a reason.
    CHECK(decode(coded.bytes, coded.len, len + 1, &back) == RPS_CORRUPT && strstr(said, "less than") != NULL);
    free(back.bytes);
    if (len > 0) {
        CHECK(decode(coded.bytes, coded.len, len - 1, &back) == RPS_CORRUPT && strstr(said, "more than") != NULL);
        free(back.bytes);
    }
    for (size_t cut = 0; cut < coded.len && cut < 300; cut++) {
        CHECK(decode(coded.bytes, cut, len, &back) == RPS_CORRUPT);
        free(back.bytes);
    }
    // Each byte damaged: an error, or as many bytes as were promised. The checksum of the frame is the host's.
    for (size_t at = 0; at < coded.len && at < 300; at++) {
        coded.bytes[at] ^= 0x80;
        rps_status status = decode(coded.bytes, coded.len, len, &back);
        CHECK((status == RPS_OK && back.len == len) || status == RPS_CORRUPT || status == RPS_UNSUPPORTED);
        free(back.bytes);
        coded.bytes[at] ^= 0x80;
    }
    free(coded.bytes);
}

int main(void) {
    load("rle-c");
    codec = (const rps_codec *)implementation(RPS_POINT_CODEC, "rle");
    CHECK(codec->magic[0] == 'C' && codec->magic[1] == 'R' && codec->magic[2] == 1 && codec->magic[3] == 0x80);

    static uint8_t plain[100000];
    round_trip(plain, 0, 1);
    round_trip(plain, sizeof plain, 1 + 2 * (sizeof plain / LONGEST + 1));
    for (size_t len = 1; len <= 3 * LONGEST; len++) {
        round_trip(plain, len, len + 2);
    }
    // Runs of one to four bytes between others, then bytes at random, which grow by a 128th at most.
    for (size_t at = 0; at < sizeof plain; at++) {
        plain[at] = (uint8_t)(at / (1 + at / 7 % 4));
    }
    round_trip(plain, sizeof plain, sizeof plain + sizeof plain / 64 + 2);
    uint32_t random = 2463534242u;
    for (size_t at = 0; at < sizeof plain; at++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        plain[at] = (uint8_t)random;
    }
    round_trip(plain, sizeof plain, sizeof plain + sizeof plain / LONGEST + 2);

    // Another version, a packet that is never written, nothing at all, and a call that is cancelled.
    output out;
    CHECK(decode((const uint8_t *)"\x02", 1, 0, &out) == RPS_UNSUPPORTED);
    CHECK(codec->detect(NULL, (const uint8_t *)"\x02", 1) == RPS_UNSUPPORTED);
    CHECK(codec->detect(NULL, NULL, 0) == RPS_UNSUPPORTED);
    CHECK(decode((const uint8_t *)"\x01\x80\x00", 3, 1, &out) == RPS_CORRUPT);
    CHECK(decode((const uint8_t *)"", 0, 0, &out) == RPS_CORRUPT);
    cancel_flag = 1;
    const rps_sink sink = sink_to(&out, 1 << 20);
    CHECK(codec->encode(NULL, &test_call, plain, sizeof plain, &sink) == RPS_CANCELLED);
    CHECK(out.len == 0);
    rps_plugin_deinit(&test_host);
    return 0;
}
