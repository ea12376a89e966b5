/* SPDX-License-Identifier: MIT */
/* Any bytes as a transcript: the text is the transcript with its spans exchanged, every place leads back, and no address
 * is left. */
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/insight/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice s = {(const char *)data, size};
    struct arena *a = arena_new(64 << 20);
    struct redaction r, again;
    size_t from = 0, at = 0;

    redact(a, s, REDACT_ALL, &r);
    for (size_t i = 0; i < r.n; i++) {
        const struct redact_span *span = &r.spans[i];
        uint32_t start, end;

        must(span->start >= from && span->start < span->end && span->end <= size);
        must(span->start - from == span->at - at && span->to <= r.text.n);
        must(memcmp(r.text.p + at, s.p + from, span->start - from) == 0);
        must(redact_original(&r, span->at, span->to, &start, &end) && start == span->start &&
             end == span->end);
        from = span->end;
        at = span->to;
    }
    must(r.text.n - at == size - from);
    must(!utf8_valid(s) || utf8_valid(r.text));
    redact(a, r.text, 1u << REDACT_EMAIL, &again);
    must(again.n == 0);
    arena_free(a);
    return 0;
}
