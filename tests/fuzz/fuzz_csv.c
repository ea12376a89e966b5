/* SPDX-License-Identifier: MIT */
/* Any bytes, under any small limits: cut anywhere, the records are the same, and none is beyond a limit. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/csv.h"
#include "core/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct hash_stream h;
    struct csv_limits limits;
    uint64_t line;
};

static int digest_record(void *user, const struct csv_record *r)
{
    struct seen *seen = user;
    const size_t tail[] = {r->n, (size_t)r->cut_field, r->too_many, r->record_cut};
    size_t bytes = 0;

    if (r->line <= seen->line || r->n == 0 || r->n > seen->limits.fields ||
        (r->too_many && r->too_many <= seen->limits.fields))
        abort();
    seen->line = r->line;
    hash_update(&seen->h, &r->line, sizeof r->line);
    hash_update(&seen->h, tail, sizeof tail);
    for (size_t i = 0; i < r->n; i++) {
        if (r->fields[i].n > seen->limits.field_bytes)
            abort();
        bytes += r->fields[i].n;
        hash_update(&seen->h, &r->fields[i].n, sizeof r->fields[i].n);
        hash_update(&seen->h, r->fields[i].p, r->fields[i].n);
    }
    if (bytes > seen->limits.record_bytes)
        abort();
    return 0;
}

static enum csv_status digest(const struct csv_limits *l, const uint8_t *p, size_t n, size_t piece,
                              uint8_t out[SHA256_BYTES])
{
    enum csv_status s = CSV_OK;
    struct seen seen = {.limits = *l};
    struct csv *c = csv_new(l, digest_record, &seen);
    struct csv_style style;

    hash_begin(&seen.h);
    for (size_t i = 0; i < n && s == CSV_OK; i += piece)
        s = csv_push(c, p + i, n - i < piece ? n - i : piece);
    if (s == CSV_OK)
        s = csv_finish(c);
    style = csv_style(c);
    hash_update(&seen.h, &style.lf, sizeof style.lf);
    hash_update(&seen.h, &style.crlf, sizeof style.crlf);
    hash_update(&seen.h, &style.cr, sizeof style.cr);
    hash_update(&seen.h, &style.quoted, sizeof style.quoted);
    csv_free(c);
    hash_end(&seen.h, out);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {',', ';', '\t', '|'};
    uint8_t whole[SHA256_BYTES];
    uint8_t pieces[SHA256_BYTES];
    struct csv_limits l;
    size_t piece;

    if (size < 2)
        return 0;
    l = (struct csv_limits){.record_bytes = 1 + data[0],
                            .field_bytes = 1 + data[0] % 32,
                            .fields = 1 + data[1] % 16,
                            .delimiter = delimiters[data[1] >> 6]};
    piece = 1 + data[0] % 7;
    data += 2;
    size -= 2;
    if (digest(&l, data, size, size ? size : 1, whole) != digest(&l, data, size, piece, pieces) ||
        !hash_equal(whole, pieces, sizeof whole))
        abort();
    return 0;
}
