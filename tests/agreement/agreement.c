/* SPDX-License-Identifier: MIT */
/*
 * agreement: how often the built-in reader answers as a careful person did.
 *
 *   agreement                      the real file and its labels (tests/data/README.md)
 *   agreement DATA LABELS          others of the same shape
 *   agreement --misses [...]       also list what differs, even rows only: the odd ones stay unseen
 *
 * A line a field: agreement on even rows (tuned on) and odd rows (not). A scalar agrees when it is equal, missing
 * included; an array when it holds the same codes. For arrays the second figure is F1 over single codes.
 *
 * Then the evidence: of the values that were given (defaults are none), how many stand in the transcript word for word,
 * which core/insight/locate confirms. The goal is GOAL_PERCENT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/csv.h"
#include "core/insight/locate.h"
#include "core/insight/reading.h"
#include "core/insight/rules.h"

enum { ROWS = 4096, COLUMNS = 32, FILE_BYTES = 16 << 20, CELL_BYTES = 256, GOAL_PERCENT = 95 };

struct row {
    struct slice transcript;
    const char *labels[READING_FIELDS]; /* NULL: the file does not label it */
};

struct tally {
    int rows, agreed;
    int both, labelled, read; /* codes of arrays */
};

struct evidence {
    int exact, normalised, absent;
};

struct job {
    struct arena *arena;
    struct row *rows;
    size_t n;
    int columns[COLUMNS]; /* of the file being read: field, or -1 */
    bool labels;
    bool header;
};

static int column_field(struct slice name, bool labels)
{
    static const char *const prefixes[] = {"", "requirements."};

    if (!labels)
        return slice_is(name, "Transcripcion") ? 0 : -1;
    for (size_t i = 0; i < 2; i++) {
        char full[CELL_BYTES];
        int field;

        if (name.n + 16 > sizeof full)
            return -1;
        snprintf(full, sizeof full, "%s%.*s", prefixes[i], (int)name.n, name.p);
        if ((field = reading_field_find(full)) >= 0)
            return field;
    }
    return -1;
}

static int on_record(void *user, const struct csv_record *record)
{
    struct job *job = user;
    const struct slice *fields = record->fields;
    const size_t n = record->n;

    if (record->too_many || job->n == ROWS)
        return 1;
    if (job->header) {
        job->header = false;
        for (size_t i = 0; i < COLUMNS; i++)
            job->columns[i] = i < n ? column_field(fields[i], job->labels) : -1;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        const char *copy;

        if (job->columns[i] < 0)
            continue;
        copy = arena_slicedup(job->arena, fields[i]);
        if (job->labels)
            job->rows[job->n].labels[job->columns[i]] = copy;
        else
            job->rows[job->n].transcript = (struct slice){copy, fields[i].n};
    }
    job->n++;
    return 0;
}

/* Rows in the file, 0 when it cannot be read. */
static size_t load(struct job *job, const char *path, bool labels)
{
    struct csv *csv =
        csv_new(&(struct csv_limits){.record_bytes = 4 << 20, .fields = COLUMNS}, on_record, job);
    FILE *f = fopen(path, "rb");
    size_t n = 0;

    job->labels = labels;
    job->header = true;
    job->n = 0;
    if (f) {
        char *bytes = arena_alloc(job->arena, FILE_BYTES);
        size_t got = fread(bytes, 1, FILE_BYTES, f);
        size_t bom = got >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

        if (csv_push(csv, bytes + bom, got - bom) == CSV_OK && csv_finish(csv) == CSV_OK)
            n = job->n;
        fclose(f);
    }
    csv_free(csv);
    return n;
}

/* The reader's answer, written as the labels are. */
static void answer(const struct reading *rd, int field, char out[CELL_BYTES])
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < rd->n; i++) {
        const struct reading_item *it = &rd->items[i];

        if (it->field != field)
            continue;
        if (reading_fields[field].kind == READING_BOOL)
            snprintf(out, CELL_BYTES, "%s", it->flag ? "true" : "false");
        else if (reading_fields[field].kind == READING_COUNT && it->status != READING_NOT_MENTIONED)
            snprintf(out, CELL_BYTES, "%lld", (long long)it->number);
        else if (it->value && at < CELL_BYTES - 1)
            at += (size_t)snprintf(out + at, CELL_BYTES - at, "%s%s", at ? "|" : "", it->value);
    }
}

static bool has_code(const char *list, struct slice code)
{
    struct slice rest = slice_cstr(list);

    while (rest.n)
        if (slice_eq(slice_cut(rest, '|', &rest), code))
            return true;
    return false;
}

