/* SPDX-License-Identifier: MIT */
/* Schedules under a replaced clock: time zones, the hours that a clock skips and repeats, missed runs, two workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/schedule.h"
#include "tests/lib/testdb.h"

static struct testdb *db;
static struct ctx *cx;
static struct uuid acme; /* America/Santiago */
static struct uuid ana;

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    acme = testdb_tenant(db, "acme");
    ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ANALYST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clock_real();
    testdb_free(db);
    return 0;
}

/* "2026-03-29 00:30" UTC */
static void set_clock(const char *utc)
{
    clock_real();
    clock_freeze(
        testdb_number(db, TESTDB_ADMIN,
                      "SELECT (extract(epoch FROM '%s+00'::timestamptz) * 1000000)::bigint", utc),
        clock_mono_ms());
}

static int put(const char *cron, const char *zone)
{
    const struct schedule s = {
        .id = acme, .kind = "test.tick", .cron = cron, .time_zone = zone, .enabled = true};
    int status;

    testdb_fresh(cx);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
    assert_int_equal(
        db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ANALYST, SCOPE_DATA_WRITE}),
        0);
    status = schedule_put(cx, &s);
    return status < 0 ? status : db_commit(cx);
}

static int fire(void)
{
    int fired = -1;

    testdb_fresh(cx);
    testdb_as_nobody(cx);
    if (schedule_run(cx, clock_now_us(), &fired) < 0)
        fail_msg("%s: %s", cx->err.reason, cx->err.internal);
    return fired;
}

static const char *next(void)
{
    return testdb_value(
        db, TESTDB_ADMIN,
        "SELECT to_char(next_run_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM schedules");
}

static int64_t waiting(void)
{
    return testdb_number(db, TESTDB_ADMIN,
                         "SELECT count(*) FROM jobs WHERE kind = 'test.tick' AND state = 'ready'");
}

/* Runs the minutes from..to of UTC and says at which instants it fired. */
static void fires(const char *cron, const char *zone, const char *from, int minutes,
                  const char *want)
{
    char got[512] = "";

    set_clock(from);
    testdb_run(db, TESTDB_ADMIN, "DELETE FROM schedules; DELETE FROM jobs");
    assert_int_equal(put(cron, zone), 0);
    for (int i = 0; i < minutes; i++) {
        clock_advance_ms(60000);
        if (fire() == 1) {
            char now[CLOCK_TEXT_BYTES];

            clock_text(clock_now_us(), now);
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.11s", got[0] ? " " : "",
                     now + 5);
            assert_int_equal(waiting(), 1);
            testdb_run(db, TESTDB_ADMIN, "DELETE FROM jobs");
        }
    }
    if (strcmp(got, want) != 0)
        fail_msg("%s in %s from %s: %s, not %s", cron, zone ? zone : "the tenant's zone", from, got,
                 want);
}

static void each_local_time_fires_once_in_madrid(void **state)
{
    (void)state;
    /* 29 March 2026, 02:00 -> 03:00 at 01:00 UTC: 02:30 is skipped and fires right after the gap */
    fires("30 2 * * *", "Europe/Madrid", "2026-03-29 00:00", 180, "03-29T01:00");
    assert_string_equal(next(), "2026-03-30 00:30");
    fires("30 * * * *", "Europe/Madrid", "2026-03-29 00:00", 149,
          "03-29T00:30 03-29T01:00 03-29T01:30");
    /* 02:00 is skipped too, and is 03:00, which fires once */
    fires("0 * * * *", "Europe/Madrid", "2026-03-28 23:30", 160,
          "03-29T00:00 03-29T01:00 03-29T02:00");
    /* 25 October 2026, 03:00 -> 02:00 at 01:00 UTC: 02:30 is there twice and fires the first time */
    fires("30 2 * * *", "Europe/Madrid", "2026-10-25 00:00", 120, "10-25T00:30");
    assert_string_equal(next(), "2026-10-26 01:30");
    fires("*/20 2,3 * * *", "Europe/Madrid", "2026-10-24 23:50", 160,
          "10-25T00:00 10-25T00:20 10-25T00:40 10-25T02:00 10-25T02:20");
}

static void each_local_time_fires_once_in_santiago(void **state)
{
    (void)state;
    /* 6 September 2026: 00:00 -> 01:00 at 04:00 UTC. Midnight does not exist that day */
    fires("0 0 * * *", NULL, "2026-09-06 03:00", 120, "09-06T04:00");
    assert_string_equal(next(), "2026-09-07 03:00");
    /* 5 April 2026: 00:00 -> 23:00 of the 4th at 03:00 UTC */
    fires("30 23 * * *", NULL, "2026-04-05 02:00", 120, "04-05T02:30");
    assert_string_equal(next(), "2026-04-06 03:30");
    fires("0 0 * * *", NULL, "2026-04-05 02:00", 180, "04-05T04:00");
}

/* Made in the second pass of a repeated hour: what the first pass had is over. */
static void the_second_pass_of_an_hour_is_not_before_now(void **state)
{
    (void)state;
    fires("*/30 * * * *", "Europe/Madrid", "2026-10-25 01:10", 60, "10-25T02:00");
}

static void missed_runs_are_caught_up_once(void **state)
{
    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("0 * * * *", "UTC"), 0);
    assert_string_equal(next(), "2026-05-01 13:00");
    assert_int_equal(fire(), 0);
    set_clock("2026-05-03 09:20"); /* the workers were away for two days */
    assert_int_equal(fire(), 1);
    assert_int_equal(fire(), 0);
    assert_int_equal(waiting(), 1);
    assert_string_equal(next(), "2026-05-03 10:00");
    /* the last run still waits: another would do the same */
    set_clock("2026-05-03 10:00");
    assert_int_equal(fire(), 1);
    assert_int_equal(waiting(), 1);
}

