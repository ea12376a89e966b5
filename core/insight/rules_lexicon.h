/* SPDX-License-Identifier: MIT */
/*
 * rules_lexicon: the words that the built-in reader knows, one table a sense. Patterns: see rules_match.h.
 *
 * All in folded form: lower case, no accents. Spanish and English stand side by side.
 */
#ifndef CORE_INSIGHT_RULES_LEXICON_H
#define CORE_INSIGHT_RULES_LEXICON_H

#include "core/insight/rules_match.h"

enum rules_sense {
    /* what a field is answered from; codes are those of reading.c */
    SENSE_SECTOR, /* weight 1 (a hint) to 12 (a whole phrase that can mean nothing else) */
    SENSE_CHANNEL,
    SENSE_SIZE,
    SENSE_PERSONALIZATION,
    SENSE_INTEGRATION, /* weight 2: is asked for by its name alone; 1: only near CUE_CONNECT */
    SENSE_CONFIDENTIALITY,
    SENSE_MULTILINGUAL,
    SENSE_REAL_TIME,
    SENSE_PEAK,
    SENSE_QUERY, /* counts only after CUE_ASKED in its sentence */
    SENSE_TOOL,
    /* where a phrase is cut out */
    SENSE_PAIN,
    SENSE_USE,
    SENSE_OBJECTION,
    SENSE_OTHER,
    /* what tells how to take the words around it */
    CUE_IDENTITY,  /* "somos", "we run": what the company is follows */
    CUE_FOREIGN,   /* "para", "for": whom it serves follows, not what it is */
    CUE_DISCOVERY, /* "conocí", "heard": how they came to know */
    CUE_CONNECT,   /* "integrar", "connect" */
    CUE_ASKED,     /* "consultas sobre", "ask about": what their customers want to know */
    RULES_SENSES,
};

extern const struct rules_lexicon rules_lexicons[RULES_SENSES];

extern const struct rules_row rules_sector_rows[];
extern const struct rules_row rules_channel_rows[];
extern const struct rules_row rules_size_rows[];
extern const struct rules_row rules_personalization_rows[];
extern const struct rules_row rules_integration_rows[];
extern const struct rules_row rules_confidentiality_rows[];
extern const struct rules_row rules_multilingual_rows[];
extern const struct rules_row rules_real_time_rows[];
extern const struct rules_row rules_peak_rows[];
extern const struct rules_row rules_query_rows[];
extern const struct rules_row rules_tool_rows[];
extern const struct rules_row rules_pain_rows[];
extern const struct rules_row rules_use_rows[];
extern const struct rules_row rules_objection_rows[];
extern const struct rules_row rules_other_rows[];
extern const struct rules_row rules_identity_rows[];
extern const struct rules_row rules_foreign_rows[];
extern const struct rules_row rules_discovery_rows[];
extern const struct rules_row rules_connect_rows[];
extern const struct rules_row rules_asked_rows[];

#endif
