/* SPDX-License-Identifier: MIT */
/* Any bytes as a transcript: the reading must hold what reading.h promises. */
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/insight/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct reading rd;

    rules_read(a, (struct slice){(const char *)data, size}, &rd);
    for (size_t i = 0; i < rd.n; i++) {
        const struct reading_item *it = &rd.items[i];
        const struct field *codes = reading_options((enum reading_field)it->field);

        if (it->start > it->end || it->end > size ||
            (it->value && !utf8_valid(slice_cstr(it->value))) ||
            (codes && it->value && !reading_code_known((enum reading_field)it->field, it->value)))
            abort();
    }
    arena_free(a);
    return 0;
}
