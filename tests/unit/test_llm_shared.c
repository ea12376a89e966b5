/* SPDX-License-Identifier: MIT */
/* Buckets and breaker: with a clock that stands still, then with several processes that are killed at any moment. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/llm/shared.h"

enum { ID = 77 };
static const int64_t START_MS = 1000000;

static struct llm_shared *make(const struct llm_shared_options *o)
{
    struct llm_shared *s = llm_shared_new(o);

    assert_non_null(s);
    clock_freeze(1700000000000000, START_MS);
    return s;
}

static void drop(struct llm_shared *s)
{
    clock_real();
    llm_shared_free(s);
}

static enum llm_gate ask(struct llm_shared *s, int64_t *wait_ms)
{
    *wait_ms = 0;
    return llm_shared_ask(s, ID, 100, wait_ms);
}

static int ask_until_refused(struct llm_shared *s, int64_t tokens, enum llm_gate *why)
{
    int64_t wait_ms;
    int n = 0;

    while ((*why = llm_shared_ask(s, ID, tokens, &wait_ms)) == LLM_GATE_OPEN)
        n++;
    return n;
}

static struct llm_shared_view view_of(const struct llm_shared *s, uint64_t id)
{
    struct llm_shared_view v;

    for (size_t i = 0; i < llm_shared_places(s); i++) {
        if (llm_shared_read(s, i, &v) && v.id == id)
            return v;
    }
    fail_msg("%u is not there", (unsigned)id);
    return v;
}

/* ---- buckets ---- */

static void without_limits_everything_goes(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){0});
    int64_t wait;

    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    assert_int_equal(view_of(s, ID).requests_left, -1);
    drop(s);
}

static void requests_a_minute_are_kept(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){.requests_per_minute = 60});
    enum llm_gate why;
    int64_t wait;

    (void)state;
    assert_int_equal(ask_until_refused(s, 1, &why), 60);
    assert_int_equal(why, LLM_GATE_REQUESTS);
    assert_int_equal(ask(s, &wait), LLM_GATE_REQUESTS);
    assert_in_range(wait, 1000, 1001);
    clock_advance_ms(wait);
    assert_int_equal(ask_until_refused(s, 1, &why), 1);
    clock_advance_ms(30000);
    assert_int_equal(ask_until_refused(s, 1, &why), 30);
    clock_advance_ms(3600000);
    assert_int_equal(ask_until_refused(s, 1, &why), 60); /* no more than a minute's worth */
    drop(s);
}

static void tokens_a_minute_are_kept(void **state)
{
    struct llm_shared *s =
        make(&(struct llm_shared_options){.requests_per_minute = 100, .tokens_per_minute = 1000});
    enum llm_gate why;
    int64_t wait;

    (void)state;
    assert_int_equal(ask_until_refused(s, 300, &why), 3);
    assert_int_equal(why, LLM_GATE_TOKENS);
    /* what was refused for its tokens took no request */
    assert_int_equal(view_of(s, ID).requests_left, 97);
    assert_int_equal(view_of(s, ID).tokens_left, 100);
    assert_int_equal(llm_shared_ask(s, ID, 100, &wait), LLM_GATE_OPEN);
    assert_int_equal(llm_shared_ask(s, ID, 1, &wait), LLM_GATE_TOKENS);
    llm_shared_give_back(s, ID, 100);
    assert_int_equal(llm_shared_ask(s, ID, 100, &wait), LLM_GATE_OPEN);
    assert_int_equal(view_of(s, ID).sent, 4);
    drop(s);
}

/* Else it would wait for ever. */
static void a_call_larger_than_the_limit_takes_all_of_it(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){.tokens_per_minute = 1000});
    int64_t wait;

    (void)state;
    assert_int_equal(llm_shared_ask(s, ID, INT64_MAX / 2, &wait), LLM_GATE_OPEN);
    assert_int_equal(llm_shared_ask(s, ID, 1, &wait), LLM_GATE_TOKENS);
    clock_advance_ms(60000);
    assert_int_equal(llm_shared_ask(s, ID, 5000, &wait), LLM_GATE_OPEN);
    drop(s);
}

