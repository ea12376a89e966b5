/* SPDX-License-Identifier: MIT */
/* Any bytes, under any small limits: cut anywhere, the records are the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/csv.h"
#include "core/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int digest_record(void *user, const struct slice *fields, size_t n, uint64_t line)
{
    hash_update(user, &line, sizeof line);
    for (size_t i = 0; i < n; i++) {
        hash_update(user, &fields[i].n, sizeof fields[i].n);
        hash_update(user, fields[i].p, fields[i].n);
    }
    return 0;
}

static enum csv_status digest(const struct csv_limits *l, const uint8_t *p, size_t n, size_t piece,
                              uint8_t out[SHA256_BYTES])
{
    enum csv_status s = CSV_OK;
    struct hash_stream h;
    struct csv *c;

    hash_begin(&h);
    c = csv_new(l, digest_record, &h);
    for (size_t i = 0; i < n && s == CSV_OK; i += piece)
        s = csv_push(c, p + i, n - i < piece ? n - i : piece);
    if (s == CSV_OK)
        s = csv_finish(c);
    csv_free(c);
    hash_end(&h, out);
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
