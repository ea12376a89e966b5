/* SPDX-License-Identifier: MIT */
#include "core/insight/prove.h"

#include <string.h>

#include "core/base/unicode.h"
#include "core/insight/rules_match.h"
#include "core/insight/rules_number.h"
#include "core/insight/rules_text.h"

enum {
    WORKING_HOURS = 8,
    STEM_CHARS = 5, /* "automatizar" speaks of "automatización" */
    STEM_CHARS_MIN = 4,
    WORD_BYTES = 64, /* what follows in a longer word is ignored */
};

void prove_begin(struct arena *a, struct slice transcript, struct prove_source *out)
{
    *out = (struct prove_source){.transcript = transcript};
    locate_prepare(a, transcript, &out->shown);
}

void prove_begin_redacted(struct arena *a, const struct redaction *r, struct prove_source *out)
{
    *out = (struct prove_source){.transcript = r->transcript, .redaction = r};
    locate_prepare(a, r->text, &out->shown);
}

enum reading_status prove_quote(const struct prove_source *src, struct slice quote,
                                struct locate_span *out)
{
    enum locate_status status = LOCATE_NONE;
    struct locate_span span;
    bool hidden = false;

    if (locate_says_something(quote))
        status = locate_quote(&src->shown, quote, &span);
    if (status == LOCATE_NONE)
        return READING_ABSENT;
    if (src->redaction)
        hidden = redact_original(src->redaction, span.start, span.end, &span.start, &span.end);
    *out = span;
    return status == LOCATE_EXACT && !hidden ? READING_EXACT : READING_NORMALISED;
}

/* ---- numbers ---- */

static void cut(const struct prove_source *src, struct arena *scratch, struct locate_span span,
                struct rules_text *out)
{
    rules_text_cut(scratch, (struct slice){src->transcript.p + span.start, span.end - span.start},
                   out);
}

bool prove_number(const struct prove_source *src, struct arena *scratch, struct locate_span span,
                  int64_t number)
{
    struct rules_text t;

    cut(src, scratch, span, &t);
    for (size_t at = 0; at < t.n; at++) {
        struct rules_amount amount;

        if (t.words[at].percent || t.words[at].money)
            continue; /* of something else */
        if (t.words[at].number && t.words[at].amount == number)
            return true;
        if (rules_number_at(&t, at, &amount) && amount.value == number)
            return true;
    }
    return false;
}

const char *const prove_period_names[PROVE_PERIODS] = {
    [PROVE_HOUR] = "hour",           [PROVE_DAY] = "day",     [PROVE_WEEK] = "week",
    [PROVE_FORTNIGHT] = "fortnight", [PROVE_MONTH] = "month", [PROVE_YEAR] = "year",
};

static const struct {
    int times, days;
    const char *words; /* that name it, beside what rules_unit_at() knows */
} periods[PROVE_PERIODS] = {
    [PROVE_HOUR] = {WORKING_HOURS, 1, "hora/horas/hour/hours/hourly"},
    [PROVE_DAY] = {1, 1, "dia/dias/day/days/jornada"},
    [PROVE_WEEK] = {1, 7, "semana/semanas/week/weeks"},
    [PROVE_FORTNIGHT] = {1, 15, "quincena/quincenas/fortnight"},
    [PROVE_MONTH] = {1, 30, "mes/meses/month/months"},
    [PROVE_YEAR] = {1, 365, "ano/anos/year/years"},
};

bool prove_period_find(const char *name, enum prove_period *out)
{
    for (int i = 0; i < PROVE_PERIODS; i++) {
        if (strcmp(prove_period_names[i], name) == 0) {
            *out = (enum prove_period)i;
            return true;
        }
    }
    return false;
}

int64_t prove_per_day(int64_t number, enum prove_period period)
{
    const int64_t days = periods[period].days;
    const int64_t n = (2 * number * periods[period].times + days) / (2 * days);

    return n < PROVE_NUMBER_MAX ? n : PROVE_NUMBER_MAX;
}

