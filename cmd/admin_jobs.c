/* SPDX-License-Identifier: MIT */
#include "cmd/admin_jobs.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "core/base/limits.h"
#include "core/db/db.h"
#include "core/queue/queue.h"

/* What each verb gets: the words after the tenant, and where its answer goes. */
typedef int (*verb_fn)(struct ctx *cx, int argc, char **argv, struct jw *w);

static int read_id(struct ctx *cx, const char *text, struct uuid *out)
{
    if (uuid_parse(slice_cstr(text), out))
        return 0;
    return ctx_fail(cx, ERR_INVALID, "id_invalid", NULL, "%s is not an identifier", text);
}

static int stats(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    struct queue_stats s;

    (void)argc;
    (void)argv;
    if (queue_stats(cx, &s) < 0)
        return -1;
    jw_object(w);
    jw_ki64(w, "pending", s.pending);
    jw_ki64(w, "processing", s.processing);
    jw_ki64(w, "completed", s.completed);
    jw_ki64(w, "failed", s.failed);
    jw_end(w);
    return 0;
}

/* "-" and what is not given: any. */
static struct slice word(int argc, char **argv, int i)
{
    return slice_cstr(i >= argc || strcmp(argv[i], "-") == 0 ? "" : argv[i]);
}

static int list(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    const struct queue_filter f = {.limit = LIMIT_PAGE,
                                   .state = word(argc, argv, 0),
                                   .kind = word(argc, argv, 1),
                                   .cursor = word(argc, argv, 2)};

    return queue_list(cx, &f, w);
}

static int show(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    struct uuid id;

    (void)argc;
    return read_id(cx, argv[0], &id) < 0 ? -1 : queue_get(cx, &id, w);
}

static void write_number(struct jw *w, const char *key, int64_t n, const char *key2, int64_t n2)
{
    jw_object(w);
    jw_ki64(w, key, n);
    if (key2)
        jw_ki64(w, key2, n2);
    jw_end(w);
}

static int retry(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    struct uuid id;
    int64_t n;

    (void)argc;
    if (read_id(cx, argv[0], &id) < 0 || queue_must_be(cx, &id, "failed") < 0 ||
        queue_retry(cx, &id, 1, NULL, &n) < 0)
        return -1;
    write_number(w, "count", n, NULL, 0);
    return 0;
}

static int retry_all(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    int64_t n;

    if (queue_retry(cx, NULL, 0, argc > 0 ? argv[0] : NULL, &n) < 0)
        return -1;
    write_number(w, "count", n, NULL, 0);
    return 0;
}

static int cancel(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    struct queue_canceled n;
    struct uuid id;

    (void)argc;
    if (read_id(cx, argv[0], &id) < 0 || queue_must_be(cx, &id, "ready running") < 0 ||
        queue_cancel_jobs(cx, &id, 1, &n) < 0)
        return -1;
    write_number(w, "canceled", n.canceled, "asked", n.asked);
    return 0;
}

static int cancel_batch(struct ctx *cx, int argc, char **argv, struct jw *w)
{
    struct queue_canceled n;
    struct uuid id;

    (void)argc;
    if (read_id(cx, argv[0], &id) < 0 || queue_cancel_batch(cx, &id, &n) < 0)
        return -1;
    write_number(w, "canceled", n.canceled, "asked", n.asked);
    return 0;
}

static const struct {
    const char *verb;
    int least; /* words after the tenant */
    int most;
    verb_fn run;
} verbs[] = {
    {"stats", 0, 0, stats},
    {"list", 0, 3, list},
    {"show", 1, 1, show},
    {"retry", 1, 1, retry},
    {"retry-all", 0, 1, retry_all},
    {"cancel", 1, 1, cancel},
    {"cancel-batch", 1, 1, cancel_batch},
};

/* Inside the tenant, whatever its state; rolled back on failure by the caller. */
static int enter(struct ctx *cx, const char *slug)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return -1;
    r = db_query_one(cx, SQL_OPERATOR_ENTER, (const struct db_arg[]){db_text(slug)});
    if (!r)
        return -1;
    pg_uuid(r, 0, 0, &cx->who.tenant);
    return 0;
}

int admin_jobs(struct ctx *cx, int argc, char **argv)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    for (size_t i = 0; argc >= 2 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[0], verbs[i].verb) != 0 || argc - 2 < verbs[i].least ||
            argc - 2 > verbs[i].most)
            continue;
        sb_init(&text, LIMIT_RESPONSE_BYTES);
        jw_init(&w, &text);
        if (enter(cx, argv[1]) < 0 || verbs[i].run(cx, argc - 2, argv + 2, &w) < 0 ||
            db_commit(cx) < 0) {
            db_rollback(cx);
            return EXIT_FAILED;
        }
        printf("%s\n", sb_text(&text));
        return EXIT_OK;
    }
    return EXIT_USAGE;
}
