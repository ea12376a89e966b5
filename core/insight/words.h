/* SPDX-License-Identifier: MIT */
/*
 * words: full text search of subjects. Texts become words, and what a person types becomes a question about them.
 *
 * Both are cut and folded here by the same rules: a word is a run of letters and digits, in lower case, without accents
 * (core/base/unicode). The database stems them, in the language of the text; a word of a question is stemmed in both, and
 * fits with either stem. What a person types never reaches PostgreSQL's own query syntax: only words made of letters and
 * digits do.
 *
 * A question: words are ANDed; "in quotes" is a phrase, as written; -word and -"a phrase" exclude; the last word, unless
 * a blank follows it or it has less than WORDS_BEGIN_CHARS, is taken as a beginning too, so that one finds while typing. Signs inside a word (e-commerce,
 * ana@example.com) join its parts to a phrase.
 */
#ifndef CORE_INSIGHT_WORDS_H
#define CORE_INSIGHT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

enum {
    WORDS_TEXT_BYTES = 256 << 10, /* what follows is not searched: two hours of talk are 100 KB */
    WORDS_WORD_BYTES = 64,        /* of one word; the rest of a longer one is ignored */
    WORDS_TERMS = 16,             /* of a question */
    WORDS_TERM_WORDS = 8,         /* of a phrase */
    WORDS_BEGIN_CHARS = 3,        /* what less begins with is no choice, and costs a search 10 ms */
    WORDS_QUERY_CHARS = 400,
    WORDS_SNIPPET_CHARS = 160,
};

/* The words of `text`, each with a blank after it. */
void words_fold(struct sb *out, struct slice text);

/* "es" or "en", by its small words; "es" when it says nothing. */
const char *words_language(struct slice text);

struct words_term {
    const char *words[WORDS_TERM_WORDS]; /* one, or a phrase */
    size_t n;
    bool exclude;
    bool begins; /* its word may be the beginning of one */
};

struct words_query {
    struct words_term terms[WORDS_TERMS];
    size_t n;
};

/* ERR_INVALID query_too_long, query_too_many_words, query_empty (it has no word). */
int words_query_read(struct ctx *cx, struct slice text, const char *parameter,
                     struct words_query *out);

/* The word as its stemmer in `language` wants it: Spanish endings that lost their accent get it back. */
const char *words_for_stemmer(struct arena *a, const char *word, const char *language);

/* A piece of `text` round the first word that fits, at most WORDS_SNIPPET_CHARS characters, with "…" where it was cut;
 * NULL when no word of the question is in it. */
const char *words_snippet(struct arena *a, const struct words_query *q, struct slice text);

/* Writes the subject's row of subject_search. `names` are who and what it is about, which weigh more than the body;
 * numbers among them are found with and without blanks and by their end, as telephones are. */
int words_store(struct ctx *cx, const struct uuid *subject, const struct slice *names,
                size_t nnames, struct slice body);

#endif
