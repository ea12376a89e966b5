/* SPDX-License-Identifier: MIT */
#include "core/base/uuid.h"

#include "core/base/clock.h"
#include "core/base/hash.h"

struct uuid uuid_new(void)
{
    static int64_t last_ms;
    static uint16_t count;
    const int64_t now_ms = clock_now_us() / 1000;
    struct uuid u;
    int64_t ms;

    hash_random(u.b, sizeof u.b);
    /* RFC 9562 section 6.2, method 1: a counter in rand_a keeps the order within a millisecond, seeded
     * in its lower half so that it seldom runs over; when it does, or the clock steps back, borrow time. */
    if (now_ms > last_ms) {
        last_ms = now_ms;
        count = (uint16_t)((u.b[6] << 8 | u.b[7]) & 0x7FF);
    } else if (++count > 0xFFF) {
        last_ms++;
        count = 0;
    }
    ms = last_ms;
    for (int i = 5; i >= 0; i--, ms >>= 8)
        u.b[i] = (uint8_t)ms;
    u.b[6] = (uint8_t)(0x70 | count >> 8);
    u.b[7] = (uint8_t)count;
    u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3F));
    return u;
}

bool uuid_parse(struct slice s, struct uuid *out)
{
    struct uuid u;
    size_t at = 0;

    if (s.n != UUID_TEXT_BYTES - 1)
        return false;
    for (int i = 0; i < 16; i++) {
        int hi;
        int lo;

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (s.p[at++] != '-')
                return false;
        }
        hi = hash_hex_value(s.p[at++]);
        lo = hash_hex_value(s.p[at++]);
        if (hi < 0 || lo < 0)
            return false;
        u.b[i] = (uint8_t)(hi << 4 | lo);
    }
    *out = u;
    return true;
}

void uuid_text(const struct uuid *u, char out[UUID_TEXT_BYTES])
{
    static const int bytes_of_group[] = {4, 2, 2, 2, 6};
    const uint8_t *b = u->b;

    for (int g = 0; g < 5; g++) {
        hash_hex(b, (size_t)bytes_of_group[g], out);
        b += bytes_of_group[g];
        out += 2 * bytes_of_group[g];
        *out++ = g < 4 ? '-' : '\0';
    }
}

struct uuid uuid_from_digest(const uint8_t digest[32])
{
    struct uuid u;

    memcpy(u.b, digest, sizeof u.b);
    u.b[6] = (uint8_t)(0x80 | (u.b[6] & 0x0F));
    u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3F));
    return u;
}
