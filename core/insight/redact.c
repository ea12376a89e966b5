/* SPDX-License-Identifier: MIT */
#include "core/insight/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/unicode.h"
#include "core/insight/redact_number.h"

enum {
    LOCAL_BYTES = 64, /* of an address before the @, RFC 5321 */
    DOMAIN_BYTES = 253,
    SHORTEST = 6, /* bytes of the shortest value: a@b.co */
    PLACEHOLDER_BYTES = 24,
    KEY_BYTES = 16,
};

struct match {
    struct redact_span span;
    uint8_t key[KEY_BYTES];
    uint32_t first; /* index of the first match of the same value */
};

struct finder {
    struct slice s;
    unsigned kinds;
    struct match *items;
    size_t n;
};

const char *redact_kind_name(enum redact_kind kind)
{
    static const char *const names[REDACT_KINDS] = {"EMAIL", "PHONE", "CARD", "ID"};

    return names[kind];
}

static void add(struct finder *f, enum redact_kind kind, size_t start, size_t end, struct slice key)
{
    uint8_t digest[SHA256_BYTES];
    struct match *m = &f->items[f->n++];

    hash_sha256(key.p, key.n, digest);
    *m = (struct match){.span = {.start = (uint32_t)start, .end = (uint32_t)end, .kind = kind}};
    memcpy(m->key, digest, KEY_BYTES);
}

/* ---- e-mail ---- */

static bool alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The beginning of the character before `at`, when an address may have it before its @; `at` when not. */
static size_t local_before(struct slice s, size_t at)
{
    size_t i = at;
    unsigned used;

    while (i > 0 && at - i < 4 && ((unsigned char)s.p[--i] & 0xC0) == 0x80)
        ;
    if (i == at)
        return at;
    if (alnum(s.p[i]) || (s.p[i] && strchr("._%+-'&", s.p[i])))
        return i;
    if ((unsigned char)s.p[i] < 0x80 || !unicode_is_letter(utf8_decode(s, i, &used)) ||
        i + used != at)
        return at;
    return i;
}

/* Labels joined by dots, the last of letters; the end, or `at` when there is none. */
static size_t domain_end(struct slice s, size_t at)
{
    size_t i = at, label = at, end = at;

    for (; i < s.n && i - at < DOMAIN_BYTES; i++) {
        if (s.p[i] == '.' && i > label) {
            label = i + 1;
            continue;
        }
        if (!alnum(s.p[i]) && s.p[i] != '-' && (unsigned char)s.p[i] < 0x80)
            break;
        if (label > at && i - label >= 1 && s.p[i] != '-')
            end = i + 1; /* two characters behind a dot */
    }
    return end;
}

/* At an @; *end gets where to go on. */
static void find_email(struct finder *f, size_t at, size_t floor, size_t *end)
{
    size_t start = at;
    const size_t stop = domain_end(f->s, at + 1);
    char key[LOCAL_BYTES + DOMAIN_BYTES + 2];
    size_t n = 0;

    while (start > floor && at - start < LOCAL_BYTES && local_before(f->s, start) < start)
        start = local_before(f->s, start);
    while (start < at && (unsigned char)f->s.p[start] < 0x80 && !alnum(f->s.p[start]))
        start++; /* no quote, no dot to begin with */
    if (start == at || stop == at + 1)
        return;
    while (f->n > 0 && f->items[f->n - 1].span.end > start) { /* digits taken for something else */
        f->n--;
        start = f->items[f->n].span.start < start ? f->items[f->n].span.start : start;
    }
    for (size_t i = start; i < stop && n < sizeof key; i++)
        key[n++] = (char)(f->s.p[i] >= 'A' && f->s.p[i] <= 'Z' ? f->s.p[i] + 32 : f->s.p[i]);
    add(f, REDACT_EMAIL, start, stop, (struct slice){key, n});
    *end = stop;
}

/* ---- all ---- */

static size_t digits_at(struct slice s, size_t at)
{
    size_t n = 0;

    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
        n++;
    return n;
}

static bool number_may_begin(struct slice s, size_t at)
{
    enum { TELEPHONE_DIGITS = 7 };
    const char c = s.p[at], before = at > 0 ? s.p[at - 1] : ' ';

    if (alnum(before) || (unsigned char)before >= 0xC3)
        return false;
    if (at > 1 && digits_at(s, at - 2) == 1 && digits_at(s, at) > 0 &&
        (before == '.' || (before == ',' && digits_at(s, at) < TELEPHONE_DIGITS)))
        return false; /* decimals, or the rest of thousands */
    return (c >= '0' && c <= '9') || (c && strchr("+(XYZxyz", c));
}

