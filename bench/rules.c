/* SPDX-License-Identifier: MIT */
/*
 * The offline reader alone, without a database: `rules CSV SECONDS` reads the last column of the file again and again
 * and prints transcripts a second; then the same number for SHA-256 of the same texts, which is what a pass over the bytes
 * costs. Built and run by rules.mjs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/csv.h"
#include "core/base/hash.h"
#include "core/insight/rules.h"

enum { MAX_TEXTS = 2000, MAX_FILE_BYTES = 16 << 20, ARENA_BYTES = 64 << 20 };

static struct slice texts[MAX_TEXTS];
static size_t ntexts;

static int keep(void *arena, const struct csv_record *r)
{
    if (r->line > 1 && ntexts < MAX_TEXTS)
        texts[ntexts++] = slice_cstr(arena_slicedup(arena, r->fields[r->n - 1]));
    return 0;
}

static void read_one(struct arena *a, struct slice text)
{
    static struct reading r;

    rules_read(a, text, &r);
    arena_reset(a);
}

static void digest_one(struct arena *a, struct slice text)
{
    struct hash_stream h;
    uint8_t out[SHA256_BYTES];

    (void)a;
    hash_begin(&h);
    hash_update(&h, text.p, text.n);
    hash_end(&h, out);
}

static double rate(void (*one)(struct arena *, struct slice), int64_t ms)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const int64_t begun_us = clock_mono_us();
    const int64_t until_us = begun_us + ms * 1000;
    int64_t now_us;
    size_t done = 0;

    do {
        for (size_t i = 0; i < ntexts; i++)
            one(a, texts[i]);
        done += ntexts;
        now_us = clock_mono_us();
    } while (now_us < until_us);
    arena_free(a);
    return (double)done * 1e6 / (double)(now_us - begun_us);
}

int main(int argc, char **argv)
{
    static char file[MAX_FILE_BYTES];
    const struct csv_limits limits = {.record_bytes = 1 << 20, .fields = 64, .delimiter = ','};
    struct arena *a = arena_new(ARENA_BYTES);
    struct csv *p = csv_new(&limits, keep, a);
    FILE *f = argc == 3 ? fopen(argv[1], "rb") : NULL;
    size_t n;
    int64_t ms;

    if (!f)
        return 2;
    ms = (int64_t)(strtod(argv[2], NULL) * 1000);
    n = fread(file, 1, sizeof file, f);
    (void)fclose(f);
    if (csv_push(p, file, n) != CSV_OK || csv_finish(p) != CSV_OK || ntexts == 0)
        return 1;
    printf("%.1f %.1f\n", rate(read_one, ms), rate(digest_one, ms));
    csv_free(p);
    arena_free(a);
    return 0;
}
