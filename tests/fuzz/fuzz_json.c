/* SPDX-License-Identifier: MIT */
/* Any bytes: what we read can be written and read again; what we quote can be read. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice text = {(const char *)data, size};
    json_t *v = NULL;
    struct sb b;

    if (json_read(text, &v) == JSON_OK) {
        char *again = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
        json_t *w = NULL;

        /* whoever reads it after us sees the same */
        if (!again || json_read(slice_cstr(again), &w) != JSON_OK || !json_equal(v, w) ||
            !utf8_valid(text))
            abort();
        free(again);
        json_drop(&w);
        json_drop(&v);
    } else if (v) {
        abort(); /* untouched on failure */
    }

    sb_init(&b, 6 * size + 2);
    json_quote(&b, text);
    if (!sb_ok(&b))
        abort();
    if (!memchr(data, 0, size)) { /* our reader refuses \u0000 */
        if (json_read(sb_get(&b), &v) != JSON_OK)
            abort();
        json_drop(&v);
    }
    sb_done(&b);
    return 0;
}