static void find(struct finder *f)
{
    size_t floor = 0; /* end of the last value */
    size_t at = 0;

    while (at < f->s.n) {
        struct redact_found found;
        size_t next = at + 1;

        if (f->s.p[at] == '@' && (f->kinds >> REDACT_EMAIL & 1)) {
            find_email(f, at, floor, &next);
        } else if (number_may_begin(f->s, at) &&
                   redact_number_at(f->s, at, f->kinds, &found, &next)) {
            add(f, found.kind, found.start, found.end, slice_cstr(found.key));
            next = found.end;
        }
        /* an address may begin with what was just taken */
        if (f->n > 0 && f->items[f->n - 1].span.kind == REDACT_EMAIL)
            floor = f->items[f->n - 1].span.end;
        at = next;
    }
}

static int by_value(const void *a, const void *b)
{
    const struct match *x = *(const struct match *const *)a, *y = *(const struct match *const *)b;
    int order = (int)x->span.kind - (int)y->span.kind;

    order = order ? order : memcmp(x->key, y->key, KEY_BYTES);
    return order ? order : x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

/* Numbers in the order in which values first come. */
static void number(struct arena *a, struct finder *f)
{
    struct match **sorted = arena_alloc(a, (f->n + 1) * sizeof(struct match *));
    uint32_t last[REDACT_KINDS] = {0};

    for (size_t i = 0; i < f->n; i++)
        sorted[i] = &f->items[i];
    qsort(sorted, f->n, sizeof(struct match *), by_value);
    for (size_t i = 0; i < f->n; i++) {
        const bool same = i > 0 && sorted[i - 1]->span.kind == sorted[i]->span.kind &&
                          memcmp(sorted[i - 1]->key, sorted[i]->key, KEY_BYTES) == 0;

        sorted[i]->first = same ? sorted[i - 1]->first : (uint32_t)(sorted[i] - f->items);
    }
    for (size_t i = 0; i < f->n; i++) {
        struct match *m = &f->items[i];

        m->span.number = m->first == i ? ++last[m->span.kind] : f->items[m->first].span.number;
    }
}

void redact(struct arena *a, struct slice transcript, unsigned kinds, struct redaction *out)
{
    struct finder f = {.s = transcript, .kinds = kinds};
    struct redact_span *spans;
    size_t from = 0, n = 0;
    char *text;

    f.items = arena_alloc(a, (transcript.n / SHORTEST + 1) * sizeof *f.items);
    find(&f);
    number(a, &f);
    spans = arena_alloc(a, (f.n + 1) * sizeof *spans);
    text = arena_alloc(a, transcript.n + f.n * PLACEHOLDER_BYTES + 1);
    for (size_t i = 0; i < f.n; i++) {
        struct redact_span *s = &spans[i];

        *s = f.items[i].span;
        memcpy(text + n, transcript.p + from, s->start - from);
        n += s->start - from;
        s->at = (uint32_t)n;
        n += (size_t)snprintf(text + n, PLACEHOLDER_BYTES, "[%s-%u]", redact_kind_name(s->kind),
                              s->number);
        s->to = (uint32_t)n;
        from = s->end;
    }
    if (transcript.n > from)
        memcpy(text + n, transcript.p + from, transcript.n - from);
    n += transcript.n - from;
    *out =
        (struct redaction){.transcript = transcript, .text = {text, n}, .spans = spans, .n = f.n};
}

/* How many spans end at or before `at` of the text. */
static size_t spans_before(const struct redaction *r, uint32_t at)
{
    size_t low = 0, high = r->n;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (r->spans[mid].to <= at)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Of a place that is inside no placeholder. */
static uint32_t shifted(const struct redaction *r, size_t before, uint32_t at)
{
    return before == 0 ? at : at - r->spans[before - 1].to + r->spans[before - 1].end;
}

bool redact_original(const struct redaction *r, uint32_t start, uint32_t end, uint32_t *out_start,
                     uint32_t *out_end)
{
    const size_t a = spans_before(r, start), b = spans_before(r, end);
    const bool in_first = a < r->n && r->spans[a].at <= start;
    const bool in_last = b < r->n && r->spans[b].at < end;

    *out_start = in_first ? r->spans[a].start : shifted(r, a, start);
    *out_end = in_last ? r->spans[b].end : shifted(r, b, end);
    return in_first || in_last || a != b;
}
