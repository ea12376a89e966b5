/* SPDX-License-Identifier: MIT */
#include "core/queue/metrics.h"

#include <string.h>

#include "core/db/db.h"

enum {
    WINDOW_S = 300,
    MOST_PAGES = 4096, /* of the queue that one scrape reads: 32 MB, some 150,000 jobs */
};

enum column {
    KIND,
    BUCKET,
    READY,
    RUNNING,
    OLDEST,
    COMPLETED,
    FAILED,
    CANCELED,
    RETRIES,
    SUM,
    P95,
    ESTIMATED
};

static const struct {
    const char *name;
    const char *label; /* more of it; "" for none */
    enum column column;
    double scale;
} series[] = {
    {"clientmetrics_jobs", ",state=\"ready\"", READY, 1},
    {"clientmetrics_jobs", ",state=\"running\"", RUNNING, 1},
    {"clientmetrics_jobs_estimated", "", ESTIMATED, 1},
    {"clientmetrics_jobs_oldest_seconds", "", OLDEST, 1},
    {"clientmetrics_jobs_ended_per_second", ",state=\"completed\"", COMPLETED, 1.0 / WINDOW_S},
    {"clientmetrics_jobs_ended_per_second", ",state=\"failed\"", FAILED, 1.0 / WINDOW_S},
    {"clientmetrics_jobs_ended_per_second", ",state=\"canceled\"", CANCELED, 1.0 / WINDOW_S},
    {"clientmetrics_jobs_retries", "", RETRIES, 1},
    {"clientmetrics_job_seconds_sum", "", SUM, 1},
    {"clientmetrics_job_seconds_p95", "", P95, 1},
};

static PGresult *ask(struct ctx *cx)
{
    return db_query(cx, SQL_JOBS_METRICS, (const struct db_arg[]){db_i64(MOST_PAGES)});
}

int queue_metrics_text(struct ctx *cx, struct sb *out)
{
    SCOPED(pg_drop) PGresult *r = ask(cx);
    const char *last = "";

    if (!r)
        return -1;
    for (size_t s = 0; s < sizeof series / sizeof *series; s++) {
        if (strcmp(series[s].name, last) != 0)
            sb_printf(out, "# TYPE %s gauge\n", series[s].name);
        last = series[s].name;
        for (int i = 0; i < PQntuples(r); i++)
            sb_printf(out, "%s{kind=\"%s\",tenants=\"%s\"%s} %.9g\n", series[s].name,
                      pg_text(r, i, KIND), pg_text(r, i, BUCKET), series[s].label,
                      pg_real(r, i, series[s].column, 0) * series[s].scale);
    }
    return 0;
}

static double total(const PGresult *r, enum column c)
{
    double sum = 0;

    for (int i = 0; i < PQntuples(r); i++)
        sum += pg_real(r, i, c, 0);
    return sum;
}

static double largest(const PGresult *r, enum column c)
{
    double most = 0;

    for (int i = 0; i < PQntuples(r); i++)
        most = pg_real(r, i, c, 0) > most ? pg_real(r, i, c, 0) : most;
    return most;
}

int queue_metrics_json(struct ctx *cx, struct jw *w)
{
    SCOPED(pg_drop) PGresult *r = ask(cx);

    if (!r)
        return -1;
    jw_object(w);
    jw_ki64(w, "ready", (int64_t)total(r, READY));
    jw_ki64(w, "running", (int64_t)total(r, RUNNING));
    jw_kbool(w, "estimated", largest(r, ESTIMATED) > 0);
    jw_key(w, "oldest_s");
    jw_real(w, largest(r, OLDEST));
    jw_ki64(w, "window_s", WINDOW_S);
    jw_ki64(w, "completed", (int64_t)total(r, COMPLETED));
    jw_ki64(w, "failed", (int64_t)total(r, FAILED));
    jw_ki64(w, "canceled", (int64_t)total(r, CANCELED));
    jw_ki64(w, "retries", (int64_t)total(r, RETRIES));
    jw_end(w);
    return 0;
}
