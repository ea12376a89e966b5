/* SPDX-License-Identifier: MIT */
/*
 * server: the real program, started by a test on a testdb: `serve` (and `work` when asked), in a temporary directory,
 * with the development issuer. Nothing here fails: what goes wrong is said on stderr and ends the process.
 *
 * The program is the one of the same build as the test (build/<BUILD>/clientmetrics), or CM_TEST_BIN.
 */
#ifndef TESTS_LIB_SERVER_H
#define TESTS_LIB_SERVER_H

#include "tests/lib/fcgi_client.h"
#include "tests/lib/testdb.h"

struct server {
    const char *dir; /* sockets, log, keys; removed by server_free() */
    const char *web_sock;
    const char *stream_sock;
    const char *log;      /* path of its log file */
    const char *key_file; /* of the development issuer */
    struct server_private *private;
};

struct server_options {
    bool work;                   /* start `work` too */
    const char *const *settings; /* NULL-ended list of "CM_X=..." beyond the test's own */
};

/* Returns when /readyz answers 200. The tenants and people of `admin demo` are there. */
struct server *server_new(struct testdb *t, const struct server_options *o);
void server_free(struct server *s); /* TERM, and KILL for what stays; NULL is fine */

/* An access token of the development issuer by its password grant; lives as long as s. Asked once a person. */
const char *server_token(struct server *s, const char *email);
/* "Bearer ..." of the same. */
const char *server_bearer(struct server *s, const char *email);

/* One request on the pool's socket; fails the test when no complete answer comes. fcgi_answer_done() it. */
struct fcgi_answer server_call(struct server *s, bool stream_pool, const struct fcgi_call *call);

/* Uploads CSV text as this person; the answer. */
struct fcgi_answer server_upload(struct server *s, const char *email, const char *filename,
                                 const char *csv);

/* Waits until the tenant of `email` has no job left, at most ms; false when some are still there. */
bool server_jobs_done(struct server *s, const char *email, int64_t ms);

/* Value of a string member anywhere in a JSON text, copied; NULL when there is none. For answers of known shape. */
char *server_json_str(const struct fcgi_answer *a, const char *key);

/* How many lines of the log hold this text. */
int server_log_count(const struct server *s, const char *text);

#endif
