/* SPDX-License-Identifier: MIT */
/* The worker's loop under a real master, on a real socket, with a toy in the place of the routes. */
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/proc/master.h"
#include "fcgi/transport.h"
#include "fcgi/worker.h"
#include "tests/lib/fcgi_client.h"

static char directory[] = "/tmp/test_worker.XXXXXX";
static char socket_path[64];

/* Seen by all processes. */
struct shared {
    _Atomic int started;
    _Atomic int stopped;
    _Atomic int done;
    _Atomic int last_status;
    _Atomic int reason_seen; /* times done() was told why */
};
static struct shared *shared;

static void nap_ms(long ms)
{
    const struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

/* ---- the toy ---- */

static int toy_start(struct ctx *cx, struct proc_child *self, void *user)
{
    (void)self;
    (void)user;
    assert_non_null(cx->arena);
    assert_non_null(cx->config);
    atomic_fetch_add(&shared->started, 1);
    return 0;
}

static void toy_stop(void *user)
{
    (void)user;
    atomic_fetch_add(&shared->stopped, 1);
}

static int failing_stream(struct ctx *cx, void *state, http_write_fn write, void *sink)
{
    (void)state;
    (void)write;
    (void)sink;
    return ctx_fail(cx, ERR_UNAVAILABLE, "toy_stream", "", "the toy failed");
}

static char *volatile hoard; /* never given back, on purpose */

static int toy_serve(struct ctx *cx, struct http_request *rq, struct http_response *rs, void *user)
{
    char buf[4096];
    long n = 0;

    (void)user;
    rs->status = 200;
    rs->content_type = "text/plain";
    if (slice_is(rq->path, "/fail"))
        return ctx_fail(cx, ERR_NOT_FOUND, "toy_absent", "", "no such toy");
    if (slice_is(rq->path, "/stream-fails")) {
        rs->stream = failing_stream;
        return 0;
    }
    if (slice_is(rq->path, "/sleep"))
        nap_ms(400);
    if (slice_is(rq->path, "/grow"))
        memset(hoard = malloc(64 << 20), 1, 64 << 20);
    if (slice_is(rq->path, "/body"))
        while ((n = rq->read_body(cx, rq->body_source, buf, sizeof buf)) > 0)
            ;
    if (n < 0)
        return -1;
    sb_printf(&rs->body, "%d %s", (int)getpid(), cx->request_id);
    return 0;
}

static void toy_done(struct ctx *cx, const struct http_request *rq, const struct http_response *rs,
                     const struct worker_result *result, void *user)
{
    (void)rq;
    (void)rs;
    (void)user;
    atomic_fetch_add(&shared->done, 1);
    atomic_store(&shared->last_status, result->status);
    if (err_is(&cx->err))
        atomic_fetch_add(&shared->reason_seen, 1);
}

/* ---- the rig ---- */

struct rig {
    struct config config;
    struct worker_options options;
    struct proc_role role;
    struct master *m;
    pid_t pid;
    int listening;
};
static struct rig rig;

static void start(int workers, int64_t max_requests, int64_t max_rss)
{
    memset(shared, 0, sizeof *shared);
    rig = (struct rig){0};
    rig.config = (struct config){
        .request_ms = 5000, .worker_max_requests = max_requests, .worker_max_rss_bytes = max_rss};
    rig.listening = transport_listen(socket_path, (gid_t)-1);
    assert_true(rig.listening >= 0);
    rig.options = (struct worker_options){.config = &rig.config,
                                          .listen_fd = rig.listening,
                                          .serve = toy_serve,
                                          .done = toy_done,
                                          .start = toy_start,
                                          .stop = toy_stop};
    rig.role = (struct proc_role){
        .name = "web", .count = workers, .run = worker_run, .user = &rig.options};
    rig.m = master_new(&(struct master_options){
        .roles = &rig.role, .nroles = 1, .backoff_ms = 10, .young_ms = 50});
    assert_non_null(rig.m);
    fflush(NULL);
    rig.pid = fork();
    if (rig.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(master_run(rig.m));
    }
}

static int stop(void)
{
    const int64_t until = clock_mono_ms() + 5000;
    int status = -1;

    kill(rig.pid, SIGTERM);
    while (waitpid(rig.pid, &status, WNOHANG) == 0 && clock_mono_ms() < until)
        nap_ms(2);
    rig.pid = 0;
    master_free(rig.m);
    rig.m = NULL;
    transport_unlisten(socket_path, rig.listening);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int tear_down(void **state)
{
    (void)state;
    if (rig.pid > 0) {
        kill(rig.pid, SIGKILL);
        waitpid(rig.pid, NULL, 0);
        rig.pid = 0;
    }
    if (rig.m) {
        master_free(rig.m);
        transport_unlisten(socket_path, rig.listening);
        rig.m = NULL;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    return 0;
}

static pid_t worker_pid(size_t slot)
{
    struct scoreboard_view v;

    (void)scoreboard_read(master_scoreboard(rig.m), slot, &v);
    return (pid_t)v.pid;
}

static void totals(struct scoreboard_view *sum)
{
    const struct scoreboard *sb = master_scoreboard(rig.m);
    struct scoreboard_view v;

    *sum = (struct scoreboard_view){0};
    for (size_t i = 0; i < scoreboard_slots(sb); i++) {
        (void)scoreboard_read(sb, i, &v);
        sum->spawned += v.spawned;
        sum->accepted += v.accepted;
        sum->requests += v.requests;
        for (size_t k = 0; k < 6; k++)
            sum->by_status[k] += v.by_status[k];
    }
}

/* The slot is written after the answer: the last one's count may come a moment later. */
static bool counted(uint64_t requests)
{
    const int64_t until = clock_mono_ms() + 2000;
    struct scoreboard_view sum;

    do {
        totals(&sum);
        if (sum.requests == requests)
            return true;
        nap_ms(2);
    } while (clock_mono_ms() < until);
    return false;
}

static int get(const char *path, struct fcgi_answer *a)
{
    return fcgi_call(socket_path,
                     &(struct fcgi_call){.path = path, .request_id = "request-for-test"}, a);
}

/* ---- one worker ---- */

static void a_request_is_served_and_counted(void **state)
{
    struct scoreboard_view v;
    struct fcgi_answer a;

    (void)state;
    start(1, 0, 0);
    assert_int_equal(get("/", &a), 0);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "request-for-test"));
    fcgi_answer_done(&a);
    while (atomic_load(&shared->done) < 1)
        nap_ms(1);
    assert_true(scoreboard_read(master_scoreboard(rig.m), 0, &v));
    assert_int_equal(v.requests, 1);
    assert_int_equal(v.accepted, 1);
    assert_int_equal(v.by_status[2], 1);
    assert_int_equal(v.last_status, 200);
    assert_string_equal(v.method, "GET");
    assert_string_equal(v.request_id, "request-for-test");
    assert_true(v.bytes_out > 0);
    assert_int_equal(stop(), 0);
    assert_int_equal(atomic_load(&shared->started), 1);
    assert_int_equal(atomic_load(&shared->stopped), 1);
}

static void failures_become_the_envelope(void **state)
{
    static const struct {
        struct fcgi_call call;
        int status;
        const char *reason;
    } table[] = {
        {{.path = "/fail"}, 404, "toy_absent"},
        {{.path = "nonsense"}, 400, "path_invalid"},
        {{.path = "/stream-fails"}, 503, "toy_stream"},
        {{.path = "/body", .method = "POST", .body = "abc", .trick = FCGI_TRICK_WRONG_LENGTH},
         400,
         "body_cut_off"},
    };

    (void)state;
    start(1, 0, 0);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fcgi_answer a;

        assert_int_equal(fcgi_call(socket_path, &table[i].call, &a), 0);
        assert_int_equal(a.status, table[i].status);
        assert_non_null(strstr(a.body, table[i].reason));
        fcgi_answer_done(&a);
        while (atomic_load(&shared->done) < (int)i + 1)
            nap_ms(1);
        assert_int_equal(atomic_load(&shared->last_status), table[i].status);
        assert_int_equal(atomic_load(&shared->reason_seen), (int)i + 1);
    }
    assert_int_equal(stop(), 0);
}

