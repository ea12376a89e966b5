/* SPDX-License-Identifier: MIT */
#include "core/insight/words.h"

#include <string.h>

#include "core/base/unicode.h"
#include "core/db/db.h"

/* ---- cutting ---- */

static bool is_word_char(uint32_t cp)
{
    return unicode_is_letter(cp) || unicode_is_digit(cp);
}

struct word {
    char text[WORDS_WORD_BYTES + 1]; /* folded */
    size_t n;
    size_t start, end; /* in the text */
};

/* The next word at or after *at. A combining mark belongs to the letter before it. */
static bool next_word(struct slice s, size_t *at, struct word *w)
{
    size_t i = *at;

    w->n = 0;
    w->start = i;
    while (i < s.n) {
        unsigned used;
        const uint32_t cp = utf8_decode(s, i, &used);
        const uint32_t folded = unicode_fold(cp);
        char bytes[4];
        unsigned len;

        if (folded != 0 && !is_word_char(folded)) {
            if (w->n)
                break;
            i += used;
            w->start = i;
            continue;
        }
        i += used;
        if (folded == 0)
            continue;
        len = utf8_encode(folded, bytes);
        if (w->n + len <= WORDS_WORD_BYTES) {
            memcpy(w->text + w->n, bytes, len);
            w->n += len;
        }
    }
    w->text[w->n] = '\0';
    w->end = i;
    *at = i;
    return w->n > 0;
}

void words_fold(struct sb *out, struct slice text)
{
    struct word w;
    size_t at = 0;

    while (next_word(text, &at, &w)) {
        sb_put(out, w.text, w.n);
        sb_putc(out, ' ');
    }
}

/* ---- languages ---- */

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(word, *list) == 0)
            return true;
    }
    return false;
}

const char *words_language(struct slice text)
{
    static const char *const es[] = {"de", "la",  "que", "el",  "los", "las", "en",   "una",
                                     "un", "con", "por", "del", "nos", "lo",  "para", "como",
                                     "es", "se",  "y",   "al",  "mas", "su",  NULL};
    static const char *const en[] = {"the",  "of",   "and", "to",   "we",    "is",  "are",  "our",
                                     "for",  "it",   "in",  "with", "that",  "you", "they", "from",
                                     "have", "this", "on",  "i",    "their", NULL};
    enum { ENOUGH_BYTES = 16 << 10 };
    const struct slice head = {text.p, text.n < ENOUGH_BYTES ? text.n : ENOUGH_BYTES};
    long score = 0;
    size_t at = 0;
    struct word w;

    while (next_word(head, &at, &w))
        score += is_one_of(w.text, es) ? 1 : is_one_of(w.text, en) ? -1 : 0;
    return score >= 0 ? "es" : "en";
}

/* The Spanish stemmer knows -ción, and takes -cion for the stem of something: comunicacion and comunicaciones would not
 * meet. It is the one frequent ending where the accent decides. */
static bool lost_accent(const char *word, size_t n)
{
    return n > 4 && memcmp(word + n - 4, "cion", 4) == 0;
}

const char *words_for_stemmer(struct arena *a, const char *word, const char *language)
{
    const size_t n = strlen(word);

    if (strcmp(language, "es") != 0 || !lost_accent(word, n))
        return word;
    return arena_printf(a, "%.*són", (int)(n - 2), word);
}

static void fold_for_stemmer(struct sb *out, struct slice text, const char *language)
{
    const bool spanish = strcmp(language, "es") == 0;
    struct word w;
    size_t at = 0;

    while (next_word(text, &at, &w)) {
        if (spanish && lost_accent(w.text, w.n)) {
            sb_put(out, w.text, w.n - 2);
            sb_puts(out, "ón ");
        } else {
            sb_put(out, w.text, w.n);
            sb_putc(out, ' ');
        }
    }
}

/* ---- questions ---- */

static int too_many(struct ctx *cx, const char *parameter)
{
    ctx_fail(cx, ERR_INVALID, "query_too_many_words", parameter, "at most %d words", WORDS_TERMS);
    return err_params(&cx->err, "{\"max\":%d}", WORDS_TERMS);
}

/* All words of a piece become one term; a piece of signs only is none. */
static int add_term(struct ctx *cx, struct slice piece, bool exclude, const char *parameter,
                    struct words_query *q)
{
    struct words_term t = {.exclude = exclude};
    struct word w;
    size_t at = 0;

    while (next_word(piece, &at, &w)) {
        if (t.n == WORDS_TERM_WORDS)
            return too_many(cx, parameter);
        t.words[t.n++] = arena_strdup(cx->arena, w.text);
    }
    if (t.n == 0)
        return 0;
    if (q->n == WORDS_TERMS)
        return too_many(cx, parameter);
    q->terms[q->n++] = t;
    return 0;
}

static size_t blank_at(struct slice s, size_t i)
{
    unsigned used = 1;

    return i < s.n && unicode_is_space(utf8_decode(s, i, &used)) ? used : 0;
}

/* One piece of the text: from a quote to the next, or up to a blank. *quoted tells which it was. */
static struct slice next_piece(struct slice s, size_t *at, bool *exclude, bool *quoted)
{
    size_t start;
    size_t i = *at;
    size_t blank;

    while ((blank = blank_at(s, i)))
        i += blank;
    *exclude = i + 1 < s.n && s.p[i] == '-';
    i += *exclude;
    *quoted = i < s.n && s.p[i] == '"';
    i += *quoted;
    start = i;
    while (i < s.n && (*quoted ? s.p[i] != '"' : s.p[i] != '"' && !blank_at(s, i)))
        i++;
    *at = *quoted && i < s.n ? i + 1 : i;
    return (struct slice){s.p + start, i - start};
}

