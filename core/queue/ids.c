/* SPDX-License-Identifier: MIT */
#include "core/queue/ids.h"

char *ids_text(struct arena *a, const struct uuid *first, size_t n, size_t stride)
{
    char *text = arena_alloc(a, n * UUID_TEXT_BYTES + 2);
    char *at = text;

    *at++ = '{';
    for (size_t i = 0; i < n; i++) {
        if (i)
            *at++ = ',';
        uuid_text((const struct uuid *)(const void *)((const char *)first + i * stride), at);
        at += UUID_TEXT_BYTES - 1;
    }
    *at++ = '}';
    *at = '\0';
    return text;
}
