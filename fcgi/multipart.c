/* SPDX-License-Identifier: MIT */
#include "fcgi/multipart.h"

#include <string.h>

#include "core/base/limits.h"

enum { BUFFER_BYTES = 64 << 10, BOUNDARY_BYTES = 70 }; /* RFC 2046 section 5.1.1 */

struct multipart {
    const struct http_request *rq;
    const char *field;                  /* of the file; the caller's */
    char delimiter[BOUNDARY_BYTES + 5]; /* CR LF -- boundary */
    size_t ndelimiter;
    char buf[BUFFER_BYTES];
    size_t from; /* unread bytes are buf[from, to) */
    size_t to;
    bool ended; /* the body has no more */
    bool done;  /* the file's end and the body's were seen */
};

static int invalid(struct ctx *cx)
{
    return ctx_fail(cx, ERR_INVALID, "multipart_invalid", NULL, "the form data is not well formed");
}

/* Moves what is unread to the front and reads more behind it. */
static int fill(struct ctx *cx, struct multipart *m)
{
    long n;

    if (m->from) {
        memmove(m->buf, m->buf + m->from, m->to - m->from);
        m->to -= m->from;
        m->from = 0;
    }
    while (!m->ended && m->to < sizeof m->buf) {
        n = m->rq->read_body(cx, m->rq->body_source, m->buf + m->to, sizeof m->buf - m->to);
        if (n < 0)
            return -1;
        if (n == 0)
            m->ended = true;
        m->to += (size_t)n;
        if (n > 0)
            break;
    }
    return 0;
}

static char *find(const struct multipart *m, const char *what, size_t n)
{
    return memmem(m->buf + m->from, m->to - m->from, what, n);
}

/* `boundary` of a Content-Type, quoted or not. */
static bool boundary_of(struct slice type, struct slice *out)
{
    struct slice rest;

    slice_cut(type, ';', &rest);
    while (rest.n) {
        struct slice value;
        const struct slice param = slice_cut(rest, ';', &rest);
        const struct slice name = slice_trim(slice_cut(param, '=', &value));

        value = slice_trim(value);
        if (!slice_eq_nocase(name, SLICE("boundary")))
            continue;
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct slice){value.p + 1, value.n - 2};
        *out = value;
        return value.n >= 1 && value.n <= BOUNDARY_BYTES;
    }
    return false;
}

/* The value of name="..." in a Content-Disposition line; browsers escape a quote in it as %22. */
static bool disposition_param(struct slice line, const char *name, struct slice *out)
{
    const size_t len = strlen(name);

    for (size_t i = 0; i + len + 2 < line.n; i++) {
        const bool at_start =
            line.p[i == 0 ? 0 : i - 1] == ' ' || line.p[i == 0 ? 0 : i - 1] == ';';
        const char *quote;

        if (!at_start || memcmp(line.p + i, name, len) != 0 || line.p[i + len] != '=' ||
            line.p[i + len + 1] != '"')
            continue;
        out->p = line.p + i + len + 2;
        quote = memchr(out->p, '"', (size_t)(line.p + line.n - out->p));
        if (!quote)
            return false;
        out->n = (size_t)(quote - out->p);
        return true;
    }
    return false;
}

/* Reads the headers of the part that begins here; true in *is_ours when it is the file. */
static int part_headers(struct ctx *cx, struct multipart *m, const char *field, bool *is_ours,
                        struct slice *filename)
{
    const char *end;
    struct slice rest;

    while (!(end = find(m, "\r\n\r\n", 4))) {
        const size_t before = m->to - m->from;

        if (before > LIMIT_MULTIPART_HEADER_BYTES)
            return invalid(cx);
        if (fill(cx, m) < 0)
            return -1;
        if (m->to - m->from == before)
            return invalid(cx);
    }
    rest = (struct slice){m->buf + m->from, (size_t)(end - (m->buf + m->from))};
    *is_ours = false;
    while (rest.n) {
        struct slice value;
        const struct slice line = slice_cut(rest, '\n', &rest);
        const struct slice name = slice_trim(slice_cut(line, ':', &value));
        struct slice text;

        if (!slice_eq_nocase(name, SLICE("content-disposition")))
            continue;
        if (disposition_param(value, "name", &text) && slice_is(text, field) &&
            disposition_param(value, "filename", &text)) {
            *is_ours = true;
            *filename = slice_cstr(arena_slicedup(cx->arena, text));
        }
    }
    m->from = (size_t)(end - m->buf) + 4;
    return 0;
}

/* Bytes before the next delimiter that are in the buffer: up to it, or all but what may be its beginning. *at_end
 * when the delimiter follows them. */
