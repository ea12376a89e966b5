/* SPDX-License-Identifier: MIT */
/*
 * redact: takes what identifies a person out of a transcript before it leaves, and remembers where it was.
 *
 *   e-mail        as it is written
 *   telephone     with + or 00; the forms of Chile, Colombia, Paraguay and Spain, with or without their country; any other
 *                 number of 7 digits or more behind a word such as "teléfono". No dates, no amounts of money
 *   payment card  13 to 19 digits that fulfil Luhn's rule, together or in the groups that are printed on cards
 *   identity      RUT, NIT, RUC, DNI and NIE with a valid check digit (redact_check.h); a cédula and any of them without it
 *                 only behind its word
 *
 * Each becomes a placeholder, [EMAIL-1]; the same value has the same number, a telephone with and without its country
 * too. It errs on the side of taking out: a ticket's number may look like an identity.
 *
 * Time grows with n log n of the text, whatever it holds. Any bytes are safe.
 */
#ifndef CORE_INSIGHT_REDACT_H
#define CORE_INSIGHT_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

enum redact_kind { REDACT_EMAIL, REDACT_PHONE, REDACT_CARD, REDACT_ID, REDACT_KINDS };
#define REDACT_ALL ((1u << REDACT_KINDS) - 1)

struct redact_span {
    uint32_t start, end; /* of the value in the transcript */
    uint32_t at, to;     /* of its placeholder in the text */
    uint32_t number;     /* from 1, by kind */
    enum redact_kind kind;
};

struct redaction {
    struct slice transcript;         /* borrowed */
    struct slice text;               /* what may leave */
    const struct redact_span *spans; /* in order, apart from one another */
    size_t n;
};

/* `kinds`: bits 1u << enum redact_kind. Takes up to 15 bytes of arena a byte of transcript, which is below 4 GB. */
void redact(struct arena *a, struct slice transcript, unsigned kinds, struct redaction *out);

/* Where [start, end) of the text is in the transcript; a placeholder that it touches counts as its whole value. True
 * when it touches one. Offsets on character boundaries stay on them. */
bool redact_original(const struct redaction *r, uint32_t start, uint32_t end, uint32_t *out_start,
                     uint32_t *out_end);

/* "EMAIL", "PHONE", "CARD", "ID" */
const char *redact_kind_name(enum redact_kind kind);

#endif
