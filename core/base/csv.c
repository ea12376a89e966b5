/* SPDX-License-Identifier: MIT */
#include "core/base/csv.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"

enum state {
    RECORD_START,
    FIELD_START,
    IN_PLAIN, /* no quote means anything until the field's end */
    IN_QUOTES,
    QUOTE_IN_QUOTES, /* a quote inside quotes: the end, or the first half of "" */
};

struct csv {
    struct csv_limits limits;
    csv_record_fn fn;
    void *user;

    char *buf; /* unescaped bytes of the current record, as far as they are kept */
    size_t n;
    size_t cap;
    size_t *ends; /* end offset of each finished field in buf */
    struct slice *fields;
    size_t nfields; /* finished, also those that are not kept */
    size_t from;    /* where the current field begins in buf */
    int cut_field;
    bool record_cut;

    enum state state;
    bool after_cr; /* the last byte was a CR that ended a line: a LF right after it belongs to it */
    bool cr_record; /* that line was a record's last */
    uint64_t line;
    uint64_t record_line;
    struct csv_style style;
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
    if (!p->limits.field_bytes)
        p->limits.field_bytes = p->limits.record_bytes;
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

static void begin_record(struct csv *p)
{
    p->n = p->nfields = p->from = 0;
    p->cut_field = -1;
    p->record_cut = false;
    p->state = RECORD_START;
}

void csv_reset(struct csv *p)
{
    begin_record(p);
    p->after_cr = p->cr_record = false;
    p->line = p->record_line = 1;
    p->style = (struct csv_style){0};
    p->status = CSV_OK;
}

uint64_t csv_line(const struct csv *p)
{
    return p->record_line;
}

struct csv_style csv_style(const struct csv *p)
{
    return p->style;
}

/* As many of the bytes as both limits leave room for. */
static void keep(struct csv *p, const char *s, size_t n)
{
    const size_t room_record = p->limits.record_bytes - p->n;
    const size_t room_field = p->limits.field_bytes - (p->n - p->from);
    const size_t room = room_record < room_field ? room_record : room_field;

    if (p->nfields >= p->limits.fields)
        return;
    if (n > room) {
        if (p->cut_field < 0)
            p->cut_field = (int)p->nfields;
        p->record_cut |= room_record <= room_field;
        n = room;
    }
    if (p->n + n > p->cap) {
        p->cap = p->cap ? p->cap : 4096;
        while (p->cap < p->n + n)
            p->cap *= 2;
        p->buf = grow(p->buf, p->cap);
    }
    if (n)
        memcpy(p->buf + p->n, s, n);
    p->n += n;
}

static void end_field(struct csv *p)
{
    if (p->nfields < p->limits.fields)
        p->ends[p->nfields] = p->n;
    p->nfields++;
    p->from = p->n;
    p->state = FIELD_START;
}

static void end_record(struct csv *p)
{
    struct csv_record r;

    end_field(p);
    r = (struct csv_record){.fields = p->fields,
                            .n = p->nfields,
                            .line = p->record_line,
                            .cut_field = p->cut_field,
                            .record_cut = p->record_cut};
    if (r.n > p->limits.fields) {
        r.too_many = r.n;
        r.n = p->limits.fields;
    }
    for (size_t i = 0, from = 0; i < r.n; i++) {
        p->fields[i] = (struct slice){p->buf ? p->buf + from : "", p->ends[i] - from};
        from = p->ends[i];
    }
    begin_record(p);
    if (p->fn(p->user, &r) != 0)
        p->status = CSV_STOPPED;
}

/* Bytes before the first that ends a plain field. Eight at a time: in `x ^ pattern` the byte looked for is zero, and
 * (v - 1s) & ~v & 80s has its high bit set at each zero byte; false hits lie only above a true one, which little
 * endian never looks at. */
static size_t plain_run(const char *s, size_t n, char delimiter)
{
    size_t i = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t highs = 0x8080808080808080u;
    const uint64_t delimiters = ones * (unsigned char)delimiter;

    for (; n - i >= 8; i += 8) {
        uint64_t v;
        uint64_t hit;

        memcpy(&v, s + i, 8);
        hit = ((v ^ delimiters) - ones) & ~(v ^ delimiters);
        hit |= ((v ^ ones * '\n') - ones) & ~(v ^ ones * '\n');
        hit |= ((v ^ ones * '\r') - ones) & ~(v ^ ones * '\r');
        hit &= highs;
        if (hit)
            return i + (size_t)__builtin_ctzll(hit) / 8;
    }
#endif
    while (i < n && s[i] != delimiter && s[i] != '\n' && s[i] != '\r')
        i++;
    return i;
}

/* Line ends inside quotes: each LF, CRLF and lone CR is one. */
static void count_lines(struct csv *p, const char *s, size_t n)
{
    const char *end = s + n;

    if (!n)
        return;
    for (const char *q = s; (q = memchr(q, '\r', (size_t)(end - q))); q++)
        p->line++;
    for (const char *q = s; (q = memchr(q, '\n', (size_t)(end - q))); q++)
        p->line += q > s ? q[-1] != '\r' : !p->after_cr;
    p->after_cr = end[-1] == '\r';
}

static void end_line(struct csv *p, char c)
{
    p->line++;
    p->after_cr = c == '\r';
    p->cr_record = p->after_cr && p->state != RECORD_START;
    if (p->state == RECORD_START)
        return; /* blank */
    p->style.lf += c == '\n';
    p->style.cr += c == '\r';
    end_record(p);
}

/* *s is the first byte behind a record's end. */
static const char *start_record(struct csv *p, const char *s)
{
    const bool second_half = p->after_cr && *s == '\n';

    p->after_cr = false;
    if (second_half) {
        p->style.cr -= p->cr_record; /* end_line() took it for a lone one */
        p->style.crlf += p->cr_record;
        return s + 1;
    }
    if (*s == '\n' || *s == '\r') {
        end_line(p, *s);
        return s + 1;
    }
    p->record_line = p->line;
    p->state = FIELD_START;
    return s;
}

/* Takes at least one byte, or moves to another state. */
static const char *step(struct csv *p, const char *s, const char *end)
{
    const size_t left = (size_t)(end - s);
    const char *quote;
    size_t run;

    switch (p->state) {
    case RECORD_START: return start_record(p, s);
    case FIELD_START:
        if (*s == '"') {
            p->style.quoted = true;
            p->state = IN_QUOTES;
            return s + 1;
        }
        p->state = IN_PLAIN;
        return s;
    case IN_PLAIN:
        run = plain_run(s, left, p->limits.delimiter);
        keep(p, s, run);
        s += run;
        if (s == end)
            return s;
        if (*s == p->limits.delimiter)
            end_field(p);
        else
            end_line(p, *s);
        return s + 1;
    case IN_QUOTES:
        quote = memchr(s, '"', left);
        run = quote ? (size_t)(quote - s) : left;
        count_lines(p, s, run);
        keep(p, s, run);
        if (!quote)
            return end;
        p->after_cr = false;
        p->state = QUOTE_IN_QUOTES;
        return quote + 1;
    case QUOTE_IN_QUOTES:
        if (*s != '"') {
            p->state = IN_PLAIN;
            return s;
        }
        keep(p, s, 1);
        p->state = IN_QUOTES;
        return s + 1;
    }
    return end;
}

enum csv_status csv_push(struct csv *p, const void *data, size_t n)
{
    const char *s = data;
    const char *end = s + n;

    while (s < end && p->status == CSV_OK)
        s = step(p, s, end);
    return p->status;
}

enum csv_status csv_finish(struct csv *p)
{
    if (p->status == CSV_OK && p->state == IN_QUOTES)
        p->status = CSV_BAD_QUOTE;
    if (p->status == CSV_OK && p->state != RECORD_START)
        end_record(p);
    return p->status;
}
