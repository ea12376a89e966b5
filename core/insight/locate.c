/* SPDX-License-Identifier: MIT */
#include "core/insight/locate.h"

#include <string.h>

#include "core/base/unicode.h"

enum {
    LOOK_ROUND = 8, /* invisible characters passed beside a word; more of them separate words */
    WORD_BYTES = 32,
};

/* ---- folding ---- */

struct folder {
    char *out;
    size_t n;
    uint32_t *starts; /* NULL when nobody asks */
    bool gap;
    size_t gap_at;
};

static bool is_word(uint32_t cp)
{
    return unicode_is_letter(cp) || unicode_is_digit(cp);
}

static bool is_mark(uint32_t cp)
{
    return cp >= 0x300 && cp <= 0x36F;
}

/* One character for the many that are drawn alike. */
static uint32_t alike(uint32_t cp)
{
    if (cp < 0x80)
        return cp == '"' || cp == '`' ? '\'' : cp;
    if ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212)
        return '-';
    if ((cp >= 0x2018 && cp <= 0x201F) || (cp >= 0x2032 && cp <= 0x2033) || cp == 0xAB ||
        cp == 0xBB || cp == 0xB4 || cp == 0x2039 || cp == 0x203A)
        return '\'';
    return cp;
}

static void put(struct folder *f, const char *bytes, unsigned n, size_t start)
{
    for (unsigned i = 0; i < n; i++) {
        f->out[f->n] = bytes[i];
        if (f->starts)
            f->starts[f->n] = (uint32_t)start;
        f->n++;
    }
}

/* Never writes more bytes than it has read. */
static void fold_char(struct folder *f, uint32_t cp, bool bad, size_t start)
{
    const uint32_t folded = unicode_fold(alike(cp));
    char bytes[4];

    if (bad || unicode_is_space(cp) || cp < ' ' || cp == 0x7F) {
        if (!f->gap)
            f->gap_at = start;
        f->gap = true;
        return;
    }
    if (folded == 0 || unicode_is_invisible(cp))
        return;
    if (f->gap && f->n > 0)
        put(f, " ", 1, f->gap_at);
    f->gap = false;
    if (cp == 0x2026)
        put(f, "...", 3, start);
    else
        put(f, bytes, utf8_encode(folded, bytes), start);
}

static void fold(struct folder *f, struct slice s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned used;
        const uint32_t cp = utf8_decode(s, i, &used);

        fold_char(f, cp, cp == UNICODE_REPLACEMENT && used == 1, i);
        i += used;
    }
}

void locate_prepare(struct arena *a, struct slice transcript, struct locate_text *out)
{
    struct slice s = transcript;
    struct folder f = {0};

    if (s.n > LOCATE_TRANSCRIPT_BYTES) {
        s.n = LOCATE_TRANSCRIPT_BYTES;
        while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
            s.n--;
    }
    f.out = arena_alloc(a, s.n + 1);
    f.starts = arena_alloc(a, (s.n + 1) * sizeof *f.starts);
    fold(&f, s);
    *out = (struct locate_text){.raw = s, .fold = {f.out, f.n}, .starts = f.starts};
}

/* ---- words ---- */

static size_t before(struct slice s, size_t at)
{
    while (at > 0 && ((unsigned char)s.p[--at] & 0xC0) == 0x80)
        ;
    return at;
}

static bool digit_at(struct slice s, size_t at)
{
    return at < s.n && unicode_is_digit((unsigned char)s.p[at]);
}

static bool joins_digits(struct slice s, size_t at)
{
    return at < s.n && (s.p[at] == '.' || s.p[at] == ',');
}

/* Whether a word or number goes on over the edge at `at`, seen from inside a match that begins there. */
static bool begins_inside(struct slice s, size_t at)
{
    size_t i = at;
    unsigned used;

    if (digit_at(s, at) && at >= 2 && joins_digits(s, at - 1) && digit_at(s, at - 2))
        return true;
    if (at >= s.n || !is_word(utf8_decode(s, at, &used)))
        return false;
    for (int k = 0; i > 0 && k < LOOK_ROUND; k++) {
        uint32_t cp;

        i = before(s, i);
        cp = utf8_decode(s, i, &used);
        if (!unicode_is_invisible(cp))
            return cp != UNICODE_REPLACEMENT && (is_word(cp) || is_mark(cp));
    }
    return false;
}

