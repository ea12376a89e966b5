/* SPDX-License-Identifier: MIT */
/* A real master over toy children: forked, signalled, watched through the scoreboard. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/proc/master.h"
#include "core/proc/pidfile.h"

static char directory[] = "/tmp/test_master.XXXXXX";
static char log_path[64];
static char pid_path[64];

static void nap_ms(long ms)
{
    const struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

/* ---- toys: what they do is told through shared memory ---- */

enum toy_mode {
    TOY_IDLE,      /* waits to be stopped */
    TOY_FAIL,      /* exits at once with a failure */
    TOY_RETIRE,    /* a little work, then retires */
    TOY_WORK,      /* one request of 400 ms after another */
    TOY_STUCK,     /* begins a request with a deadline and never ends it */
    TOY_DEAF,      /* idle, never looks at its signals */
    TOY_NOT_READY, /* never becomes ready */
    TOY_TALK,      /* logs a line every 10 ms */
};

struct toys {
    _Atomic int mode;
    _Atomic int begun;    /* times a toy's function ran */
    _Atomic int finished; /* requests, by TOY_WORK */
};
static struct toys *toys;

static void toy_work(struct proc_child *self)
{
    proc_request_begin(self, "GET", "/toy/{id}", "toy-request", clock_mono_ms() + 60000);
    nap_ms(400);
    proc_request_end(self, 200, 10, 20);
    atomic_fetch_add(&toys->finished, 1);
}

static int toy_run(struct proc_child *self, void *user)
{
    (void)user;
    atomic_fetch_add(&toys->begun, 1);
    switch (atomic_load(&toys->mode)) {
    case TOY_FAIL: return PROC_EXIT_FAILED;
    case TOY_RETIRE: (void)proc_child_wait(self, -1, 20); return PROC_EXIT_RETIRE;
    case TOY_WORK:
        while (!proc_child_stopping(self))
            toy_work(self);
        return PROC_EXIT_OK;
    case TOY_STUCK:
        proc_child_ready(self);
        proc_request_begin(self, "POST", "/toy", "stuck-request-7", clock_mono_ms() + 50);
        for (;;)
            nap_ms(1000);
    case TOY_DEAF:
        proc_child_ready(self);
        for (;;)
            nap_ms(1000);
    case TOY_NOT_READY:
        while (!proc_child_stopping(self))
            nap_ms(5);
        return PROC_EXIT_OK;
    case TOY_TALK:
        while (proc_child_wait(self, -1, 10) != PROC_WAIT_STOP)
            LOG(LOG_INFO, "toy_line", {"pid", LOG_I(getpid())});
        return PROC_EXIT_OK;
    default:
        while (proc_child_wait(self, -1, -1) != PROC_WAIT_STOP)
            ;
        return PROC_EXIT_OK;
    }
}

/* ---- the master under test, in a process of its own; its board is shared with this one ---- */

struct rig {
    struct proc_role roles[2];
    struct master *m;
    pid_t pid;
};
static struct rig rig;

static void start(int first, int second, struct master_options o)
{
    rig = (struct rig){.roles = {{.name = "toy", .count = first, .run = toy_run},
                                 {.name = "other", .count = second, .run = toy_run}}};
    o.roles = rig.roles;
    o.nroles = 2;
    rig.m = master_new(&o);
    assert_non_null(rig.m);
    fflush(NULL);
    rig.pid = fork();
    if (rig.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        log_open(log_path, LOG_DEBUG);
        _exit(master_run(rig.m));
    }
}