static int count_codes(const char *list, const char *in)
{
    struct slice rest = slice_cstr(list);
    int n = 0;

    while (rest.n) {
        struct slice code = slice_cut(rest, '|', &rest);

        n += !in || has_code(in, code);
    }
    return n;
}

static bool compare(struct tally *t, enum reading_kind kind, const char *label, const char *got)
{
    bool agreed = strcmp(label, got) == 0;

    if (kind == READING_CODES) {
        int both = count_codes(label, got), labelled = count_codes(label, NULL),
            read = count_codes(got, NULL);

        agreed = both == labelled && both == read;
        t->both += both;
        t->labelled += labelled;
        t->read += read;
    }
    t->rows++;
    t->agreed += agreed;
    return agreed;
}

static void print_half(const struct tally *t, bool codes)
{
    char f1[16] = "";

    if (codes && t->labelled + t->read > 0)
        snprintf(f1, sizeof f1, "F1 %.2f", 2.0 * t->both / (t->labelled + t->read));
    printf("  %3d/%-3d %5.1f %%  %-8s", t->agreed, t->rows,
           t->rows ? 100.0 * t->agreed / t->rows : 0.0, f1);
}

/* EXACT counts only when the words are found again as they are. */
static void count_evidence(struct arena *a, struct slice transcript, const struct reading *rd,
                           struct evidence *out)
{
    struct locate_text t;

    locate_prepare(a, transcript, &t);
    for (size_t i = 0; i < rd->n; i++) {
        const struct reading_item *it = &rd->items[i];
        const struct slice words = {transcript.p + it->start, it->end - it->start};
        struct locate_span span;

        if (it->status == READING_EXACT && locate_quote(&t, words, &span) == LOCATE_EXACT &&
            span.start <= it->start)
            out->exact++;
        else if (it->status == READING_EXACT || it->status == READING_NORMALISED)
            out->normalised++;
        else if (it->status == READING_ABSENT)
            out->absent++;
    }
}

static void print_evidence(const struct evidence *e)
{
    const int all = e->exact + e->normalised + e->absent;

    printf(
        "\nevidence: %d values, exact %.1f %% (goal %d %%), normalised %.1f %%, absent %.1f %%\n",
        all, all ? 100.0 * e->exact / all : 0.0, GOAL_PERCENT,
        all ? 100.0 * e->normalised / all : 0.0, all ? 100.0 * e->absent / all : 0.0);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(256 << 20);
    struct job job = {.arena = arena, .rows = arena_zalloc(arena, ROWS, sizeof(struct row))};
    struct tally tallies[READING_FIELDS][2] = {0};
    struct evidence evidence = {0};
    bool misses = argc > 1 && strcmp(argv[1], "--misses") == 0;
    const char *dir = getenv("CM_SHARED_DATA");
    const char *data = argc > 2 + misses ? argv[1 + misses]
                                         : arena_printf(arena, "%s/meetings_vambe_60.csv",
                                                        dir ? dir : "../shared/data");
    const char *labels = argc > 2 + misses ? argv[2 + misses] : "tests/data/labels_vambe_60.csv";
    size_t n = load(&job, data, false), labelled = load(&job, labels, true);

    if (n == 0) {
        printf("SKIPPED: %s is not there (CM_SHARED_DATA names its folder)\n", data);
    } else if (n != labelled) {
        printf("agreement: %zu rows in %s, %zu in %s\n", n, data, labelled, labels);
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        struct arena *one = arena_new(64 << 20);
        struct reading rd;

        rules_read(one, job.rows[i].transcript, &rd);
        count_evidence(one, job.rows[i].transcript, &rd, &evidence);
        for (int f = 0; f < READING_FIELDS; f++) {
            char got[CELL_BYTES];
            bool even = (i + 1) % 2 == 0;

            if (!job.rows[i].labels[f])
                continue;
            answer(&rd, f, got);
            if (!compare(&tallies[f][!even], reading_fields[f].kind, job.rows[i].labels[f], got) &&
                misses && even)
                printf("row %zu %s: labelled \"%s\", read \"%s\"\n", i + 1, reading_fields[f].name,
                       job.rows[i].labels[f], got);
        }
        arena_free(one);
    }
    if (n)
        printf("%-30s  %-25s    %s\n", "field (" RULES_MODEL ")", "even rows (tuned on)",
               "odd rows");
    for (int f = 0; f < READING_FIELDS && n; f++)
        if (tallies[f][0].rows) {
            printf("%-30s", reading_fields[f].name);
            print_half(&tallies[f][0], reading_fields[f].kind == READING_CODES);
            print_half(&tallies[f][1], reading_fields[f].kind == READING_CODES);
            printf("\n");
        }
    if (n)
        print_evidence(&evidence);
    arena_free(arena);
    return 0;
}
