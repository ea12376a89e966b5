/* SPDX-License-Identifier: MIT */
/*
 * schedule: jobs that come again, by a cron text in a time zone.
 *
 * Job workers fire what is due, as the database's clock says. A firing makes one job, however many runs were missed, and
 * moves the schedule to its next time after now in the same transaction, if nobody else did: two workers fire once.
 * Each local time fires once: one that the clock skips fires right after the gap, one that it repeats the first time.
 */
#ifndef CORE_QUEUE_SCHEDULE_H
#define CORE_QUEUE_SCHEDULE_H

#include "core/queue/queue.h"

struct schedule {
    struct uuid id;
    const char *kind;      /* of the job */
    const char *payload;   /* JSON object text; NULL: {} */
    const char *cron;      /* see cron.h */
    const char *time_zone; /* IANA name; NULL: the tenant's */
    bool enabled;
};

/* Makes or replaces the tenant's schedule. ERR_INVALID: cron_invalid, zone_unknown. */
int schedule_put(struct ctx *cx, const struct schedule *s);
int schedule_delete(struct ctx *cx, const struct uuid *id);

/* Fires what is due at `at_us` (0: now, by the database's clock; tests say when), over all tenants, in transactions of its
 * own. *fired may be NULL. One that cannot be fired does not keep the others: it is put off by ten minutes, and the first
 * error is the answer, after all were tried. */
int schedule_run(struct ctx *cx, int64_t at_us, int *fired);

#endif