/* Whether it is named; *other tells whether another one is. */
static bool names_period(const struct rules_text *t, enum prove_period period, bool *other)
{
    bool named = false;

    *other = false;
    for (size_t at = 0; at < t->n; at++) {
        size_t last;
        int days;

        for (int i = 0; i < PROVE_PERIODS; i++) {
            if (!rules_word_is(t, at, periods[i].words))
                continue;
            named = named || i == (int)period;
            *other = *other || i != (int)period;
        }
        if (!rules_unit_at(t, at, &days, &last))
            continue;
        if (period != PROVE_HOUR && days == periods[period].days)
            named = true;
        else
            *other = true;
    }
    return named;
}

/* The span with what stands beside it, on UTF-8 boundaries. */
static struct locate_span widen(struct slice s, struct locate_span span)
{
    size_t start =
        span.start > PROVE_BESIDE_BEFORE_BYTES ? span.start - PROVE_BESIDE_BEFORE_BYTES : 0;
    size_t end =
        s.n - span.end > PROVE_BESIDE_AFTER_BYTES ? span.end + PROVE_BESIDE_AFTER_BYTES : s.n;

    while (start < span.start && ((unsigned char)s.p[start] & 0xC0) == 0x80)
        start++;
    while (end > span.end && end < s.n && ((unsigned char)s.p[end] & 0xC0) == 0x80)
        end--;
    return (struct locate_span){(uint32_t)start, (uint32_t)end};
}

bool prove_period_said(const struct prove_source *src, struct arena *scratch,
                       struct locate_span span, enum prove_period period)
{
    struct rules_text t;
    bool other;

    cut(src, scratch, span, &t);
    if (names_period(&t, period, &other))
        return true;
    if (other)
        return false;
    cut(src, scratch, widen(src->transcript, span), &t);
    return names_period(&t, period, &other);
}

/* ---- sentences ---- */

struct word {
    char text[WORD_BYTES + 4]; /* folded */
    size_t n, stem_n;
    size_t chars;
    bool digits;
};

static bool next_word(struct slice s, size_t *at, struct word *w)
{
    *w = (struct word){0};
    while (*at < s.n) {
        unsigned used;
        const uint32_t cp = utf8_decode(s, *at, &used);
        const uint32_t folded = unicode_is_invisible(cp) ? 0 : unicode_fold(cp);

        if (folded != 0 && (cp == UNICODE_REPLACEMENT ||
                            (!unicode_is_letter(folded) && !unicode_is_digit(folded)))) {
            if (w->chars > 0)
                return true;
        } else if (folded != 0) {
            w->chars++;
            w->digits = w->digits || unicode_is_digit(folded);
            if (w->n < WORD_BYTES)
                w->n += utf8_encode(folded, w->text + w->n);
            if (w->chars <= STEM_CHARS)
                w->stem_n = w->n;
        }
        *at += used;
    }
    return w->chars > 0;
}

static bool edge(struct slice s, size_t at)
{
    const unsigned char c = at < s.n ? (unsigned char)s.p[at] : ' ';

    return c < 0x80 && !unicode_is_letter(c) && !unicode_is_digit(c);
}

/* Whether a word of the transcript begins so, or is so. */
static bool stands_there(struct slice fold, const char *text, size_t n, bool whole)
{
    const char *from = fold.p;
    size_t left = fold.n;

    for (;;) {
        const char *hit = memmem(from, left, text, n);
        const size_t at = hit ? (size_t)(hit - fold.p) : 0;

        if (!hit)
            return false;
        if ((at == 0 || edge(fold, at - 1)) && (!whole || edge(fold, at + n)))
            return true;
        from = hit + 1;
        left = fold.n - (at + 1);
    }
}

bool prove_grounded(const struct prove_source *src, struct slice sentence)
{
    size_t words = 0, said = 0, at = 0;
    struct word w;

    while (next_word(sentence, &at, &w)) {
        if (w.digits && !stands_there(src->shown.fold, w.text, w.n, true))
            return false;
        if (w.chars < STEM_CHARS_MIN)
            continue;
        words++;
        said += stands_there(src->shown.fold, w.text, w.stem_n, false);
    }
    return words > 0 && 2 * said >= words;
}
