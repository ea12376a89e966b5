/* SPDX-License-Identifier: MIT */
#include "core/insight/rules_text.h"

#include <string.h>

#include "core/base/unicode.h"

enum { AMOUNT_MAX = 1000000000 };

struct cutter {
    struct slice s;
    size_t at;
    char *fold;
    size_t fold_n;
    struct rules_word *words;
    size_t n;
    uint32_t sentence, clause;
    uint32_t sentence_words;
    bool ended; /* the sentence has ended; the next word opens another */
    bool dash, slash, money;
};

static bool is_apostrophe(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019;
}

static bool is_word(uint32_t cp)
{
    return cp != UNICODE_REPLACEMENT && (unicode_is_letter(cp) || unicode_is_digit(cp));
}

static uint32_t peek(const struct cutter *c, size_t at)
{
    unsigned used;

    return at < c->s.n ? utf8_decode(c->s, at, &used) : 0;
}

static bool three_digits(const struct cutter *c, size_t at)
{
    for (size_t i = at; i < at + 3; i++)
        if (i >= c->s.n || !unicode_is_digit((unsigned char)c->s.p[i]))
            return false;
    return at + 3 >= c->s.n || !unicode_is_digit((unsigned char)c->s.p[at + 3]);
}

/* "1.200" and "1,200" are twelve hundred in one country or the other; "1.5" has a fraction. A group of exactly
 * three digits is read as thousands: nobody counts messages to the thousandth. */
static void take_number(struct cutter *c, struct rules_word *w)
{
    double value = 0, unit = 1;
    bool fraction = false;

    while (c->at < c->s.n) {
        unsigned char b = (unsigned char)c->s.p[c->at];

        if (unicode_is_digit(b)) {
            if (fraction)
                value += (b - '0') * (unit /= 10);
            else if (value <= AMOUNT_MAX)
                value = value * 10 + (b - '0');
            c->at++;
        } else if ((b == '.' || b == ',') && !fraction && three_digits(c, c->at + 1)) {
            c->at++;
        } else if ((b == '.' || b == ',') && !fraction && c->at + 1 < c->s.n &&
                   unicode_is_digit((unsigned char)c->s.p[c->at + 1])) {
            fraction = true;
            c->at++;
        } else {
            break;
        }
    }
    if (c->at < c->s.n && (c->s.p[c->at] == 'k' || c->s.p[c->at] == 'K') &&
        !is_word(peek(c, c->at + 1))) {
        value *= 1000;
        c->at++;
    }
    w->number = true;
    w->amount = value > AMOUNT_MAX ? AMOUNT_MAX : (int64_t)(value + 0.5);
}

static void fold_word(struct cutter *c, struct rules_word *w)
{
    for (size_t at = w->start; at < w->end;) {
        unsigned used;
        uint32_t cp = utf8_decode(c->s, at, &used);
        uint32_t folded = is_apostrophe(cp) ? 0 : unicode_fold(cp);

        at += used;
        if (folded && w->fold_n + 4u <= RULES_WORD_BYTES)
            w->fold_n = (uint8_t)(w->fold_n + utf8_encode(folded, c->fold + w->fold + w->fold_n));
    }
    c->fold_n += w->fold_n;
}

/* A letter, digit, mark or inner apostrophe: what keeps a word going. */
static bool goes_on(const struct cutter *c, size_t at, unsigned *used)
{
    uint32_t cp = utf8_decode(c->s, at, used);

    if (is_apostrophe(cp))
        return is_word(peek(c, at + *used));
    return is_word(cp) || (cp >= 0x300 && cp <= 0x36f);
}

