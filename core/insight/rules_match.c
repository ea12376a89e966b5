/* SPDX-License-Identifier: MIT */
#include "core/insight/rules_match.h"

#include <string.h>

/* One pattern under one of the words that it may begin with. */
struct entry {
    const struct rules_row *row;
    struct slice head, rest;
    uint16_t sense;
};

struct index {
    uint32_t start[257]; /* entries of first byte b: start[b] to start[b + 1] */
    struct entry *entries;
};

static bool one_word_is(const struct rules_text *t, size_t at, struct slice want)
{
    const struct rules_word *w = &t->words[at];
    const char *p = t->fold + w->fold;

    if (want.n && want.p[want.n - 1] == '*')
        return w->fold_n >= want.n - 1 && memcmp(p, want.p, want.n - 1) == 0;
    return w->fold_n == want.n && memcmp(p, want.p, want.n) == 0;
}

static bool word_in(const struct rules_text *t, size_t at, struct slice alternatives)
{
    while (alternatives.n)
        if (one_word_is(t, at, slice_cut(alternatives, '/', &alternatives)))
            return true;
    return false;
}

bool rules_word_is(const struct rules_text *t, size_t at, const char *words)
{
    return at < t->n && word_in(t, at, slice_cstr(words));
}

/* `end` is one past the last word that may be used. */
static bool match_at(const struct rules_text *t, size_t at, size_t end, struct slice pattern,
                     size_t *last)
{
    while (pattern.n) {
        struct slice rest, element = slice_cut(pattern, ' ', &rest);

        if (element.p[0] == '~') {
            for (int skip = 0; skip <= element.p[1] - '0'; skip++)
                if (match_at(t, at + (size_t)skip, end, rest, last))
                    return true;
            return false;
        }
        if (at >= end || !word_in(t, at, element))
            return false;
        *last = at++;
        pattern = rest;
    }
    return true;
}

static size_t reach(const struct rules_text *t, size_t at)
{
    size_t end = at + RULES_PATTERN_WORDS < t->n ? at + RULES_PATTERN_WORDS : t->n;

    while (end > at + 1 && t->words[end - 1].sentence != t->words[at].sentence)
        end--;
    return end;
}

bool rules_pattern_at(const struct rules_text *t, size_t at, const char *pattern, size_t *last)
{
    return at < t->n && match_at(t, at, reach(t, at), slice_cstr(pattern), last);
}

static struct slice next_pattern(const char **p)
{
    const char *from = *p, *bar = strstr(from, " | ");

    *p = bar ? bar + 3 : NULL;
    return (struct slice){from, bar ? (size_t)(bar - from) : strlen(from)};
}

typedef void (*visit_fn)(struct index *ix, unsigned char byte, const struct entry *e);

static void visit_heads(struct index *ix, const struct rules_row *row, struct slice pattern,
                        uint16_t sense, visit_fn visit)
{
    struct slice rest, heads = slice_cut(pattern, ' ', &rest);

    while (heads.n) {
        struct entry e = {row, slice_cut(heads, '/', &heads), rest, sense};

        visit(ix, (unsigned char)e.head.p[0], &e);
    }
}

static void visit_all(struct index *ix, const struct rules_lexicon *lexicons, size_t n,
                      visit_fn visit)
{
    for (size_t sense = 0; sense < n; sense++)
        for (const struct rules_row *row = lexicons[sense].rows; row && row->patterns; row++)
            for (const char *p = row->patterns; p;) {
                struct slice pattern = next_pattern(&p);

                visit_heads(ix, row, pattern, (uint16_t)sense, visit);
            }
}

static void count_entry(struct index *ix, unsigned char byte, const struct entry *e)
{
    (void)e;
    ix->start[byte + 1]++;
}

static void place_entry(struct index *ix, unsigned char byte, const struct entry *e)
{
    ix->entries[ix->start[byte]++] = *e;
}

/* A counting sort by first byte: a word is then tried against some forty patterns, not against all. */
static void index_build(struct arena *a, const struct rules_lexicon *lexicons, size_t n,
                        struct index *ix)
{
    memset(ix, 0, sizeof *ix);
    visit_all(ix, lexicons, n, count_entry);
    for (size_t b = 0; b < 256; b++)
        ix->start[b + 1] += ix->start[b];
    ix->entries = arena_alloc(a, ix->start[256] * sizeof *ix->entries);
    visit_all(ix, lexicons, n, place_entry);
    memmove(ix->start + 1, ix->start,
            256 * sizeof ix->start[0]); /* placing moved each start to its end */
    ix->start[0] = 0;
}

static bool hides(const struct rules_hit *a, const struct rules_hit *b)
{
    if (a->sense != b->sense || a->first > b->first || a->last < b->last)
        return false;
    if (a->first == b->first && a->last == b->last)
        return a->row->weight > b->row->weight || (a->row->weight == b->row->weight && a < b);
    return true;
}

/* Hits are in order of their first word and cover at most RULES_PATTERN_WORDS, so only neighbours can hide one. */
static bool hidden(const struct rules_hits *h, size_t i)
{
    for (size_t j = i; j-- > 0 && h->items[j].first + RULES_PATTERN_WORDS > h->items[i].first;)
        if (hides(&h->items[j], &h->items[i]))
            return true;
    for (size_t j = i + 1; j < h->n && h->items[j].first == h->items[i].first; j++)
        if (hides(&h->items[j], &h->items[i]))
            return true;
    return false;
}

void rules_match(struct arena *a, const struct rules_text *t, const struct rules_lexicon *lexicons,
                 size_t n, struct rules_hits *out)
{
    struct rules_hits all = {arena_alloc(a, RULES_HITS * sizeof(struct rules_hit)), 0};
    struct rules_hits kept = {arena_alloc(a, RULES_HITS * sizeof(struct rules_hit)), 0};
    struct index ix;

    index_build(a, lexicons, n, &ix);
    for (size_t at = 0; at < t->n; at++) {
        if (t->words[at].fold_n == 0)
            continue;
        unsigned char b = (unsigned char)t->fold[t->words[at].fold];
        size_t end = reach(t, at);

        for (uint32_t e = ix.start[b]; e < ix.start[b + 1] && all.n < RULES_HITS; e++) {
            size_t last = at;

            if (one_word_is(t, at, ix.entries[e].head) &&
                match_at(t, at + 1, end, ix.entries[e].rest, &last))
                all.items[all.n++] = (struct rules_hit){ix.entries[e].row, (uint32_t)at,
                                                        (uint32_t)last, ix.entries[e].sense};
        }
    }
    for (size_t i = 0; i < all.n; i++)
        if (!hidden(&all, i))
            kept.items[kept.n++] = all.items[i];
    *out = kept;
}
