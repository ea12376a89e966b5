/* SPDX-License-Identifier: MIT */
/* The scoreboard for people (/api/status) and for Prometheus (/metrics). Both cross tenants: operators only. */
#include <string.h>

#include "core/base/clock.h"
#include "core/queue/metrics.h"
#include "fcgi/api.h"
#include "fcgi/app.h"
#include "fcgi/version.h"

static void write_slot(struct jw *w, const struct scoreboard_view *v)
{
    jw_object(w);
    jw_ki64(w, "pid", v->pid);
    jw_kstr(w, "role", v->role);
    jw_kstr(w, "state", slot_state_name((enum slot_state)v->state));
    jw_ki64(w, "generation", v->generation);
    jw_ki64(w, "requests", (int64_t)v->own_requests);
    jw_ki64(w, "rss_bytes", v->rss_bytes);
    jw_kstr(w, "method", v->method);
    jw_kstr(w, "route", v->route);
    jw_kstr(w, "request_id", v->request_id);
    jw_ki64(w, "request_us", v->state == SLOT_BUSY ? clock_now_us() - v->begun_us : v->last_us);
    jw_ki64(w, "last_status", v->last_status);
    jw_end(w);
}

int api_status(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const struct scoreboard *sb = proc_child_scoreboard(app_current()->self);
    struct jw *w = http_json_begin(rs, 200);
    int64_t by_state[SLOT_LEAVING + 1] = {0};
    uint64_t accepted = 0;

    (void)rq;
    jw_object(w);
    jw_kstr(w, "version", CLIENTMETRICS_VERSION);
    jw_ki64(w, "keys_age_s", keys_age_s(app_current()->keys));
    jw_key(w, "processes");
    jw_array(w);
    for (size_t i = 0; i < scoreboard_slots(sb); i++) {
        struct scoreboard_view v;

        scoreboard_read(sb, i, &v);
        accepted += v.accepted;
        if (v.state >= SLOT_EMPTY && v.state <= SLOT_LEAVING)
            by_state[v.state]++;
        if (v.state != SLOT_EMPTY)
            write_slot(w, &v);
    }
    jw_end(w);
    jw_ki64(w, "accepted", (int64_t)accepted);
    jw_ki64(w, "idle", by_state[SLOT_IDLE]);
    jw_ki64(w, "active", by_state[SLOT_BUSY]);
    jw_ki64(w, "total",
            by_state[SLOT_STARTING] + by_state[SLOT_IDLE] + by_state[SLOT_BUSY] +
                by_state[SLOT_LEAVING]);
    jw_key(w, "jobs");
    if (queue_metrics_json(cx, w) < 0)
        return -1;
    jw_end(w);
    return http_json_end(cx, rs);
}

/* Sums of the slots of one role. */
struct totals {
    const char *role;
    int64_t processes, busy;
    uint64_t spawned, accepted, requests, by_status[6], bytes_in, bytes_out, busy_us;
    uint64_t buckets[SCOREBOARD_BUCKETS + 1];
};

static void add(struct totals *t, const struct scoreboard_view *v)
{
    t->processes += v->state != SLOT_EMPTY;
    t->busy += v->state == SLOT_BUSY;
    t->spawned += v->spawned;
    t->accepted += v->accepted;
    t->requests += v->requests;
    t->bytes_in += v->bytes_in;
    t->bytes_out += v->bytes_out;
    t->busy_us += v->busy_us;
    for (int i = 0; i < 6; i++)
        t->by_status[i] += v->by_status[i];
    for (int i = 0; i <= SCOREBOARD_BUCKETS; i++)
        t->buckets[i] += v->buckets[i];
}

static void write_totals(struct sb *b, const struct totals *t)
{
    uint64_t below = 0;

    sb_printf(b, "clientmetrics_processes{role=\"%s\"} %lld\n", t->role, (long long)t->processes);
    sb_printf(b, "clientmetrics_processes_busy{role=\"%s\"} %lld\n", t->role, (long long)t->busy);
    sb_printf(b, "clientmetrics_processes_spawned_total{role=\"%s\"} %llu\n", t->role,
              (unsigned long long)t->spawned);
    sb_printf(b, "clientmetrics_accepted_total{role=\"%s\"} %llu\n", t->role,
              (unsigned long long)t->accepted);
    for (int i = 0; i < 6; i++)
        sb_printf(b, "clientmetrics_requests_total{role=\"%s\",class=\"%s\"} %llu\n", t->role,
                  (const char *const[]){"none", "1xx", "2xx", "3xx", "4xx", "5xx"}[i],
                  (unsigned long long)t->by_status[i]);
    sb_printf(b, "clientmetrics_received_bytes_total{role=\"%s\"} %llu\n", t->role,
              (unsigned long long)t->bytes_in);
    sb_printf(b, "clientmetrics_sent_bytes_total{role=\"%s\"} %llu\n", t->role,
              (unsigned long long)t->bytes_out);
    for (int i = 0; i < SCOREBOARD_BUCKETS; i++) {
        below += t->buckets[i];
        sb_printf(b, "clientmetrics_request_seconds_bucket{role=\"%s\",le=\"%g\"} %llu\n", t->role,
                  (double)scoreboard_bucket_us[i] / 1e6, (unsigned long long)below);
    }
    below += t->buckets[SCOREBOARD_BUCKETS];
    sb_printf(b, "clientmetrics_request_seconds_bucket{role=\"%s\",le=\"+Inf\"} %llu\n", t->role,
              (unsigned long long)below);
    sb_printf(b, "clientmetrics_request_seconds_sum{role=\"%s\"} %g\n", t->role,
              (double)t->busy_us / 1e6);
    sb_printf(b, "clientmetrics_request_seconds_count{role=\"%s\"} %llu\n", t->role,
              (unsigned long long)below);
}

static const char types[] = "# TYPE clientmetrics_processes gauge\n"
                            "# TYPE clientmetrics_processes_busy gauge\n"
                            "# TYPE clientmetrics_processes_spawned_total counter\n"
                            "# TYPE clientmetrics_accepted_total counter\n"
                            "# TYPE clientmetrics_requests_total counter\n"
                            "# TYPE clientmetrics_received_bytes_total counter\n"
                            "# TYPE clientmetrics_sent_bytes_total counter\n"
                            "# TYPE clientmetrics_request_seconds histogram\n";

int api_metrics(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const struct scoreboard *sb = proc_child_scoreboard(app_current()->self);
    struct totals roles[3] = {{.role = "web"}, {.role = "stream"}, {.role = "keys"}};

    (void)rq;
    for (size_t i = 0; i < scoreboard_slots(sb); i++) {
        struct scoreboard_view v;

        scoreboard_read(sb, i, &v);
        for (size_t k = 0; k < sizeof roles / sizeof *roles; k++) {
            if (strcmp(v.role, roles[k].role) == 0)
                add(&roles[k], &v);
        }
    }
    rs->status = 200;
    rs->content_type = "text/plain; version=0.0.4; charset=utf-8";
    sb_puts(&rs->body, types);
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        write_totals(&rs->body, &roles[k]);
    sb_printf(&rs->body,
              "# TYPE clientmetrics_keys_age_seconds gauge\nclientmetrics_keys_age_seconds %lld\n",
              (long long)keys_age_s(app_current()->keys));
    return queue_metrics_text(cx, &rs->body);
}