static void limits_are_learned_and_own_ones_win(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){0});
    const struct llm_rate told = {100, 10, -1, 5000, 4000, -1, -1};
    enum llm_gate why;

    (void)state;
    llm_shared_report(s, ID, LLM_OK, &told);
    assert_int_equal(view_of(s, ID).requests_per_minute, 100);
    assert_int_equal(view_of(s, ID).requests_left, 10); /* others use the key, too */
    assert_int_equal(view_of(s, ID).tokens_left, 4000);
    assert_int_equal(ask_until_refused(s, 1, &why), 10);
    llm_shared_limit(s, ID, 6, 300);
    assert_int_equal(view_of(s, ID).requests_per_minute, 6);
    assert_int_equal(view_of(s, ID).tokens_per_minute, 300);
    llm_shared_limit(s, ID, 1000, 0);
    assert_int_equal(view_of(s, ID).requests_per_minute, 100); /* more than the provider allows */
    drop(s);
}

static void nothing_goes_before_the_instant_that_was_told(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){0});
    const struct llm_rate told = {-1, -1, -1, -1, -1, -1, 7000};
    const struct llm_rate longer = {-1, -1, -1, -1, -1, -1, 9000};
    int64_t wait;

    (void)state;
    llm_shared_report(s, ID, LLM_RATE_LIMITED, &told);
    assert_int_equal(ask(s, &wait), LLM_GATE_TOLD);
    assert_int_equal(wait, 7000);
    llm_shared_report(s, ID, LLM_RATE_LIMITED, &longer);
    llm_shared_report(s, ID, LLM_RATE_LIMITED, &told); /* never shorter */
    assert_int_equal(ask(s, &wait), LLM_GATE_TOLD);
    assert_int_equal(wait, 9000);
    clock_advance_ms(9000);
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    drop(s);
}

static void without_a_word_each_wait_is_twice_the_last(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){0});
    int64_t wait;

    (void)state;
    for (int64_t expected = 2000; expected <= 16000; expected *= 2) {
        for (int i = 0; i < 5; i++) /* five in flight hear of one limit */
            llm_shared_report(s, ID, LLM_RATE_LIMITED, NULL);
        assert_int_equal(ask(s, &wait), LLM_GATE_TOLD);
        assert_int_equal(wait, expected);
        clock_advance_ms(wait);
        assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    }
    llm_shared_report(s, ID, LLM_OK, NULL);
    llm_shared_report(s, ID, LLM_RATE_LIMITED, NULL);
    assert_int_equal(ask(s, &wait), LLM_GATE_TOLD);
    assert_int_equal(wait, 2000);
    drop(s);
}

/* ---- breaker ---- */

static const struct llm_shared_options small_breaker = {
    .failures = 3, .pause_ms = 1000, .pause_most_ms = 5000, .probe_ms = 60000};

static void failures_in_a_row_open_the_breaker(void **state)
{
    struct llm_shared *s = make(&small_breaker);
    int64_t wait;

    (void)state;
    for (int i = 0; i < 2; i++)
        llm_shared_report(s, ID, LLM_TIMEOUT, NULL);
    llm_shared_report(s, ID, LLM_OK, NULL);
    for (int i = 0; i < 2; i++)
        llm_shared_report(s, ID, LLM_SERVER_ERROR, NULL);
    /* neither of these is a failure of the endpoint */
    llm_shared_report(s, ID, LLM_BUSY, NULL);
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    llm_shared_report(s, ID, LLM_UNREACHABLE, NULL);
    assert_int_equal(ask(s, &wait), LLM_GATE_BREAKER);
    assert_int_equal(wait, 1000);
    assert_int_equal(view_of(s, ID).gate, LLM_GATE_BREAKER);
    assert_int_equal(view_of(s, ID).last_fault, LLM_UNREACHABLE);
    /* what was sent before and fails now does not make the pause longer */
    llm_shared_report(s, ID, LLM_TIMEOUT, NULL);
    assert_int_equal(ask(s, &wait), LLM_GATE_BREAKER);
    assert_int_equal(wait, 1000);
    drop(s);
}

static void one_probe_decides(void **state)
{
    struct llm_shared *s = make(&small_breaker);
    static const int64_t pauses[] = {1000, 2000, 4000, 5000, 5000};
    int64_t wait;

    (void)state;
    for (int i = 0; i < 3; i++)
        llm_shared_report(s, ID, LLM_TIMEOUT, NULL);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        assert_int_equal(ask(s, &wait), LLM_GATE_BREAKER);
        assert_int_equal(wait, pauses[i]);
        clock_advance_ms(wait);
        assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
        assert_int_equal(ask(s, &wait), LLM_GATE_PROBE);
        assert_in_range(wait, 1, 1000);
        assert_int_equal(view_of(s, ID).probe_pid, getpid());
        llm_shared_report(s, ID, LLM_TIMEOUT, NULL);
    }
    clock_advance_ms(5000);
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    llm_shared_report(s, ID, LLM_OK, NULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    assert_int_equal(view_of(s, ID).openings, 0);
    drop(s);
}

