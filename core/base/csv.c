/* SPDX-License-Identifier: MIT */
#include "core/base/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"

enum state {
    FIELD_START,
    IN_PLAIN,
    IN_QUOTES,
    QUOTE_IN_QUOTES, /* a quote inside quotes: the end, or the first half of "" */
};

struct csv {
    struct csv_limits limits;
    csv_record_fn fn;
    void *user;

    char *buf; /* unescaped bytes of the current record */
    size_t n;
    size_t cap;
    size_t *ends; /* end offset of each finished field in buf */
    struct slice *fields;
    size_t nfields;

    size_t raw; /* bytes of the current record as sent */
    enum state state;
    bool pending_cr; /* a CR ended a record: a LF right after it belongs to it */
    bool cr_in_quotes;
    bool any; /* the current record holds a byte */
    uint64_t line;
    uint64_t record_line;
    enum csv_status status;
};

static void *grow(void *p, size_t n)
{
    void *q = realloc(p, n);

    if (!q) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("csv")}, {"bytes", LOG_I(n)});
        _Exit(70);
    }
    return q;
}

struct csv *csv_new(const struct csv_limits *limits, csv_record_fn fn, void *user)
{
    struct csv *p = grow(NULL, sizeof *p);

    *p = (struct csv){.limits = *limits, .fn = fn, .user = user};
    if (!p->limits.delimiter)
        p->limits.delimiter = ',';
    p->ends = grow(NULL, p->limits.fields * sizeof *p->ends);
    p->fields = grow(NULL, p->limits.fields * sizeof *p->fields);
    csv_reset(p);
    return p;
}

void csv_free(struct csv *p)
{
    if (!p)
        return;
    free(p->buf);
    free(p->ends);
    free(p->fields);
    free(p);
}

void csv_reset(struct csv *p)
{
    p->n = p->nfields = p->raw = 0;
    p->state = FIELD_START;
    p->pending_cr = p->cr_in_quotes = p->any = false;
    p->line = p->record_line = 1;
    p->status = CSV_OK;
}

uint64_t csv_line(const struct csv *p)
{
    return p->record_line;
}

static void keep(struct csv *p, const char *s, size_t n)
{
    if (p->n + n > p->cap) {
        p->cap = p->cap ? p->cap : 4096;
        while (p->cap < p->n + n)
            p->cap *= 2;
        p->buf = grow(p->buf, p->cap);
    }
    memcpy(p->buf + p->n, s, n);
    p->n += n;
}

static enum csv_status end_field(struct csv *p)
{
    if (p->nfields == p->limits.fields)
        return CSV_TOO_MANY_FIELDS;
    p->ends[p->nfields++] = p->n;
    p->state = FIELD_START;
    return CSV_OK;
}

static enum csv_status end_record(struct csv *p)
{
    const uint64_t line = p->record_line;
    enum csv_status s = CSV_OK;

    if (p->any) {
        s = end_field(p);
        for (size_t i = 0, from = 0; s == CSV_OK && i < p->nfields; i++) {
            p->fields[i] = (struct slice){p->buf ? p->buf + from : "", p->ends[i] - from};
            from = p->ends[i];
        }
        if (s == CSV_OK && p->fn(p->user, p->fields, p->nfields, line) != 0)
            s = CSV_STOPPED;
    }
    p->n = p->nfields = p->raw = 0;
    p->any = false;
    p->state = FIELD_START;
    return s;
}

/* Bytes that mean nothing special in the present state, taken in one go. */
static size_t plain_run(const struct csv *p, const char *s, size_t n)
{
    size_t i = 0;

    if (p->state == IN_QUOTES) {
        while (i < n && s[i] != '"' && s[i] != '\n' && s[i] != '\r')
            i++;
    } else if (p->state == IN_PLAIN) {
        while (i < n && s[i] != p->limits.delimiter && s[i] != '\n' && s[i] != '\r')
            i++;
    }
    return i;
}

static enum csv_status step(struct csv *p, char c)
{
    const bool ends_record = c == '\n' || c == '\r';

    if (!p->any && !ends_record) {
        p->any = true;
        p->record_line = p->line;
    }
    switch (p->state) {
    case IN_QUOTES:
        if (c == '"') {
            p->state = QUOTE_IN_QUOTES;
            return CSV_OK;
        }
        keep(p, &c, 1);
        return CSV_OK;
    case QUOTE_IN_QUOTES:
        if (c == '"') {
            keep(p, &c, 1);
            p->state = IN_QUOTES;
            return CSV_OK;
        }
        if (c != p->limits.delimiter && !ends_record)
            return CSV_BAD_QUOTE;
        break;
    case FIELD_START:
        if (c == '"') {
            p->state = IN_QUOTES;
            return CSV_OK;
        }
        break;
    case IN_PLAIN: break;
    }
    if (ends_record)
        return end_record(p);
    if (c == p->limits.delimiter)
        return end_field(p);
    p->state = IN_PLAIN;
    keep(p, &c, 1);
    return CSV_OK;
}

enum csv_status csv_push(struct csv *p, const void *data, size_t n)
{
    const char *s = data;

    for (size_t i = 0; i < n && p->status == CSV_OK;) {
        const size_t run = plain_run(p, s + i, n - i);
        const char c = s[i];

        if (run > 0) {
            if (run > p->limits.record_bytes - p->raw) {
                p->status = CSV_RECORD_TOO_LONG;
                break;
            }
            keep(p, s + i, run);
            p->raw += run;
            i += run;
            p->pending_cr = p->cr_in_quotes = false;
            continue;
        }
        i++;
        if (c == '\n' && p->pending_cr) { /* second half of a CRLF that ended a record */
            p->pending_cr = false;
            continue;
        }
        p->pending_cr = false;
        if (p->raw++ >= p->limits.record_bytes) {
            p->status = CSV_RECORD_TOO_LONG;
            break;
        }
        /* a physical line ends at LF, CRLF or a lone CR, inside quotes too */
        if (c == '\r' || (c == '\n' && !p->cr_in_quotes))
            p->line++;
        if (c == '\r' && p->state != IN_QUOTES)
            p->pending_cr = true;
        p->cr_in_quotes = c == '\r' && p->state == IN_QUOTES;
        p->status = step(p, c);
    }
    return p->status;
}

enum csv_status csv_finish(struct csv *p)
{
    if (p->status == CSV_OK && p->state == IN_QUOTES)
        p->status = CSV_BAD_QUOTE;
    if (p->status == CSV_OK && p->any)
        p->status = end_record(p);
    return p->status;
}