/* How the master ended: its exit code, -1 when it did not within the time. */
static int ended(int64_t within_ms)
{
    const int64_t until = clock_mono_ms() + within_ms;
    int status;

    while (clock_mono_ms() < until) {
        if (waitpid(rig.pid, &status, WNOHANG) == rig.pid) {
            rig.pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        nap_ms(2);
    }
    return -1;
}

static int stop(int64_t within_ms)
{
    int code;

    kill(rig.pid, SIGTERM);
    code = ended(within_ms);
    master_free(rig.m);
    rig.m = NULL;
    return code;
}

/* Slots in a state; and the process ids of all that are not empty. */
static int in_state(enum slot_state s)
{
    const struct scoreboard *sb = master_scoreboard(rig.m);
    struct scoreboard_view v;
    int n = 0;

    for (size_t i = 0; i < scoreboard_slots(sb); i++) {
        (void)scoreboard_read(sb, i, &v);
        n += v.state == (int64_t)s;
    }
    return n;
}

static int pids(pid_t *out, int most)
{
    const struct scoreboard *sb = master_scoreboard(rig.m);
    struct scoreboard_view v;
    int n = 0;

    for (size_t i = 0; i < scoreboard_slots(sb) && n < most; i++) {
        (void)scoreboard_read(sb, i, &v);
        if (v.state != SLOT_EMPTY)
            out[n++] = (pid_t)v.pid;
    }
    return n;
}

static uint64_t total_spawned(void)
{
    const struct scoreboard *sb = master_scoreboard(rig.m);
    struct scoreboard_view v;
    uint64_t n = 0;

    for (size_t i = 0; i < scoreboard_slots(sb); i++) {
        (void)scoreboard_read(sb, i, &v);
        n += v.spawned;
    }
    return n;
}

static bool becomes(enum slot_state s, int count, int64_t within_ms)
{
    const int64_t until = clock_mono_ms() + within_ms;

    while (in_state(s) != count) {
        if (clock_mono_ms() > until)
            return false;
        nap_ms(2);
    }
    return true;
}

static bool logged(const char *path, const char *text)
{
    static char all[256 << 10];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(all, 1, sizeof all - 1, f) : 0;

    all[n] = '\0';
    if (f)
        fclose(f);
    return strstr(all, text) != NULL;
}

static bool gets_logged(const char *path, const char *text, int64_t within_ms)
{
    const int64_t until = clock_mono_ms() + within_ms;

    while (!logged(path, text)) {
        if (clock_mono_ms() > until)
            return false;
        nap_ms(5);
    }
    return true;
}

static int set_up(void **state)
{
    (void)state;
    atomic_store(&toys->mode, TOY_IDLE);
    atomic_store(&toys->begun, 0);
    atomic_store(&toys->finished, 0);
    unlink(log_path);
    return 0;
}

/* A test that failed in the middle leaves nothing behind. */
static int tear_down(void **state)
{
    (void)state;
    if (rig.pid > 0) {
        kill(rig.pid, SIGKILL); /* its toys leave when it dies, but for those that do not listen */
        waitpid(rig.pid, NULL, 0);
        rig.pid = 0;
    }
    if (rig.m) {
        pid_t left[64];

        for (int n = pids(left, 64); n > 0; n--)
            kill(left[n - 1], SIGKILL);
        master_free(rig.m);
    }
    rig.m = NULL;
    while (waitpid(-1, NULL, WNOHANG) > 0) /* we are the reaper of orphans */
        ;
    return 0;
}

/* ---- life and death ---- */

static void every_role_gets_its_children_and_term_drains(void **state)
{
    (void)state;
    start(3, 2, (struct master_options){0});
    assert_true(becomes(SLOT_IDLE, 5, 2000));
    assert_int_equal(atomic_load(&toys->begun), 5);
    kill(rig.pid, SIGTERM);
    assert_int_equal(ended(2000), 0);
    assert_int_equal(in_state(SLOT_EMPTY), (int)scoreboard_slots(master_scoreboard(rig.m)));
}

static void a_child_that_dies_is_replaced_and_its_counters_go_on(void **state)
{
    struct scoreboard_view v;
    pid_t before[2];
    pid_t after[2];

    (void)state;
    atomic_store(&toys->mode, TOY_WORK);
    start(1, 0, (struct master_options){.backoff_ms = 10});
    while (atomic_load(&toys->finished) < 1)
        nap_ms(5);
    assert_int_equal(pids(before, 2), 1);
    kill(before[0], SIGKILL);
    while (atomic_load(&toys->finished) < 2)
        nap_ms(5);
    assert_int_equal(pids(after, 2), 1);
    assert_int_not_equal(before[0], after[0]);
    assert_true(scoreboard_read(master_scoreboard(rig.m), 0, &v));
    assert_in_range(v.requests, 2, 3);
    assert_in_range(v.own_requests, 1, 2);
    assert_int_equal(v.spawned, 2);
    assert_int_equal(v.by_status[2], v.requests);
    assert_int_equal(v.bytes_out, 20 * v.requests);
    assert_true(logged(log_path, "\"signal\":9"));
    assert_true(logged(log_path, "toy-request")); /* what died with it */
    assert_int_equal(stop(2000), 0);
}

static void children_that_die_young_are_replaced_with_backoff(void **state)
{
    (void)state;
    atomic_store(&toys->mode, TOY_FAIL);
    start(2, 0, (struct master_options){.backoff_ms = 50});
    nap_ms(800);
    /* at 0, 50, 150, 350, 750 ms, two each; a burst of deaths costs one delay */
    assert_in_range(atomic_load(&toys->begun), 4, 12);
    atomic_store(&toys->mode, TOY_IDLE);
    assert_true(becomes(SLOT_IDLE, 2, 2000));
    assert_int_equal(stop(2000), 0);
}

static void children_that_retire_are_replaced_at_once(void **state)
{
    (void)state;
    atomic_store(&toys->mode, TOY_RETIRE);
    start(1, 0, (struct master_options){.backoff_ms = 5000});
    for (int64_t until = clock_mono_ms() + 4000; atomic_load(&toys->begun) < 8; nap_ms(5))
        assert_true(clock_mono_ms() < until); /* one backoff would be longer */
    atomic_store(&toys->mode, TOY_IDLE);
    assert_true(becomes(SLOT_IDLE, 1, 1000));
    assert_int_equal(stop(2000), 0);
}

static void children_leave_when_their_master_is_killed(void **state)
{
    pid_t left[3];
    int64_t until;
    int gone = 0;

    (void)state;
    start(3, 0, (struct master_options){0});
    assert_true(becomes(SLOT_IDLE, 3, 2000));
    assert_int_equal(pids(left, 3), 3);
    kill(rig.pid, SIGKILL);
    assert_int_equal(ended(1000), 128 + SIGKILL);
    for (until = clock_mono_ms() + 2000; gone < 3 && clock_mono_ms() < until; nap_ms(2))
        gone += waitpid(-1, NULL, WNOHANG) > 0; /* orphans come to us */
    assert_int_equal(gone, 3);
}

/* ---- draining ---- */

static void a_request_at_hand_is_finished_before_the_drain_ends(void **state)
{
    struct scoreboard_view v;

    (void)state;
    atomic_store(&toys->mode, TOY_WORK);
    start(1, 0, (struct master_options){0});
    assert_true(becomes(SLOT_BUSY, 1, 2000));
    kill(rig.pid, SIGTERM);
    assert_int_equal(ended(2000), 0);
    assert_true(scoreboard_read(master_scoreboard(rig.m), 0, &v));
    assert_int_equal(v.requests, 1);
    assert_int_equal(atomic_load(&toys->finished), 1);
}

static void children_that_do_not_leave_are_killed_when_the_grace_ends(void **state)
{
    const int64_t began = clock_mono_ms();

    (void)state;
    atomic_store(&toys->mode, TOY_DEAF);
    start(2, 0, (struct master_options){.grace_ms = 300});
    assert_true(becomes(SLOT_IDLE, 2, 2000));
    kill(rig.pid, SIGTERM);
    assert_int_equal(ended(2000), 1);
    assert_in_range(clock_mono_ms() - began, 300, 1500);
}

static void a_second_term_shortens_the_grace(void **state)
{
    const int64_t began = clock_mono_ms();

    (void)state;
    atomic_store(&toys->mode, TOY_DEAF);
    start(1, 0, (struct master_options){.grace_ms = 60000, .quick_grace_ms = 100});
    assert_true(becomes(SLOT_IDLE, 1, 2000));
    kill(rig.pid, SIGTERM);
    nap_ms(100);
    assert_int_equal(ended(1), -1);
    kill(rig.pid, SIGINT);
    assert_int_equal(ended(2000), 1);
    assert_true(clock_mono_ms() - began < 2000);
}

static void a_roll_does_not_outrank_a_drain(void **state)
{
    (void)state;
    atomic_store(&toys->mode, TOY_WORK);
    start(1, 0, (struct master_options){0});
    assert_true(becomes(SLOT_BUSY, 1, 2000));
    kill(rig.pid, SIGTERM);
    nap_ms(50);
    kill(rig.pid, SIGHUP);
    assert_int_equal(ended(2000), 0);
    assert_int_equal(atomic_load(&toys->begun), 1);
}

/* ---- rolling ---- */

static bool any_equal(const pid_t *a, const pid_t *b, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (a[i] == b[j])
                return true;
    return false;
}

static void hup_replaces_all_and_is_never_short_of_one(void **state)
{
    const int64_t until = clock_mono_ms() + 4000;
    struct scoreboard_view v;
    pid_t before[8];
    pid_t after[8];
    int least = 99;

    (void)state;
    start(3, 1, (struct master_options){0});
    assert_true(becomes(SLOT_IDLE, 4, 2000));
    assert_int_equal(pids(before, 8), 4);
    kill(rig.pid, SIGHUP);
    do {
        const int ready = in_state(SLOT_IDLE);

        least = ready < least ? ready : least;
        assert_true(clock_mono_ms() < until);
    } while (!logged(log_path, "\"state\":\"rolling\"") ||
             !logged(log_path, "\"state\":\"running\""));
    assert_int_equal(least, 4);
    assert_true(becomes(SLOT_EMPTY, (int)scoreboard_slots(master_scoreboard(rig.m)) - 4, 2000));
    assert_int_equal(pids(after, 8), 4);
    assert_false(any_equal(before, after, 4));
    assert_int_equal(total_spawned(), 8);
    for (size_t i = 0; i < scoreboard_slots(master_scoreboard(rig.m)); i++) {
        assert_true(scoreboard_read(master_scoreboard(rig.m), i, &v));
        if (v.state != SLOT_EMPTY)
            assert_int_equal(v.generation, 2);
    }
    assert_int_equal(stop(2000), 0);
}

static void old_children_stay_until_the_new_one_is_ready(void **state)
{
    pid_t before[4];

    (void)state;
    start(2, 0, (struct master_options){.start_ms = 300, .stuck_kill_ms = 100});
    assert_true(becomes(SLOT_IDLE, 2, 2000));
    assert_int_equal(pids(before, 4), 2);
    atomic_store(&toys->mode, TOY_NOT_READY);
    kill(rig.pid, SIGHUP);
    assert_true(becomes(SLOT_STARTING, 1, 1000));
    nap_ms(100);
    assert_int_equal(in_state(SLOT_IDLE), 2);
    assert_int_equal(kill(before[0], 0), 0);
    assert_int_equal(kill(before[1], 0), 0);
    assert_true(
        gets_logged(log_path, "worker_start_stuck", 3000)); /* and it does not wait for ever */
    atomic_store(&toys->mode, TOY_IDLE);
    assert_true(gets_logged(log_path, "\"state\":\"running\"", 4000));
    assert_true(becomes(SLOT_IDLE, 2, 1000));
    assert_int_equal(stop(2000), 0);
}

static void a_second_hup_in_a_roll_ends_with_the_right_number(void **state)
{
    (void)state;
    start(3, 0, (struct master_options){0});
    assert_true(becomes(SLOT_IDLE, 3, 2000));
    kill(rig.pid, SIGHUP);
    nap_ms(30);
    kill(rig.pid, SIGHUP);
    nap_ms(45);
    kill(rig.pid, SIGHUP);
    assert_true(gets_logged(log_path, "\"state\":\"running\"", 4000));
    assert_true(becomes(SLOT_IDLE, 3, 1000));
    nap_ms(100);
    assert_int_equal(in_state(SLOT_IDLE), 3);
    assert_int_equal(stop(2000), 0);
}

static void a_roll_goes_on_while_an_old_child_finishes(void **state)
{
    (void)state;
    atomic_store(&toys->mode, TOY_WORK); /* requests of 400 ms */
    start(2, 0, (struct master_options){.roll_wait_ms = 50});
    assert_true(becomes(SLOT_BUSY, 2, 2000));
    atomic_store(&toys->mode, TOY_IDLE);
    kill(rig.pid, SIGHUP);
    assert_true(becomes(SLOT_IDLE, 2, 300)); /* both new ones are up before the old ones are done */
    assert_true(gets_logged(log_path, "\"state\":\"running\"", 2000));
    assert_true(becomes(SLOT_BUSY, 0, 2000));
    assert_true(atomic_load(&toys->finished) >= 2);
    assert_int_equal(stop(2000), 0);
}

/* ---- stuck ---- */

static void a_request_past_its_deadline_is_logged_and_ended(void **state)
{
    (void)state;
    atomic_store(&toys->mode, TOY_STUCK);
    start(1, 0, (struct master_options){.stuck_margin_ms = 50, .stuck_kill_ms = 100});
    assert_true(becomes(SLOT_BUSY, 1, 2000));
    atomic_store(&toys->mode, TOY_IDLE);
    assert_true(becomes(SLOT_IDLE, 1, 4000));
    assert_true(logged(log_path, "worker_stuck"));
    assert_true(logged(log_path, "stuck-request-7"));
    assert_true(gets_logged(log_path, "\"signal\":9", 2000));
    assert_int_equal(stop(2000), 1); /* somebody had to be killed */
}

/* ---- logs ---- */

static void usr1_reopens_the_logs_everywhere(void **state)
{
    char moved[80];
    char line[64];
    pid_t toy[1] = {0};

    (void)state;
    snprintf(moved, sizeof moved, "%s.1", log_path);
    atomic_store(&toys->mode, TOY_TALK);
    start(1, 0, (struct master_options){0});
    assert_true(becomes(SLOT_IDLE, 1, 2000));
    assert_int_equal(pids(toy, 1), 1);
    assert_true(gets_logged(log_path, "toy_line", 1000));
    assert_int_equal(rename(log_path, moved), 0);
    kill(rig.pid, SIGUSR1);
    snprintf(line, sizeof line, "\"event\":\"toy_line\",\"pid\":%d", (int)toy[0]);
    assert_true(gets_logged(log_path, "toy_line", 1000)); /* the same child: it was not replaced */
    assert_int_equal(total_spawned(), 1);
    kill(rig.pid, SIGTERM);
    assert_true(gets_logged(log_path, "draining", 1000));
    assert_int_equal(ended(2000), 0);
    unlink(moved);
}

/* ---- pid file ---- */

static void a_live_holder_keeps_others_away(void **state)
{
    int64_t holder = 0;
    int fd = pidfile_take(pid_path, NULL);
    struct stat st;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pidfile_holder(pid_path), getpid());
    assert_int_equal(pidfile_take(pid_path, &holder), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(holder, getpid());
    pidfile_drop(pid_path, fd);
    assert_int_equal(stat(pid_path, &st), -1);
    assert_int_equal(pidfile_holder(pid_path), 0);
}

static void a_file_left_by_the_dead_is_taken_over(void **state)
{
    FILE *f = fopen(pid_path, "w");
    int fd;

    (void)state;
    fprintf(f, "%d\n", (int)getpid()); /* even with a number that is somebody's */
    fclose(f);
    assert_int_equal(pidfile_holder(pid_path), 0);
    fd = pidfile_take(pid_path, NULL);
    assert_true(fd >= 0);
    assert_int_equal(pidfile_holder(pid_path), getpid());
    pidfile_drop(pid_path, fd);
}

static void a_masters_lock_dies_with_it_though_children_live_on(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct proc_role role = {.name = "toy", .count = 1, .run = toy_run};
        struct master *m;

        atomic_store(&toys->mode, TOY_WORK); /* busy for 400 ms when its master dies */
        m = master_new(&(struct master_options){.roles = &role, .nroles = 1, .pid_file = pid_path});
        log_open(log_path, LOG_DEBUG);
        _exit(m ? master_run(m) : 9);
    }
    while (atomic_load(&toys->begun) < 1)
        nap_ms(2);
    nap_ms(50);
    assert_int_equal(pidfile_holder(pid_path), pid);
    assert_null(master_new(&(struct master_options){.pid_file = pid_path}));
    assert_int_equal(errno, EEXIST);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_int_equal(pidfile_holder(pid_path), 0);
    while (waitpid(-1, &status, 0) > 0)
        ;
    unlink(pid_path);
}

