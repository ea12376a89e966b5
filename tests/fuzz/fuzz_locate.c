/* SPDX-License-Identifier: MIT */
/* A transcript, a line "---", and a quote: what is found lies inside, on boundaries, and is the quote when it is exact;
 * a quote cut out of the transcript at what was found is found there or before. */
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/insight/locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *line = size ? memmem(text, size, "\n---\n", 5) : NULL;
    const struct slice transcript = {text, line ? (size_t)(line - text) : size / 2};
    const struct slice quote = {line ? line + 5 : text + transcript.n,
                                size - transcript.n - (line ? 5 : 0)};
    struct arena *a = arena_new(64 << 20);
    struct locate_text t;
    struct locate_span span, again;
    enum locate_status status;

    locate_prepare(a, transcript, &t);
    locate_says_something(quote);
    status = locate_quote(&t, quote, &span);
    if (status != LOCATE_NONE) {
        const struct slice found = {text + span.start, span.end - span.start};

        if (span.start >= span.end || span.end > transcript.n)
            abort();
        if (utf8_valid(transcript) && !utf8_valid(found))
            abort();
        if (status == LOCATE_EXACT && !memmem(quote.p, quote.n, found.p, found.n))
            abort();
        if (found.n <= LOCATE_QUOTE_BYTES && utf8_valid(found) &&
            (locate_quote(&t, found, &again) != LOCATE_EXACT || again.start > span.start))
            abort();
    }
    arena_free(a);
    return 0;
}