static size_t content_ahead(const struct multipart *m, bool *at_end)
{
    const char *hit = find(m, m->delimiter, m->ndelimiter);
    const size_t have = m->to - m->from;

    *at_end = hit != NULL;
    if (hit)
        return (size_t)(hit - (m->buf + m->from));
    return have >= m->ndelimiter ? have - (m->ndelimiter - 1) : 0;
}

static int need_two(struct ctx *cx, struct multipart *m)
{
    while (m->to - m->from < 2) {
        const size_t before = m->to - m->from;

        if (fill(cx, m) < 0)
            return -1;
        if (m->to - m->from == before)
            return invalid(cx);
    }
    return 0;
}

/* After a delimiter: "\r\n" begins another part, blanks before it or not (RFC 2046, transport padding); "--" ends the
 * body. */
static int after_delimiter(struct ctx *cx, struct multipart *m, bool *last)
{
    bool padded = false;

    while (need_two(cx, m) == 0) {
        const char *p = m->buf + m->from;

        if (*p == ' ' || *p == '\t') {
            padded = true;
            m->from++;
            continue;
        }
        if (memcmp(p, "\r\n", 2) != 0 && (padded || memcmp(p, "--", 2) != 0))
            return invalid(cx);
        *last = *p == '-';
        m->from += 2;
        return 0;
    }
    return -1;
}

/* Skips to just behind the next delimiter. */
static int skip_part(struct ctx *cx, struct multipart *m)
{
    for (;;) {
        bool at_end;

        m->from += content_ahead(m, &at_end);
        if (at_end) {
            m->from += m->ndelimiter;
            return 0;
        }
        if (m->ended)
            return invalid(cx);
        if (fill(cx, m) < 0)
            return -1;
    }
}

int multipart_open(struct ctx *cx, const struct http_request *rq, const char *field,
                   struct multipart **out, struct slice *filename)
{
    struct multipart *m = arena_zalloc(cx->arena, 1, sizeof *m);
    struct slice boundary;
    bool ours = false;
    bool last = false;

    m->rq = rq;
    m->field = field;
    if (!boundary_of(rq->content_type, &boundary))
        return ctx_fail(cx, ERR_INVALID, "boundary_missing", "Content-Type",
                        "the form data has no boundary");
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.p, boundary.n);
    m->ndelimiter = boundary.n + 4;

    /* the first delimiter has no line before it: pretend one */
    memcpy(m->buf, "\r\n", 2);
    m->to = 2;
    if (skip_part(cx, m) < 0 || after_delimiter(cx, m, &last) < 0)
        return -1;
    while (!last) {
        if (part_headers(cx, m, field, &ours, filename) < 0)
            return -1;
        if (ours) {
            *out = m;
            return 0;
        }
        /* a part may be empty: its headers' last line end is the delimiter's first */
        m->from -= 2;
        if (skip_part(cx, m) < 0 || after_delimiter(cx, m, &last) < 0)
            return -1;
    }
    return ctx_fail(cx, ERR_INVALID, "file_missing", field, "send the file as the form field %s",
                    field);
}

/* Whatever follows the file, to the end of the body; but no second one, which would be dropped without a word. */
static int drain(struct ctx *cx, struct multipart *m)
{
    struct slice filename;
    bool ours = false;
    bool last = false;

    if (after_delimiter(cx, m, &last) < 0)
        return -1;
    while (!last) {
        if (part_headers(cx, m, m->field, &ours, &filename) < 0)
            return -1;
        if (ours)
            return ctx_fail(cx, ERR_INVALID, "file_twice", m->field, "send one file at a time");
        m->from -= 2; /* as in multipart_open() */
        if (skip_part(cx, m) < 0 || after_delimiter(cx, m, &last) < 0)
            return -1;
    }
    while (!m->ended) {
        m->from = m->to;
        if (fill(cx, m) < 0)
            return -1;
    }
    return 0;
}

long multipart_read(struct ctx *cx, void *multipart, void *buf, size_t n)
{
    struct multipart *m = multipart;

    while (!m->done) {
        bool at_end;
        size_t ready = content_ahead(m, &at_end);

        if (ready) {
            if (ready > n)
                ready = n;
            memcpy(buf, m->buf + m->from, ready);
            m->from += ready;
            return (long)ready;
        }
        if (at_end) {
            m->from += m->ndelimiter;
            if (drain(cx, m) < 0)
                return -1;
            m->done = true;
        } else if (m->ended) {
            return invalid(cx);
        } else if (fill(cx, m) < 0) {
            return -1;
        }
    }
    return 0;
}