static void peers_that_misbehave_do_not_stop_the_next(void **state)
{
    static const enum fcgi_trick tricks[] = {FCGI_TRICK_GARBAGE, FCGI_TRICK_LEAVE_BEFORE_ANSWER,
                                             FCGI_TRICK_LEAVE_IN_BODY, FCGI_TRICK_LEAVE_IN_ANSWER};
    struct fcgi_answer a;
    struct scoreboard_view sum;

    (void)state;
    start(1, 0, 0);
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        (void)fcgi_call(
            socket_path,
            &(struct fcgi_call){
                .method = "POST", .path = "/body", .body = "abcdef", .trick = tricks[i]},
            &a);
        fcgi_answer_done(&a);
        assert_int_equal(get("/", &a), 0);
        assert_int_equal(a.status, 200);
        fcgi_answer_done(&a);
    }
    totals(&sum);
    assert_int_equal(sum.spawned, 1); /* the same process all along */
    assert_int_equal(stop(), 0);
}

static void term_in_a_request_lets_it_finish(void **state)
{
    struct fcgi_answer a;
    pid_t worker;
    pid_t killer;

    (void)state;
    start(1, 0, 0);
    while ((worker = worker_pid(0)) == 0)
        nap_ms(1);
    killer = fork();
    if (killer == 0) {
        nap_ms(150);
        kill(worker, SIGTERM);
        _exit(0);
    }
    assert_int_equal(get("/sleep", &a), 0);
    assert_int_equal(a.status, 200);
    assert_int_equal(strtol(a.body, NULL, 10), worker);
    fcgi_answer_done(&a);
    waitpid(killer, NULL, 0);
    assert_int_equal(get("/", &a), 0); /* by its successor */
    assert_int_not_equal(strtol(a.body, NULL, 10), worker);
    fcgi_answer_done(&a);
    assert_int_equal(stop(), 0);
}

