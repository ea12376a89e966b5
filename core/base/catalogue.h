/* SPDX-License-Identifier: MIT */
/*
 * catalogue: the one place where the program has texts for people, in Spanish and English.
 *
 * For what leaves the product without its pages: CSV, PDF, e-mail. Answers of the API carry codes and parameters, and
 * the pages translate them (frontend/src/shared/i18n).
 */
#ifndef CORE_BASE_CATALOGUE_H
#define CORE_BASE_CATALOGUE_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

struct catalogue_entry {
    const char *code;
    const char *es; /* {name} is the place of a parameter; both languages name the same ones */
    const char *en;
};

extern const struct catalogue_entry catalogue[];
extern const size_t ncatalogue;

struct catalogue_param {
    const char *name;
    struct slice value;
};

/* The text of `code` with its places filled; a place without a parameter shows "?". `language` is "es", and anything
 * else is English. An unknown code is its own text: a reader can still ask about it. */
const char *catalogue_text(struct arena *a, const char *language, const char *code,
                           const struct catalogue_param *params, size_t n);

/* The same with the parameters of a JSON object, as errors of rows keep them: {"max":200}. Its strings and whole numbers
 * are used; text that is no object counts as {}. */
const char *catalogue_text_json(struct arena *a, const char *language, const char *code,
                                struct slice params);

#endif
