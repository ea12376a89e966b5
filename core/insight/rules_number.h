/* SPDX-License-Identifier: MIT */
/*
 * rules_number: amounts in a text: how many interactions a day, how many people work there.
 *
 * Numbers are digits (500, 1.000, 1,000, 2k), digits with a word (5 mil), or words (quinientas, two hundred).
 * A range gives its middle. A week is divided by 7, a fortnight by 15, a month by 30, a year by 365, rounded.
 */
#ifndef CORE_INSIGHT_RULES_NUMBER_H
#define CORE_INSIGHT_RULES_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/insight/rules_text.h"

struct rules_amount {
    int64_t value;
    size_t first, last; /* the words that say it, both inside */
};

/* The number or range that begins at word `at`. "un", "una", "one" alone are none. */
bool rules_number_at(const struct rules_text *t, size_t at, struct rules_amount *out);

/* The unit of time ("al día", "weekly", "/mes") that begins at word `at`: its days, and its last word. */
bool rules_unit_at(const struct rules_text *t, size_t at, int *days, size_t *last);

/* Interactions a day. Needs a number, what is counted (messages, queries...) and a unit of time, close together.
 * The usual or present figure wins over a peak, a peak over what used to be; else the first. */
bool rules_volume(const struct rules_text *t, struct rules_amount *out);

/* How many people the company says that it employs. */
bool rules_employees(const struct rules_text *t, struct rules_amount *out);

/* Whether a "no", "not", "sin"... shortly before word `at`, in its clause, turns it round. "no solo", "sin perder",
 * "no fue hasta que" and the like do not. */
bool rules_negated(const struct rules_text *t, size_t at);

#endif