static void a_dead_key_opens_it_at_once(void **state)
{
    static const enum llm_fault dead[] = {LLM_KEY_INVALID, LLM_QUOTA, LLM_ADDRESS_REFUSED};
    int64_t wait;

    (void)state;
    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++) {
        struct llm_shared *s = make(&small_breaker);

        llm_shared_report(s, ID, dead[i], NULL);
        assert_int_equal(ask(s, &wait), LLM_GATE_BREAKER);
        llm_shared_close(s, ID); /* an operator put another key */
        assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
        drop(s);
    }
}

static void a_probe_that_is_not_sent_is_given_to_the_next(void **state)
{
    struct llm_shared *s = make(&small_breaker);
    int64_t wait;

    (void)state;
    llm_shared_report(s, ID, LLM_KEY_INVALID, NULL);
    clock_advance_ms(1000);
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    llm_shared_give_back(s, ID, 100);
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    llm_shared_report(s, ID, LLM_BUSY, NULL); /* cancelled */
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    assert_int_equal(ask(s, &wait), LLM_GATE_PROBE);
    clock_advance_ms(60001); /* never reported */
    assert_int_equal(ask(s, &wait), LLM_GATE_OPEN);
    drop(s);
}

static void endpoints_do_not_share(void **state)
{
    struct llm_shared *s = make(&small_breaker);
    int64_t wait;

    (void)state;
    llm_shared_report(s, ID, LLM_KEY_INVALID, NULL);
    assert_int_equal(llm_shared_ask(s, ID + 64, 1, &wait),
                     LLM_GATE_OPEN); /* the same place first */
    assert_int_equal(ask(s, &wait), LLM_GATE_BREAKER);
    drop(s);
}

static void the_one_longest_unused_gives_way(void **state)
{
    struct llm_shared *s = make(&(struct llm_shared_options){.endpoints = 3});
    struct llm_shared_view v;
    int64_t wait;

    (void)state;
    for (uint64_t id = 1; id <= 4; id++) {
        assert_int_equal(llm_shared_ask(s, id, 1, &wait), LLM_GATE_OPEN);
        clock_advance_ms(10);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(llm_shared_read(s, i, &v));
        assert_int_not_equal(v.id, 1);
        assert_int_equal(v.sent, 1);
    }
    drop(s);
    assert_null(llm_shared_new(&(struct llm_shared_options){.endpoints = 5000}));
}

/* ---- processes ---- */

enum { PROCESSES = 6 };

static pid_t spawn(struct llm_shared *s, void (*work)(struct llm_shared *, int), int n)
{
    const pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        work(s, n);
        _exit(0);
    }
    return pid;
}

/* Shared with the children. */
static _Atomic int *granted;
static _Atomic int *ready;

enum { BURST = 300000 };

/* All begin at once, and go on until there is nothing left. */
static void take_what_it_gets(struct llm_shared *s, int n)
{
    int64_t wait;
    int mine = 0;

    (void)n;
    (*ready)++;
    while (*ready < PROCESSES)
        ;
    for (int refused = 0; refused < 100;) {
        if (llm_shared_ask(s, ID, 10, &wait) == LLM_GATE_OPEN)
            mine++;
        else
            refused++;
    }
    *granted += mine;
}

static void many_processes_take_no_more_than_there_is(void **state)
{
    struct llm_shared *s =
        llm_shared_new(&(struct llm_shared_options){.requests_per_minute = BURST});
    const int64_t began = clock_mono_ms();
    pid_t pids[PROCESSES];
    int64_t came_back;

    (void)state;
    *granted = *ready = 0;
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = spawn(s, take_what_it_gets, i);
    for (int i = 0; i < PROCESSES; i++)
        waitpid(pids[i], NULL, 0);
    came_back = (clock_mono_ms() - began + 1) * BURST / 60000;
    assert_in_range(*granted, BURST, BURST + came_back);
    assert_int_equal(view_of(s, ID).sent, *granted);
    llm_shared_free(s);
}