/* ---- scoreboard ---- */

static void a_child_alone_keeps_its_slot(void **state)
{
    struct proc_child *c = proc_child_alone("alone");
    const struct scoreboard *sb = proc_child_scoreboard(c);
    struct scoreboard_view v;
    uint64_t timed = 0;
    char lengthy[200];

    (void)state;
    memset(lengthy, 'r', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_true(scoreboard_read(sb, 0, &v));
    assert_int_equal(v.state, SLOT_STARTING);
    assert_string_equal(v.role, "alone");
    assert_int_equal(v.pid, getpid());
    proc_child_ready(c);
    proc_request_begin(c, "DELETE", lengthy, NULL, 0);
    proc_request_update(c, NULL, NULL, "the-id", 12345);
    assert_true(scoreboard_read(sb, 0, &v));
    assert_int_equal(v.state, SLOT_BUSY);
    assert_string_equal(v.method, "DELETE");
    assert_int_equal(strlen(v.route), sizeof v.route - 1);
    assert_string_equal(v.request_id, "the-id");
    assert_int_equal(v.deadline_ms, 12345);
    assert_int_equal(v.accepted, 1);
    proc_request_end(c, 503, 7, 9);
    proc_request_begin(c, "GET", "/short", NULL, 0);
    proc_request_end(c, 0, 0, 0);
    proc_request_begin(c, NULL, NULL, NULL, 99);
    proc_request_cancel(c);
    assert_true(scoreboard_read(sb, 0, &v));
    assert_int_equal(v.state, SLOT_IDLE);
    assert_int_equal(v.deadline_ms, 0);
    assert_int_equal(v.accepted, 3);
    assert_int_equal(v.requests, 2);
    assert_int_equal(v.by_status[5], 1);
    assert_int_equal(v.by_status[0], 1);
    assert_int_equal(v.bytes_in, 7);
    assert_int_equal(v.bytes_out, 9);
    for (size_t i = 0; i <= SCOREBOARD_BUCKETS; i++)
        timed += v.buckets[i];
    assert_int_equal(timed, 2);
    assert_true(proc_child_rss_bytes(c) > 100000);
    proc_child_free(c);
}

static void durations_fall_in_their_buckets(void **state)
{
    (void)state;
    assert_int_equal(scoreboard_bucket(0), 0);
    for (size_t i = 0; i < SCOREBOARD_BUCKETS; i++) {
        assert_int_equal(scoreboard_bucket(scoreboard_bucket_us[i]),
                         i); /* bounds are inclusive, as Prometheus' le */
        assert_int_equal(scoreboard_bucket(scoreboard_bucket_us[i] + 1), i + 1);
    }
}

static _Noreturn void write_for_ever(struct scoreboard *sb)
{
    struct scoreboard_view v = {0};

    for (;;) {
        v.requests++;
        v.bytes_in = v.bytes_out = v.busy_us = v.buckets[SCOREBOARD_BUCKETS] = v.requests;
        memset(v.request_id, 'a' + (int)(v.requests % 26), sizeof v.request_id - 1);
        scoreboard_publish(sb, 0, &v);
    }
}

static void a_reader_never_sees_half_a_write(void **state)
{
    struct scoreboard *sb = scoreboard_new(1);
    const int64_t until_ms = clock_mono_ms() + 20000;
    struct scoreboard_view v;
    uint64_t last = 0;
    int whole = 0;
    pid_t writer;

    (void)state;
    assert_non_null(sb);
    writer = fork();
    if (writer == 0)
        write_for_ever(sb);
    /* By the clock: while a writer that lost its processor is in the middle of a write, nothing can be read. */
    while (whole < 10000 && clock_mono_ms() < until_ms) {
        if (!scoreboard_read(sb, 0, &v))
            continue;
        whole++;
        assert_true(v.requests >= last);
        last = v.requests;
        assert_int_equal(v.bytes_in, v.requests);
        assert_int_equal(v.bytes_out, v.requests);
        assert_int_equal(v.buckets[SCOREBOARD_BUCKETS], v.requests);
        if (v.requests)
            assert_int_equal(v.request_id[0], 'a' + (int)(v.requests % 26));
        assert_int_equal(v.request_id[0], v.request_id[sizeof v.request_id - 2]);
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    assert_int_equal(whole, 10000);
    scoreboard_free(sb);
}

static void a_slot_whose_writer_was_killed_is_mended(void **state)
{
    struct scoreboard *sb = scoreboard_new(1);
    struct scoreboard_view v;
    uint64_t last = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        pid_t writer = fork();

        if (writer == 0)
            write_for_ever(sb);
        nap_ms(2);
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
        scoreboard_vacate(sb, 0);
        assert_true(scoreboard_read(sb, 0, &v));
        assert_int_equal(v.state, SLOT_EMPTY);
        last += v.requests;
    }
    assert_true(last > 0);
    scoreboard_free(sb);
}

static int make_directory(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    log_open("-", LOG_OFF);
    toys = mmap(NULL, sizeof *toys, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (toys == MAP_FAILED || !mkdtemp(directory))
        return -1;
    snprintf(log_path, sizeof log_path, "%s/log", directory);
    snprintf(pid_path, sizeof pid_path, "%s/pid", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(log_path);
    unlink(pid_path);
    return rmdir(directory);
}

#define WITH_TOYS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TOYS(every_role_gets_its_children_and_term_drains),
        WITH_TOYS(a_child_that_dies_is_replaced_and_its_counters_go_on),
        WITH_TOYS(children_that_die_young_are_replaced_with_backoff),
        WITH_TOYS(children_that_retire_are_replaced_at_once),
        WITH_TOYS(children_leave_when_their_master_is_killed),
        WITH_TOYS(a_request_at_hand_is_finished_before_the_drain_ends),
        WITH_TOYS(children_that_do_not_leave_are_killed_when_the_grace_ends),
        WITH_TOYS(a_second_term_shortens_the_grace),
        WITH_TOYS(a_roll_does_not_outrank_a_drain),
        WITH_TOYS(hup_replaces_all_and_is_never_short_of_one),
        WITH_TOYS(old_children_stay_until_the_new_one_is_ready),
        WITH_TOYS(a_second_hup_in_a_roll_ends_with_the_right_number),
        WITH_TOYS(a_roll_goes_on_while_an_old_child_finishes),
        WITH_TOYS(a_request_past_its_deadline_is_logged_and_ended),
        WITH_TOYS(usr1_reopens_the_logs_everywhere),
        WITH_TOYS(a_live_holder_keeps_others_away),
        WITH_TOYS(a_file_left_by_the_dead_is_taken_over),
        WITH_TOYS(a_masters_lock_dies_with_it_though_children_live_on),
        WITH_TOYS(a_child_alone_keeps_its_slot),
        WITH_TOYS(durations_fall_in_their_buckets),
        WITH_TOYS(a_reader_never_sees_half_a_write),
        WITH_TOYS(a_slot_whose_writer_was_killed_is_mended),
    };

    return cmocka_run_group_tests_name("master", tests, make_directory, remove_directory);
}