static bool ends_inside(struct slice s, size_t at)
{
    unsigned used;

    if (at > 0 && digit_at(s, at - 1) && joins_digits(s, at) && digit_at(s, at + 1))
        return true;
    if (at == 0 || at >= s.n || !is_word(utf8_decode(s, before(s, at), &used)))
        return false;
    for (int k = 0; at < s.n && k < LOOK_ROUND; k++) {
        const uint32_t cp = utf8_decode(s, at, &used);

        if (!unicode_is_invisible(cp))
            return cp != UNICODE_REPLACEMENT && (is_word(cp) || is_mark(cp));
        at += used;
    }
    return false;
}

/* Without the signs and blanks round it. */
static struct slice trim_signs(struct slice s)
{
    unsigned used;

    while (s.n > 0 && !is_word(utf8_decode(s, 0, &used)))
        s = (struct slice){s.p + used, s.n - used};
    while (s.n > 0) {
        const size_t at = before(s, s.n);
        const uint32_t cp = utf8_decode(s, at, &used);

        if (is_word(cp) || is_mark(cp))
            break;
        s.n = at;
    }
    return s;
}

bool locate_says_something(struct slice text)
{
    static const char small[] =
        " que los las una uno con por del nos para como mas sus les muy pero sin esa ese eso esta este "
        "esto son fue han hay soy ser era asi aqui alli ahi donde cuando quien bueno claro entonces pues "
        "gracias vale the and are our for with that you they from have this their but not was were been "
        "has had its who how why what when there here yes also very just can will would could should okay ";
    char word[WORD_BYTES + 6] = " ";
    size_t n = 1, letters = 0;

    for (size_t i = 0; i <= text.n;) {
        unsigned used = 1;
        const uint32_t cp = i < text.n ? unicode_fold(utf8_decode(text, i, &used)) : ' ';

        i += used;
        if (unicode_is_digit(cp))
            return true;
        if (cp != UNICODE_REPLACEMENT && unicode_is_letter(cp) && !unicode_is_invisible(cp)) {
            letters++;
            if (n < WORD_BYTES)
                n += utf8_encode(cp, word + n);
        } else if (cp != 0) {
            word[n] = ' ';
            word[n + 1] = '\0';
            if (letters >= 3 && !strstr(small, word))
                return true;
            n = 1;
            letters = 0;
        }
    }
    return false;
}

/* ---- searching (Knuth, Morris, Pratt: no text makes it look at a byte twice) ---- */

struct search {
    struct slice in, what;
    size_t at, matched;
    uint16_t back[LOCATE_QUOTE_BYTES];
};

static void search_begin(struct search *s, struct slice in, struct slice what)
{
    size_t k = 0;

    s->in = in;
    s->what = what;
    s->at = s->matched = 0;
    s->back[0] = 0;
    for (size_t i = 1; i < what.n; i++) {
        while (k > 0 && what.p[i] != what.p[k])
            k = s->back[k - 1];
        k += what.p[i] == what.p[k];
        s->back[i] = (uint16_t)k;
    }
}

/* The next place, also one that overlaps the last; false when there is none. */
static bool search_next(struct search *s, size_t *at)
{
    while (s->at < s->in.n) {
        const char c = s->in.p[s->at++];

        while (s->matched > 0 && c != s->what.p[s->matched])
            s->matched = s->back[s->matched - 1];
        s->matched += c == s->what.p[s->matched];
        if (s->matched == s->what.n) {
            s->matched = s->back[s->matched - 1];
            *at = s->at - s->what.n;
            return true;
        }
    }
    return false;
}

static bool find_exact(const struct locate_text *t, struct slice quote, struct locate_span *out)
{
    struct search s;
    size_t at;

    if (quote.n == 0)
        return false;
    search_begin(&s, t->raw, quote);
    while (search_next(&s, &at)) {
        if (begins_inside(t->raw, at) || ends_inside(t->raw, at + quote.n))
            continue;
        *out = (struct locate_span){(uint32_t)at, (uint32_t)(at + quote.n)};
        return true;
    }
    return false;
}

/* The bytes of the transcript that were folded to [from, end). */
static struct locate_span raw_span(const struct locate_text *t, size_t from, size_t end)
{
    unsigned used;
    size_t last = t->starts[end - 1];

    utf8_decode(t->raw, last, &used);
    last += used;
    while (last < t->raw.n && is_mark(utf8_decode(t->raw, last, &used)))
        last += used;
    return (struct locate_span){t->starts[from], (uint32_t)last};
}

static bool whole_words(const struct locate_text *t, size_t from, size_t end)
{
    const struct locate_span span = raw_span(t, from, end);

    return !begins_inside(t->raw, span.start) && !ends_inside(t->raw, span.end);
}