int words_query_read(struct ctx *cx, struct slice text, const char *parameter,
                     struct words_query *out)
{
    struct words_query q = {0};
    bool quoted = false;
    bool exclude = false;
    size_t at = 0;

    if (utf8_count(text) > WORDS_QUERY_CHARS) {
        ctx_fail(cx, ERR_INVALID, "query_too_long", parameter, "at most %d characters",
                 WORDS_QUERY_CHARS);
        return err_params(&cx->err, "{\"max\":%d}", WORDS_QUERY_CHARS);
    }
    while (at < text.n) {
        const struct slice piece = next_piece(text, &at, &exclude, &quoted);

        if (add_term(cx, piece, exclude, parameter, &q) < 0)
            return -1;
    }
    if (q.n == 0)
        return ctx_fail(cx, ERR_INVALID, "query_empty", parameter, "there is no word to look for");
    /* typed to the very end: it may go on */
    if (!quoted && !exclude && q.terms[q.n - 1].n == 1 && !q.terms[q.n - 1].exclude &&
        !blank_at(text, text.n - 1) &&
        utf8_count(slice_cstr(q.terms[q.n - 1].words[0])) >= WORDS_BEGIN_CHARS)
        q.terms[q.n - 1].begins = true;
    *out = q;
    return 0;
}

/* ---- snippets ---- */

/* Whether a word of the text is what was asked for, without the database's stemmer: the same beginning, most of both. */
static bool much_alike(const char *asked, const struct word *w)
{
    const size_t n = strlen(asked);
    size_t same = 0;

    while (same < n && same < w->n && asked[same] == w->text[same])
        same++;
    if (same == n && (n >= 3 || w->n == n))
        return true;
    return same >= 4 && same * 5 >= n * 3 && same * 5 >= w->n * 2;
}

static bool fits_any(const struct words_query *q, const struct word *w, bool *whole)
{
    bool found = false;

    for (size_t t = 0; t < q->n; t++) {
        for (size_t i = 0; i < q->terms[t].n && !q->terms[t].exclude; i++) {
            if (!much_alike(q->terms[t].words[i], w))
                continue;
            found = true;
            *whole |= strcmp(q->terms[t].words[i], w->text) == 0;
        }
    }
    return found;
}

/* `chars` characters back from `at`, then on to the beginning of a word. */
static size_t back_to_word(struct slice s, size_t at, size_t chars)
{
    size_t i = at;

    while (i > 0 && chars > 0) {
        i--;
        chars -= ((unsigned char)s.p[i] & 0xC0) != 0x80;
    }
    while (i > 0 && i < at && !blank_at(s, i - 1))
        i++;
    return i;
}

const char *words_snippet(struct arena *a, const struct words_query *q, struct slice text)
{
    enum { BEFORE_CHARS = 50 };
    struct slice piece;
    size_t found = 0;
    size_t from;
    size_t at = 0;
    bool any = false;
    bool whole = false;
    struct word w;
    char *out;

    while (!whole &&
           next_word(text, &at,
                     &w)) { /* the first that is alike, or better the first that is the same */
        if (!fits_any(q, &w, &whole) || (any && !whole))
            continue;
        found = w.start;
        any = true;
    }
    if (!any)
        return NULL;
    from = back_to_word(text, found, BEFORE_CHARS);
    piece = utf8_cut((struct slice){text.p + from, text.n - from}, WORDS_SNIPPET_CHARS - 2);
    out = arena_printf(a, "%s%.*s%s", from > 0 ? "…" : "", (int)piece.n, piece.p,
                       from + piece.n < text.n ? "…" : "");
    for (char *p = out; *p; p++) { /* one line */
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    }
    return out;
}

/* ---- storing ---- */

/* "+56 9 1234 5678" is also 56912345678, 912345678 and 12345678. */
static void add_number(struct sb *out, struct slice s)
{
    char digits[WORDS_WORD_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < s.n && n < sizeof digits; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9')
            digits[n++] = s.p[i];
        else if (!strchr(" +-()./", s.p[i]))
            return;
    }
    if (n < 6)
        return;
    for (size_t k = 8; k <= n; k++) {
        if (k > 10 && k < n)
            continue;
        sb_put(out, digits + n - k, k);
        sb_putc(out, ' ');
    }
    if (n < 8) {
        sb_put(out, digits, n);
        sb_putc(out, ' ');
    }
}

int words_store(struct ctx *cx, const struct uuid *subject, const struct slice *names,
                size_t nnames, struct slice body)
{
    const struct slice head = {body.p, body.n < WORDS_TEXT_BYTES ? body.n : WORDS_TEXT_BYTES};
    const char *const language = words_language(head);
    SCOPED(sb_done) struct sb who = {0};
    SCOPED(sb_done) struct sb said = {0};
    SCOPED(sb_done) struct sb stems = {0};

    sb_init(&who, 64 << 10);
    sb_init(&said, 2 * WORDS_TEXT_BYTES); /* a blank after each word */
    sb_init(&stems, 4 * WORDS_TEXT_BYTES);
    for (size_t i = 0; i < nnames; i++) {
        words_fold(&who, names[i]);
        add_number(&who, names[i]);
        fold_for_stemmer(&stems, names[i], language);
    }
    words_fold(&said, head);
    fold_for_stemmer(&stems, head, language);
    if (!sb_ok(&who) || !sb_ok(&said) || !sb_ok(&stems)) {
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&cx->err, "words of a subject overflow");
    }
    return db_exec(cx, SQL_WORDS_STORE,
                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(subject),
                                           db_text(language), db_slice(sb_get(&who)),
                                           db_slice(sb_get(&said)), db_slice(sb_get(&stems))},
                   NULL);
}