/* Between the look and the firing another worker was faster: compare and set. */
static void two_workers_fire_once(void **state)
{
    char t[UUID_TEXT_BYTES];

    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("0 * * * *", "UTC"), 0);
    uuid_text(&acme, t);
    for (int i = 0; i < 2; i++)
        assert_string_equal(
            testdb_value(
                db, TESTDB_APP,
                "SELECT app_schedule_fire('%s', '%s', '2026-05-01 13:00+00', '2026-05-01 14:00', "
                "'2026-05-01 13:00:01+00', gen_random_uuid())",
                t, t),
            i == 0 ? "fired" : "late");
    assert_int_equal(waiting(), 1);
}

static void a_suspended_tenants_schedules_wait(void **state)
{
    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("@hourly", "UTC"), 0);
    testdb_run(db, TESTDB_ADMIN, "UPDATE tenants SET state = 'suspended'");
    set_clock("2026-05-01 14:00");
    assert_int_equal(fire(), 0);
    testdb_run(db, TESTDB_ADMIN, "UPDATE tenants SET state = 'active'");
    assert_int_equal(fire(), 1);
}

/* Written by hand, past schedule_put(). */
static void what_cannot_be_read_is_switched_off(void **state)
{
    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("@hourly", "UTC"), 0);
    testdb_run(db, TESTDB_ADMIN, "UPDATE schedules SET cron = 'every now and then'");
    set_clock("2026-05-01 14:00");
    assert_int_equal(fire(), 0); /* that is no firing */
    assert_int_equal(waiting(), 0);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM schedules WHERE NOT enabled"), 1);
}

/* A zone that PostgreSQL forgot, or that was written by hand. */
static void one_tenants_unknown_zone_keeps_no_others_schedule(void **state)
{
    char t[UUID_TEXT_BYTES];
    const struct uuid other = testdb_tenant(db, "other");

    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("@hourly", "UTC"), 0);
    uuid_text(&other, t);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO schedules (tenant_id, schedule_id, kind, cron, time_zone, next_run_at) "
               "SELECT '%s', schedule_id, kind, cron, 'Europe/Atlantis', next_run_at - interval "
               "'1 minute' FROM schedules",
               t);
    set_clock("2026-05-01 14:00");
    testdb_fresh(cx);
    testdb_as_nobody(cx);
    assert_int_equal(schedule_run(cx, clock_now_us(), NULL), -1);
    assert_string_equal(cx->err.reason, "zone_unknown");
    assert_int_equal(waiting(), 1);
}

/* As many as one round looks at, all due before the one that can be fired. */
static void those_that_cannot_be_fired_do_not_stay_first(void **state)
{
    char t[UUID_TEXT_BYTES];
    const struct uuid other = testdb_tenant(db, "other");

    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("@hourly", "UTC"), 0);
    uuid_text(&other, t);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO schedules (tenant_id, schedule_id, kind, cron, time_zone, next_run_at) "
               "SELECT '%s', gen_random_uuid(), kind, cron, 'Europe/Atlantis', next_run_at - "
               "interval '1 minute' FROM schedules, generate_series(1, 100)",
               t);
    set_clock("2026-05-01 14:00");
    testdb_fresh(cx);
    testdb_as_nobody(cx);
    assert_int_equal(schedule_run(cx, clock_now_us(), NULL), -1);
    assert_int_equal(waiting(), 0);
    assert_int_equal(fire(), 1);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM schedules WHERE enabled"), 101);
}

/* A worker whose clock is wrong fires nothing early. */
static void the_clock_is_the_databases(void **state)
{
    int fired = -1;

    (void)state;
    assert_int_equal(put("@hourly", "UTC"), 0);
    clock_freeze(clock_now_us() + INT64_C(86400000000), clock_mono_ms());
    testdb_fresh(cx);
    testdb_as_nobody(cx);
    assert_int_equal(schedule_run(cx, 0, &fired), 0);
    assert_int_equal(fired, 0);
    testdb_run(db, TESTDB_ADMIN, "UPDATE schedules SET next_run_at = now() - interval '1 s'");
    testdb_fresh(cx);
    assert_int_equal(schedule_run(cx, 0, &fired), 0);
    assert_int_equal(fired, 1);
}

static void wrong_texts_and_zones_are_refused(void **state)
{
    (void)state;
    set_clock("2026-05-01 12:00");
    assert_int_equal(put("61 * * * *", "UTC"), -1);
    assert_string_equal(cx->err.reason, "cron_invalid");
    assert_int_equal(put("0 0 30 2 *", "UTC"), -1);
    assert_string_equal(cx->err.reason, "cron_invalid");
    assert_int_equal(put("@hourly", "Europe/Atlantis"), -1);
    assert_string_equal(cx->err.reason, "zone_unknown");
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(each_local_time_fires_once_in_madrid),
        WITH_DB(each_local_time_fires_once_in_santiago),
        WITH_DB(the_second_pass_of_an_hour_is_not_before_now),
        WITH_DB(missed_runs_are_caught_up_once),
        WITH_DB(two_workers_fire_once),
        WITH_DB(a_suspended_tenants_schedules_wait),
        WITH_DB(what_cannot_be_read_is_switched_off),
        WITH_DB(one_tenants_unknown_zone_keeps_no_others_schedule),
        WITH_DB(those_that_cannot_be_fired_do_not_stay_first),
        WITH_DB(the_clock_is_the_databases),
        WITH_DB(wrong_texts_and_zones_are_refused),
    };

    log_open("-", LOG_OFF);
    return cmocka_run_group_tests_name("queue_schedule", tests, NULL, NULL);
}