/* Everything at once, for ever. */
static void use_it_all(struct llm_shared *s, int n)
{
    static const enum llm_fault faults[] = {LLM_OK, LLM_TIMEOUT, LLM_RATE_LIMITED, LLM_KEY_INVALID,
                                            LLM_BUSY};
    const struct llm_rate told = {1000, 900, -1, 100000, 90000, -1, 1};
    struct llm_shared_view v;
    int64_t wait;

    (*ready)++;
    for (unsigned i = (unsigned)n;; i++) {
        const uint64_t id = 1 + i % 7; /* of four places */

        if (llm_shared_ask(s, id, 50, &wait) == LLM_GATE_OPEN && i % 3 == 0)
            llm_shared_give_back(s, id, 50);
        llm_shared_report(s, id, faults[i % 5], &told);
        (void)llm_shared_read(s, i % 4, &v);
        if (i % 1000 == 0)
            llm_shared_close(s, id);
    }
}

static void use_and_kill(struct llm_shared *s, int round)
{
    const int64_t until = clock_mono_ms() + 10000;
    pid_t pids[3];

    *ready = 0;
    for (int i = 0; i < 3; i++)
        pids[i] = spawn(s, use_it_all, i);
    while (*ready < 3 && clock_mono_ms() < until)
        usleep(200);
    assert_int_equal(*ready, 3);
    usleep((useconds_t)(round * 37 % 3000));
    for (int i = 0; i < 3; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
}

/* Killed at any instruction, it is as good as before for those who live. */
static void killed_processes_leave_nothing_locked(void **state)
{
    struct llm_shared *s = llm_shared_new(&(struct llm_shared_options){
        .endpoints = 4, .pause_ms = 1, .pause_most_ms = 10, .probe_ms = 50});
    int64_t wait;

    (void)state;
    for (int round = 0; round < 60; round++)
        use_and_kill(s, round);
    for (uint64_t id = 1; id <= 7; id++) {
        bool went = false;

        llm_shared_close(s, id);
        for (int tries = 0; tries < 100 && !went; tries++) {
            went = llm_shared_ask(s, id, 50, &wait) == LLM_GATE_OPEN;
            if (!went)
                usleep((useconds_t)(wait < 100 ? wait : 100) * 1000);
        }
        assert_true(went);
        llm_shared_report(s, id, LLM_OK, NULL);
    }
    llm_shared_free(s);
}

static void hold_the_probe(struct llm_shared *s, int n)
{
    int64_t wait;

    (void)n;
    if (llm_shared_ask(s, ID, 1, &wait) == LLM_GATE_OPEN)
        *granted = 1;
    for (;;)
        pause();
}

static void a_probe_dies_with_its_process(void **state)
{
    struct llm_shared *s =
        llm_shared_new(&(struct llm_shared_options){.pause_ms = 20, .probe_ms = 600000});
    int64_t wait;
    pid_t pid;

    (void)state;
    llm_shared_report(s, ID, LLM_KEY_INVALID, NULL);
    usleep(30000);
    *granted = 0;
    pid = spawn(s, hold_the_probe, 0);
    for (int i = 0; i < 1000 && !*granted; i++)
        usleep(5000);
    assert_int_equal(*granted, 1);
    assert_int_equal(llm_shared_ask(s, ID, 1, &wait), LLM_GATE_PROBE);
    assert_int_equal(view_of(s, ID).probe_pid, pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(llm_shared_ask(s, ID, 1, &wait), LLM_GATE_OPEN);
    llm_shared_free(s);
}

static int set_up(void **state)
{
    (void)state;
    granted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (granted == MAP_FAILED)
        return -1;
    ready = granted + 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return munmap((void *)(uintptr_t)granted, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_limits_everything_goes),
        cmocka_unit_test(requests_a_minute_are_kept),
        cmocka_unit_test(tokens_a_minute_are_kept),
        cmocka_unit_test(a_call_larger_than_the_limit_takes_all_of_it),
        cmocka_unit_test(limits_are_learned_and_own_ones_win),
        cmocka_unit_test(nothing_goes_before_the_instant_that_was_told),
        cmocka_unit_test(without_a_word_each_wait_is_twice_the_last),
        cmocka_unit_test(failures_in_a_row_open_the_breaker),
        cmocka_unit_test(one_probe_decides),
        cmocka_unit_test(a_dead_key_opens_it_at_once),
        cmocka_unit_test(a_probe_that_is_not_sent_is_given_to_the_next),
        cmocka_unit_test(endpoints_do_not_share),
        cmocka_unit_test(the_one_longest_unused_gives_way),
        cmocka_unit_test(many_processes_take_no_more_than_there_is),
        cmocka_unit_test(killed_processes_leave_nothing_locked),
        cmocka_unit_test(a_probe_dies_with_its_process),
    };

    return cmocka_run_group_tests_name("llm_shared", tests, set_up, tear_down);
}
