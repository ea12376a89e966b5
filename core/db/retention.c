/* SPDX-License-Identifier: MIT */
#include "core/db/retention.h"

#include "core/db/db.h"

enum { BATCH_ROWS = 5000, MAX_KINDS = 16 };

/* One batch of every kind; *more when some kind filled its batch. */
static int run_batch(struct ctx *cx, int64_t sums[MAX_KINDS], PGresult **kinds, bool *more)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return -1;
    r = db_query(cx, SQL_RETENTION_RUN, (const struct db_arg[]){db_i64(BATCH_ROWS)});
    if (!r || db_commit(cx) < 0) {
        db_rollback(cx);
        return -1;
    }
    *more = false;
    for (int i = 0; i < PQntuples(r) && i < MAX_KINDS; i++) {
        const int64_t n = pg_i64(r, i, 1, 0);

        sums[i] += n;
        *more = *more || n == BATCH_ROWS;
    }
    PQclear(*kinds);
    *kinds = r;
    r = NULL;
    return 0;
}

int retention_run(struct ctx *cx, FILE *out)
{
    SCOPED(pg_drop) PGresult *kinds = NULL;
    int64_t sums[MAX_KINDS] = {0};
    bool more = true;

    while (more) {
        if (run_batch(cx, sums, &kinds, &more) < 0)
            return -1;
    }
    for (int i = 0; i < PQntuples(kinds) && i < MAX_KINDS; i++)
        fprintf(out, "%s: %lld rows past their time deleted\n", pg_text(kinds, i, 0),
                (long long)sums[i]);
    return 0;
}