static bool find_folded(const struct locate_text *t, struct slice quote, struct locate_span *out)
{
    struct search s;
    size_t at;

    search_begin(&s, t->fold, quote);
    while (search_next(&s, &at)) {
        if (!whole_words(t, at, at + quote.n))
            continue;
        *out = raw_span(t, at, at + quote.n);
        return true;
    }
    return false;
}

/* ---- quotes with words left out ---- */

struct place {
    uint32_t from, end; /* in fold: of all pieces so far */
};

struct places {
    struct place items[LOCATE_PART_PLACES];
    size_t n;
};

/* The pieces between runs of three dots or more; 0 when there are too many or one says nothing. */
static size_t cut_parts(struct slice quote, struct slice parts[LOCATE_PARTS])
{
    size_t n = 0, from = 0;

    for (size_t i = 0; i <= quote.n; i++) {
        size_t dots = 0;

        while (i + dots < quote.n && quote.p[i + dots] == '.')
            dots++;
        if (dots < 3 && i < quote.n) {
            i += dots ? dots - 1 : 0;
            continue;
        }
        if (n == LOCATE_PARTS)
            return 0;
        parts[n] = trim_signs((struct slice){quote.p + from, i - from});
        if (!locate_says_something(parts[n++]))
            return 0;
        i += dots;
        from = i;
    }
    return n;
}

/* Whether a sentence ends in [from, end) of the transcript: a stop and a blank, or a line that the next one does not
 * continue in lower case. Words of two sentences put together say what nobody said. */
static bool sentence_ends(struct slice s, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        const char c = s.p[i];
        unsigned used;
        uint32_t next;

        if (c == '\n') {
            while (i + 1 < s.n && strchr(" \t\r\n", s.p[i + 1]) && s.p[i + 1])
                i++;
        } else if (!strchr(".!?", c) || !c) {
            continue;
        }
        next = i + 1 < s.n ? utf8_decode(s, i + 1, &used) : ' ';
        if (c == '\n' ? !unicode_is_letter(next) || unicode_lower(next) != next
                      : unicode_is_space(next))
            return true;
    }
    return false;
}

/* Places of the next piece behind those of `last` (NULL: anywhere), each with the nearest of them. False when there
 * is none. */
static bool extend(const struct locate_text *t, struct slice part, const struct places *last,
                   struct places *out)
{
    struct search s;
    size_t at, k = 0;

    out->n = 0;
    search_begin(&s, t->fold, part);
    while (out->n < LOCATE_PART_PLACES && search_next(&s, &at)) {
        uint32_t from = (uint32_t)at;

        if (last) {
            while (k < last->n && last->items[k].end <= at)
                k++;
            if (k == 0 || at - last->items[k - 1].end > LOCATE_GAP_BYTES ||
                sentence_ends(t->raw, t->starts[last->items[k - 1].end - 1], t->starts[at]))
                continue;
            from = last->items[k - 1].from;
        }
        if (whole_words(t, at, at + part.n))
            out->items[out->n++] = (struct place){from, (uint32_t)(at + part.n)};
    }
    return out->n > 0;
}

static bool find_parts(const struct locate_text *t, struct slice quote, struct locate_span *out)
{
    struct slice parts[LOCATE_PARTS];
    struct places places[2];
    const size_t n = cut_parts(quote, parts);

    if (n < 2)
        return false;
    memset(places, 0,
           sizeof places); /* for clang's analyser, which loses the two that take turns */
    for (size_t i = 0; i < n; i++) {
        if (!extend(t, parts[i], i > 0 ? &places[(i + 1) % 2] : NULL, &places[i % 2]))
            return false;
    }
    *out = raw_span(t, places[(n - 1) % 2].items[0].from, places[(n - 1) % 2].items[0].end);
    return true;
}

enum locate_status locate_quote(const struct locate_text *t, struct slice quote,
                                struct locate_span *out)
{
    const struct slice blankless = slice_trim(quote);
    const struct slice words =
        quote.n <= LOCATE_QUOTE_BYTES ? trim_signs(quote) : (struct slice){0};
    char buf[LOCATE_QUOTE_BYTES + 4];
    struct folder f = {.out = buf};
    struct slice folded;

    if (words.n == 0 || !utf8_valid(quote))
        return LOCATE_NONE;
    if (find_exact(t, blankless, out) || find_exact(t, words, out))
        return LOCATE_EXACT;
    fold(&f, words);
    folded = trim_signs((struct slice){buf, f.n});
    if (folded.n == 0)
        return LOCATE_NONE;
    return find_folded(t, folded, out) || find_parts(t, folded, out) ? LOCATE_NORMALISED
                                                                     : LOCATE_NONE;
}
