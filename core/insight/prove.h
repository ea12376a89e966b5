/* SPDX-License-Identifier: MIT */
/*
 * prove: whether the words of a transcript carry a value that a model gave.
 *
 * A model is not believed, its quote is looked for. For a number the number itself has to stand in the words that were
 * found; how often it comes must be said there or right beside them. Nothing here knows of JSON.
 */
#ifndef CORE_INSIGHT_PROVE_H
#define CORE_INSIGHT_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"
#include "core/insight/locate.h"
#include "core/insight/reading.h"
#include "core/insight/redact.h"

enum {
    PROVE_NUMBER_MAX = 1000000000,
    PROVE_BESIDE_BEFORE_BYTES = 200, /* "¿Cuántos mensajes al día?" "Unos 500." */
    PROVE_BESIDE_AFTER_BYTES = 80,
};

/* What a model was shown, and where its words are. */
struct prove_source {
    struct slice transcript;           /* readings point into it */
    struct locate_text shown;          /* the transcript, or what was left of it */
    const struct redaction *redaction; /* NULL: it was shown whole */
};

void prove_begin(struct arena *a, struct slice transcript, struct prove_source *out);

/* For a model that was shown r->text. Quotes lead back to the transcript; what is cut out of it are its own words, also
 * where the model saw a placeholder. *out borrows `r`. */
void prove_begin_redacted(struct arena *a, const struct redaction *r, struct prove_source *out);

/* EXACT or NORMALISED (a quote with a placeholder always) with *out in the transcript; ABSENT, *out untouched, when the quote is not there or says nothing. */
enum reading_status prove_quote(const struct prove_source *src, struct slice quote,
                                struct locate_span *out);

/* Whether the span says this number, in digits or words. */
bool prove_number(const struct prove_source *src, struct arena *scratch, struct locate_span span,
                  int64_t number);

/* How often something comes, and what brings it to a day. An hour counts for eight: a rate an hour is one of working
 * hours, nobody counts those that a shop is closed. */
enum prove_period {
    PROVE_HOUR,
    PROVE_DAY,
    PROVE_WEEK,
    PROVE_FORTNIGHT,
    PROVE_MONTH,
    PROVE_YEAR,
    PROVE_PERIODS
};
extern const char *const prove_period_names[PROVE_PERIODS]; /* "hour", "day"... */

/* By name; false leaves *out untouched. */
bool prove_period_find(const char *name, enum prove_period *out);

/* Rounded to the nearest whole number, half up; at most PROVE_NUMBER_MAX. `number` is 0 to PROVE_NUMBER_MAX. */
int64_t prove_per_day(int64_t number, enum prove_period period);

/* Whether the span names this period; when it names none, whether what stands right beside it does. */
bool prove_period_said(const struct prove_source *src, struct arena *scratch,
                       struct locate_span span, enum prove_period period);

/* Whether a sentence in a model's own words speaks of this transcript: at least half of its words with four letters or
 * more begin as words of it do, and everything in it that has a digit stands there as it is. */
bool prove_grounded(const struct prove_source *src, struct slice sentence);

#endif
