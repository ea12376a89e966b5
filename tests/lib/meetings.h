/* SPDX-License-Identifier: MIT */
/*
 * meetings: asking for, changing and deleting meetings of one tenant, the way requests do, each in a transaction of its own.
 *
 * What must not fail fails the test. Answers are valid until the next of the same function.
 */
#ifndef TESTS_LIB_MEETINGS_H
#define TESTS_LIB_MEETINGS_H

#include <jansson.h>

#include "core/meetings/meeting.h"
#include "tests/lib/testdb.h"

/* A database with the tenant "acme", and a context of its analyst. testdb_free() its database. */
struct meetings_world {
    struct testdb *db;
    struct ctx *cx;
    struct uuid tenant;
    struct uuid user;
};
const struct meetings_world *meetings_set_up(void);

/* A file of three meetings, José Muñoz, Ann Baker and Marta Rojas, in two languages. */
extern const char meetings_talks[];
void meetings_upload(const char *csv); /* no row may fail */
void meetings_run_jobs(void);

/* `query` as a query string without escapes: "q=a b&sort=-closed". */
int meetings_ask(struct meeting_query *q, struct meeting_page *page, const char *query);
/* The answer; NULL on failure, with cx->err set. The caller decrefs it. */
json_t *meetings_list_of(const char *query);
const char *meetings_names(const char *query); /* of the page's clients, joined by blanks */
int64_t meetings_total(const char *query);
void meetings_refused(const char *query, const char *reason, const char *field);

const char *meetings_id_of(const char *client);
int meetings_edit(const char *client, int64_t version, const char *patch);

/* The answer's text; NULL on failure. */
const char *meetings_bulk(enum meeting_bulk_verb verb, const char *body);
void meetings_bulk_is(enum meeting_bulk_verb verb, const char *body, const char *answer);
void meetings_bulk_refused(enum meeting_bulk_verb verb, const char *body, const char *reason);

#endif