static void a_worker_retires_after_its_requests(void **state)
{
    struct scoreboard_view sum;

    (void)state;
    start(1, 20, 0);
    for (int i = 0; i < 100; i++) {
        struct fcgi_answer a;

        assert_int_equal(get("/", &a), 0);
        assert_int_equal(a.status, 200);
        fcgi_answer_done(&a);
    }
    totals(&sum);
    assert_in_range(sum.spawned, 5, 6); /* 18 to 22 requests each */
    assert_int_equal(stop(), 0);
}

static void a_worker_that_grew_retires(void **state)
{
    struct scoreboard_view sum;
    struct fcgi_answer a;

    (void)state;
    start(1, 0, 48 << 20);
    assert_int_equal(get("/grow", &a), 0);
    fcgi_answer_done(&a);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(get("/", &a), 0);
        fcgi_answer_done(&a);
    }
    totals(&sum);
    assert_int_equal(sum.spawned, 2);
    assert_int_equal(stop(), 0);
}

/* ---- many requests while workers come and go ---- */

struct outcome {
    int good;
    int lost;
    int wrong; /* answered, but not with its own request's answer */
};

static void ask(int i, struct outcome *o)
{
    struct fcgi_answer a;
    char id[32];

    snprintf(id, sizeof id, "load-%d-%d", (int)getpid(), i);
    if (fcgi_call(socket_path, &(struct fcgi_call){.path = "/", .request_id = id}, &a) < 0)
        o->lost++;
    else if (a.status != 200 || !strstr(a.body, id))
        o->wrong++;
    else
        o->good++;
    fcgi_answer_done(&a);
}

/* `n` requests by each of 4 clients, while `trouble` runs here. */
static struct outcome under_load(int n, void (*trouble)(void))
{
    struct outcome sum = {0};
    int p[2];

    assert_int_equal(pipe(p), 0);
    for (int c = 0; c < 4; c++) {
        if (fork() == 0) {
            struct outcome o = {0};

            for (int i = 0; i < n; i++)
                ask(i, &o);
            _exit(write(p[1], &o, sizeof o) == sizeof o ? 0 : 1);
        }
    }
    trouble();
    for (int c = 0; c < 4; c++) {
        struct outcome o;

        assert_int_equal(read(p[0], &o, sizeof o), sizeof o);
        sum.good += o.good;
        sum.lost += o.lost;
        sum.wrong += o.wrong;
    }
    close(p[0]);
    close(p[1]);
    return sum;
}

static void roll_three_times(void)
{
    for (int i = 0; i < 3; i++) {
        nap_ms(20);
        kill(rig.pid, SIGHUP);
    }
}

static void kill_workers(void)
{
    for (int i = 0; i < 6; i++) {
        pid_t w = worker_pid((size_t)i % 2);

        nap_ms(10);
        if (w > 0)
            kill(w, SIGKILL);
    }
}

static void a_roll_under_load_loses_no_request(void **state)
{
    struct scoreboard_view sum;
    struct outcome o;

    (void)state;
    start(2, 0, 0);
    o = under_load(1000, roll_three_times);
    assert_int_equal(o.lost, 0);
    assert_int_equal(o.wrong, 0);
    assert_int_equal(o.good, 4000);
    assert_true(counted(4000)); /* over all who had the slots: no count is lost either */
    totals(&sum);
    assert_true(sum.spawned >= 4);
    assert_int_equal(stop(), 0);
}

static void retirement_under_load_loses_no_request(void **state)
{
    struct scoreboard_view sum;
    struct outcome o;

    (void)state;
    start(2, 50, 0);
    o = under_load(250, roll_three_times);
    assert_int_equal(o.good, 1000);
    totals(&sum);
    assert_true(sum.spawned >= 16);
    assert_int_equal(stop(), 0);
}

static void a_kill_loses_at_most_what_was_in_flight(void **state)
{
    struct outcome o;

    (void)state;
    start(2, 0, 0);
    o = under_load(1000, kill_workers);
    assert_in_range(o.lost, 0, 6); /* one a kill */
    assert_int_equal(o.wrong, 0);
    assert_int_equal(o.good + o.lost, 4000);
    assert_int_equal(stop(), 0);
}

static int make_directory(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    log_open("-", LOG_OFF);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !mkdtemp(directory))
        return -1;
    snprintf(socket_path, sizeof socket_path, "%s/socket", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(socket_path);
    return rmdir(directory);
}

#define WORKER(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORKER(a_request_is_served_and_counted),
        WORKER(failures_become_the_envelope),
        WORKER(peers_that_misbehave_do_not_stop_the_next),
        WORKER(term_in_a_request_lets_it_finish),
        WORKER(a_worker_retires_after_its_requests),
        WORKER(a_worker_that_grew_retires),
        WORKER(a_roll_under_load_loses_no_request),
        WORKER(retirement_under_load_loses_no_request),
        WORKER(a_kill_loses_at_most_what_was_in_flight),
    };

    return cmocka_run_group_tests_name("transport_worker", tests, make_directory, remove_directory);
}