static void take_word(struct cutter *c)
{
    struct rules_word *w = &c->words[c->n];
    unsigned used;

    if ((c->ended && c->n > 0) || c->sentence_words == RULES_SENTENCE_WORDS) {
        c->sentence++;
        c->clause++;
        c->sentence_words = 0;
    }
    c->sentence_words++;
    *w = (struct rules_word){.start = (uint32_t)c->at,
                             .fold = (uint32_t)c->fold_n,
                             .sentence = c->sentence,
                             .clause = c->clause,
                             .dash = c->dash,
                             .slash = c->slash,
                             .money = c->money};
    if (unicode_is_digit((unsigned char)c->s.p[c->at]))
        take_number(c, w);
    while (c->at < c->s.n && goes_on(c, c->at, &used)) {
        w->number = false; /* "3d", "2x1": a word, not an amount */
        c->at += used;
    }
    w->end = (uint32_t)c->at;
    w->percent = peek(c, c->at) == '%';
    fold_word(c, w);
    c->n++;
    c->ended = c->dash = c->slash = c->money = false;
}

/* A line break ends a sentence, unless the text goes on in lower case: then it was only wrapped. */
static bool line_ends_sentence(const struct cutter *c)
{
    size_t at = c->at;
    unsigned used;

    while (at < c->s.n && unicode_is_space(utf8_decode(c->s, at, &used)))
        at += used;
    uint32_t cp = peek(c, at);

    return !(unicode_is_letter(cp) && unicode_lower(cp) == cp);
}

static void take_mark(struct cutter *c)
{
    unsigned used;
    uint32_t cp = utf8_decode(c->s, c->at, &used);

    c->at += used;
    c->dash = cp == '-' || cp == 0x2013 || (c->dash && unicode_is_space(cp));
    c->slash = cp == '/';
    c->money = cp == '$' || cp == 0x20ac || cp == 0xa3 || (c->money && cp == ' ');

    switch (cp) {
    case '.': c->ended = c->ended || c->at >= c->s.n || !is_word(peek(c, c->at)); break;
    case '\n': c->ended = c->ended || line_ends_sentence(c); break;
    case '!':
    case '?':
    case 0xbf:
    case 0xa1:
    case 0x2026: c->ended = true; break;
    case ',':
    case ';':
    case ':':
    case '(':
    case ')':
    case '"':
    case 0xab:
    case 0xbb:
    case 0x201c:
    case 0x201d:
    case 0x2014:
    case '|':
    case UNICODE_REPLACEMENT: c->clause++; break;
    default:
        if (cp < ' ' && cp != '\t' && cp != '\r')
            c->clause++;
    }
}

void rules_text_cut(struct arena *a, struct slice transcript, struct rules_text *out)
{
    size_t n = transcript.n < RULES_TEXT_BYTES ? transcript.n : RULES_TEXT_BYTES;
    struct cutter c = {.s = {transcript.p, n}};

    c.fold = arena_alloc(a, n * 2 + RULES_WORD_BYTES); /* folding may lengthen two bytes to three */
    c.words = arena_alloc(a, (n / 2 + 1) * sizeof *c.words);
    while (c.at < n) {
        uint32_t cp = peek(&c, c.at);

        if (is_word(cp))
            take_word(&c);
        else
            take_mark(&c);
    }
    *out = (struct rules_text){.raw = c.s, .fold = c.fold, .words = c.words, .n = c.n};
}

size_t rules_sentence_end(const struct rules_text *t, size_t at)
{
    uint32_t sentence = t->words[at].sentence;

    while (at < t->n && t->words[at].sentence == sentence)
        at++;
    return at;
}

size_t rules_clause_end(const struct rules_text *t, size_t at)
{
    uint32_t clause = t->words[at].clause;

    while (at < t->n && t->words[at].clause == clause)
        at++;
    return at;
}

size_t rules_sentence_start(const struct rules_text *t, size_t at)
{
    while (at > 0 && t->words[at - 1].sentence == t->words[at].sentence)
        at--;
    return at;
}

size_t rules_clause_start(const struct rules_text *t, size_t at)
{
    while (at > 0 && t->words[at - 1].clause == t->words[at].clause)
        at--;
    return at;
}
