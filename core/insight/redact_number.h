/* SPDX-License-Identifier: MIT */
/*
 * redact_number: whether a card, an identity or a telephone begins at a digit (or +, or the letter of a NIE).
 */
#ifndef CORE_INSIGHT_REDACT_NUMBER_H
#define CORE_INSIGHT_REDACT_NUMBER_H

#include "core/insight/redact.h"

enum { REDACT_KEY_CHARS = 24 };

struct redact_found {
    enum redact_kind kind;
    size_t start, end;
    char key[REDACT_KEY_CHARS]; /* the same for the same value */
};

/* At `at` no word or number goes on from before. False leaves *out untouched and sets *next to where one may go on
 * looking, > at. */
bool redact_number_at(struct slice s, size_t at, unsigned kinds, struct redact_found *out,
                      size_t *next);

#endif
