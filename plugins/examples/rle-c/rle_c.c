// A plugin in C: a codec for the files of a space, by run lengths.
//
// Build it in this folder, and write a store with it:
//
//     cc -std=c11 -Wall -Wextra -O2 -fPIC -shared -I ../../abi/include rle_c.c -o rle_c.so
//
// The plugin `text-c` shows what a plugin is made of. This one shows how to read what may be damaged.
//
// The format: a version byte, 1, then packets as in PackBits. A byte n up to 127 is followed by n + 1 bytes that stand
// for themselves; a byte n from 129 on is followed by one byte that stands for 257 - n of them; 128 is never written.
// Lengths and a checksum are in the frame that the host puts around it.

#include "rps_plugin.h"

RPS_PLUGIN("rle-c", "1.0.0", "Run lengths in C", "A codec of space files that writes runs of a byte as one");

enum {
    VERSION = 1,
    LONGEST = 128,      // bytes of a packet
    NEVER = 128,        // the packet head that is not written
    BUFFER = 16 * 1024, // bytes between two looks at the cancel flag
};

// ======== Output in blocks
//
// A sink is a call into the host, too dear for every packet: what is written is gathered, and goes on in blocks. Each
// block is also where the codec looks whether it is to give up.

typedef struct {
    rps_call *call;
    const rps_sink *sink;
    size_t filled;
    uint8_t bytes[BUFFER];
} block;

static rps_status block_flush(block *out) {
    if (rps_cancelled(out->call)) {
        return RPS_CANCELLED;
    }
    rps_status status = rps_write(out->sink, out->bytes, out->filled);
    out->filled = 0;
    return status;
}

// Returns where the next `len` bytes go, at most LONGEST + 1; null, and the status, if they can not be written.
static uint8_t *block_reserve(block *out, size_t len, rps_status *status) {
    if (out->filled + len > BUFFER && (*status = block_flush(out)) != RPS_OK) {
        return NULL;
    }
    uint8_t *place = out->bytes + out->filled;
    out->filled += len;
    return place;
}

// ======== Encoding

// Returns how many bytes at the beginning are equal, at most LONGEST.
static size_t run_length(const uint8_t *input, size_t len) {
    size_t run = 1;
    while (run < len && run < LONGEST && input[run] == input[0]) {
        run++;
    }
    return run;
}

static rps_status rle_encode(void *data, rps_call *call, const uint8_t *input, size_t len,
                             const rps_sink *output) {
    (void)data;
    block out;
    out.call = call;
    out.sink = output;
    out.filled = 1;
    out.bytes[0] = VERSION;
    rps_status status = RPS_OK;
    while (len > 0) {
        size_t run = run_length(input, len);
        size_t taken = run;
        if (run >= 3) {
            uint8_t *packet = block_reserve(&out, 2, &status);
            if (packet == NULL) {
                return status;
            }
            packet[0] = (uint8_t)(257 - run);
            packet[1] = input[0];
        } else {
            // Up to where a run begins that is worth a packet of its own.
            while (taken < len && taken < LONGEST && run_length(input + taken, len - taken) < 3) {
                taken++;
            }
            uint8_t *packet = block_reserve(&out, taken + 1, &status);
            if (packet == NULL) {
                return status;
            }
            packet[0] = (uint8_t)(taken - 1);
            memcpy(packet + 1, input, taken);
        }
        input += taken;
        len -= taken;
    }
    return block_flush(&out);
}

// ======== Decoding
//
// The bytes may be damaged, or made by somebody who wishes ill: no length is believed before it is compared with what is
// there, and no more is written than the frame promises. What is wrong is RPS_CORRUPT, with the reason in words.

static rps_status corrupt(rps_call *call, const char *why) {
    (void)rps_fail(call->host, why);
    return RPS_CORRUPT;
}

static rps_status rle_decode(void *data, rps_call *call, const uint8_t *input, size_t len, uint64_t plain_size,
                             const rps_sink *output) {
    (void)data;
    if (len == 0) {
        return corrupt(call, "there is not even a version");
    }
    if (input[0] != VERSION) {
        (void)rps_fail(call->host, "it was written by a newer version of the codec");
        return RPS_UNSUPPORTED;
    }
    block out;
    out.call = call;
    out.sink = output;
    out.filled = 0;
    rps_status status = RPS_OK;
    uint64_t left = plain_size;
    for (size_t at = 1; at < len;) {
        uint8_t head = input[at++];
        if (head == NEVER) {
            return corrupt(call, "there is a packet that the codec does not write");
        }
        bool is_run = head > NEVER;
        size_t plain = is_run ? 257 - (size_t)head : (size_t)head + 1;
        size_t coded = is_run ? 1 : plain;
        if (coded > len - at) {
            return corrupt(call, "the last packet is cut off");
        }
        if (plain > left) {
            return corrupt(call, "there is more than the declared size");
        }
        uint8_t *place = block_reserve(&out, plain, &status);
        if (place == NULL) {
            return status;
        }
        if (is_run) {
            memset(place, input[at], plain);
        } else {
            memcpy(place, input + at, plain);
        }
        at += coded;
        left -= plain;
    }
    if (left > 0) {
        return corrupt(call, "there is less than the declared size");
    }
    return block_flush(&out);
}

// Tells whether encoded bytes are of the version that this codec knows.
static rps_status rle_detect(void *data, const uint8_t *header, size_t len) {
    (void)data;
    return len > 0 && header[0] == VERSION ? RPS_OK : RPS_UNSUPPORTED;
}

static const rps_codec rle_codec = {
    sizeof(rps_codec),
    0,                     // flags
    {'C', 'R', 1, 0x80},   // magic: the last byte is the codec's own, from 0x80 on
    0,                     // reserved
    400.0,                 // megabytes a second
    0.95,                  // JSON has few runs; this codec is an example
    "1",
    "Run lengths, as in PackBits",
    rle_detect,
    rle_encode,
    rle_decode,
};

RPS_EXPORT rps_status rps_plugin_init(const rps_host *host, rps_registrar *registrar) {
    return rps_register(host, registrar, RPS_POINT_CODEC, "rle", &rle_codec, NULL);
}

RPS_EXPORT void rps_plugin_deinit(const rps_host *host) {
    (void)host;
}
