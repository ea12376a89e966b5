/* SPDX-License-Identifier: MIT */
#include "core/llm/shared.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/clock.h"

enum {
    PLACES = 64,
    PLACES_MAX = 4096,
    CACHE_LINE = 64,
    FAILURES = 5,
    PAUSE_MS = 1000,
    PAUSE_MOST_MS = 300000,
    PROBE_MS = 180000,
    PROBE_WAIT_MS = 250, /* look again so often whether a probe came back */
    DOUBLINGS = 20,
    LIMITED_DOUBLINGS = 6,
    PID_BITS = 22, /* Linux's largest pid_max is 2^22 */
};

static const int64_t MINUTE_US = INT64_C(60000000);

/* 0 everywhere: nothing is known, all is well. */
struct place {
    alignas(CACHE_LINE) _Atomic uint64_t id; /* 0: unused */
    _Atomic int64_t used_ms;
    _Atomic int64_t own_requests; /* a minute; 0: the options' */
    _Atomic int64_t own_tokens;
    _Atomic int64_t told_requests; /* by headers; 0: nothing */
    _Atomic int64_t told_tokens;
    _Atomic int64_t full_requests_us; /* when the bucket is full again */
    _Atomic int64_t full_tokens_us;
    _Atomic int64_t not_before_ms;
    _Atomic int64_t limited_in_row;
    _Atomic int64_t failures;
    _Atomic int64_t openings; /* 0: closed */
    _Atomic int64_t open_until_ms;
    _Atomic uint64_t probe; /* until when (ms) << PID_BITS | whose; 0: none is on its way */
    _Atomic int64_t last_fault;
    _Atomic uint64_t sent;
    _Atomic uint64_t good;
    _Atomic uint64_t failed;
    _Atomic uint64_t limited;
};

struct llm_shared {
    size_t nplaces;
    struct llm_shared_options options; /* const after the start */
    struct place places[];
};

/* ---- places ---- */

static void forget(struct place *p)
{
    atomic_store(&p->own_requests, 0);
    atomic_store(&p->own_tokens, 0);
    atomic_store(&p->told_requests, 0);
    atomic_store(&p->told_tokens, 0);
    atomic_store(&p->full_requests_us, 0);
    atomic_store(&p->full_tokens_us, 0);
    atomic_store(&p->not_before_ms, 0);
    atomic_store(&p->limited_in_row, 0);
    atomic_store(&p->failures, 0);
    atomic_store(&p->openings, 0);
    atomic_store(&p->probe, 0);
    atomic_store(&p->last_fault, LLM_OK);
    atomic_store(&p->sent, 0);
    atomic_store(&p->good, 0);
    atomic_store(&p->failed, 0);
    atomic_store(&p->limited, 0);
}

/* The one longest unused gives way. Two processes may do so for one id at once: then one of two places is never asked
 * again, and gives way in its turn. */
static struct place *replace(struct llm_shared *s, uint64_t id)
{
    struct place *oldest = &s->places[0];

    for (size_t i = 1; i < s->nplaces; i++) {
        if (atomic_load(&s->places[i].used_ms) < atomic_load(&oldest->used_ms))
            oldest = &s->places[i];
    }
    forget(oldest);
    atomic_store(&oldest->id, id);
    return oldest;
}

/* Places are never emptied, so a search may end at the first unused one. */
static struct place *place_of(struct llm_shared *s, uint64_t id)
{
    assert(id != 0);
    for (size_t i = 0; i < s->nplaces; i++) {
        struct place *p = &s->places[(id + i) % s->nplaces];
        uint64_t there = atomic_load(&p->id);

        if (there == 0 && atomic_compare_exchange_strong(&p->id, &there, id))
            return p;
        if (there == id)
            return p;
    }
    return replace(s, id);
}

/* ---- buckets ---- */

static int64_t lesser_limit(int64_t own, int64_t general, int64_t told)
{
    const int64_t set = own > 0 ? own : general;

    return set > 0 && told > 0 ? (set < told ? set : told) : set > 0 ? set : told;
}

static int64_t limit_requests(const struct llm_shared *s, const struct place *p)
{
    return lesser_limit(atomic_load(&p->own_requests), s->options.requests_per_minute,
                        atomic_load(&p->told_requests));
}

static int64_t limit_tokens(const struct llm_shared *s, const struct place *p)
{
    return lesser_limit(atomic_load(&p->own_tokens), s->options.tokens_per_minute,
                        atomic_load(&p->told_tokens));
}

/* How long n of `limit` a minute take to come back; more than all of them count as all, or they would never go. */
static int64_t cost_us(int64_t n, int64_t limit)
{
    return n >= limit ? MINUTE_US : n * MINUTE_US / limit;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* 0: taken; else how long until it can be. */
static int64_t take_us(_Atomic int64_t *full_us, int64_t n, int64_t limit, int64_t now_us)
{
    int64_t full = atomic_load(full_us);
    int64_t then;

    if (limit <= 0)
        return 0;
    do {
        then = later(full, now_us) + cost_us(n, limit);
        if (then > now_us + MINUTE_US)
            return then - now_us - MINUTE_US;
    } while (!atomic_compare_exchange_weak(full_us, &full, then));
    return 0;
}

static void give(_Atomic int64_t *full_us, int64_t n, int64_t limit)
{
    if (limit > 0)
        atomic_fetch_sub(full_us, cost_us(n, limit));
}

static int64_t left(int64_t full_us, int64_t limit, int64_t now_us)
{
    const int64_t missing_us = later(full_us - now_us, 0);

    return limit > 0 ? (missing_us >= MINUTE_US ? 0 : (MINUTE_US - missing_us) * limit / MINUTE_US)
                     : -1;
}

/* The provider counts more than we do when others use the key too. */
static void learn(_Atomic int64_t *told, _Atomic int64_t *full_us, int64_t limit, int64_t remaining)
{
    const int64_t now_us = clock_mono_us();
    int64_t full = atomic_load(full_us);
    int64_t then;

    if (limit <= 0)
        return;
    atomic_store(told, limit);
    if (remaining < 0 || remaining > limit)
        return;
    then = now_us + cost_us(limit - remaining, limit);
    while (full < then && !atomic_compare_exchange_weak(full_us, &full, then))
        ;
}

/* ---- breaker ---- */

static int64_t pause_of(const struct llm_shared *s, int64_t openings)
{
    const int64_t doublings = openings - 1 < DOUBLINGS ? openings - 1 : DOUBLINGS;
    const int64_t pause = s->options.pause_ms << doublings;

    return pause < s->options.pause_most_ms ? pause : s->options.pause_most_ms;
}

static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

static pid_t probe_pid(uint64_t probe)
{
    return (pid_t)(probe & ((UINT64_C(1) << PID_BITS) - 1));
}

static bool probe_on_its_way(uint64_t probe, int64_t now_ms)
{
    return probe != 0 && (int64_t)(probe >> PID_BITS) > now_ms && is_alive(probe_pid(probe));
}

static bool take_probe(struct llm_shared *s, struct place *p, int64_t now_ms)
{
    const uint64_t mine = (uint64_t)(now_ms + s->options.probe_ms) << PID_BITS | (uint64_t)getpid();
    uint64_t probe = atomic_load(&p->probe);

    return !probe_on_its_way(probe, now_ms) &&
           atomic_compare_exchange_strong(&p->probe, &probe, mine);
}

static void drop_probe(struct place *p)
{
    uint64_t probe = atomic_load(&p->probe);

    if (probe_pid(probe) == getpid())
        atomic_compare_exchange_strong(&p->probe, &probe, 0);
}

/* Opens it, or again after a failed probe; what fails while it is open was sent before. */
static void open_breaker(struct llm_shared *s, struct place *p, int64_t now_ms)
{
    int64_t openings = atomic_load(&p->openings);

    if ((openings == 0 || atomic_load(&p->open_until_ms) <= now_ms) &&
        atomic_compare_exchange_strong(&p->openings, &openings, openings + 1))
        atomic_store(&p->open_until_ms, now_ms + pause_of(s, openings + 1));
}

static void close_breaker(struct place *p)
{
    atomic_store(&p->failures, 0);
    atomic_store(&p->openings, 0);
    atomic_store(&p->probe, 0);
}

/* ---- asking ---- */

/* What stands against sending before any bucket; *wait_ms untouched when nothing does. */
static enum llm_gate gate_of(const struct place *p, int64_t now_ms, int64_t *wait_ms)
{
    const int64_t not_before = atomic_load(&p->not_before_ms);
    const int64_t until = atomic_load(&p->open_until_ms);

    if (atomic_load(&p->openings) > 0) {
        if (now_ms < until) {
            *wait_ms = until - now_ms;
            return LLM_GATE_BREAKER;
        }
        if (probe_on_its_way(atomic_load(&p->probe), now_ms)) {
            *wait_ms = PROBE_WAIT_MS;
            return LLM_GATE_PROBE;
        }
    }
    if (now_ms < not_before) {
        *wait_ms = not_before - now_ms;
        return LLM_GATE_TOLD;
    }
    return LLM_GATE_OPEN;
}

static enum llm_gate take_share(struct llm_shared *s, struct place *p, int64_t tokens,
                                int64_t *wait_ms)
{
    const int64_t now_us = clock_mono_us();
    const int64_t limit = limit_requests(s, p);
    int64_t wait_us = take_us(&p->full_requests_us, 1, limit, now_us);

    if (wait_us > 0) {
        *wait_ms = wait_us / 1000 + 1;
        return LLM_GATE_REQUESTS;
    }
    wait_us = take_us(&p->full_tokens_us, tokens, limit_tokens(s, p), now_us);
    if (wait_us > 0) {
        give(&p->full_requests_us, 1, limit);
        *wait_ms = wait_us / 1000 + 1;
        return LLM_GATE_TOKENS;
    }
    return LLM_GATE_OPEN;
}

enum llm_gate llm_shared_ask(struct llm_shared *s, uint64_t id, int64_t tokens, int64_t *wait_ms)
{
    struct place *p = place_of(s, id);
    const int64_t now_ms = clock_mono_ms();
    enum llm_gate gate = gate_of(p, now_ms, wait_ms);
    bool probing = false;

    atomic_store(&p->used_ms, now_ms);
    if (gate != LLM_GATE_OPEN)
        return gate;
    if (atomic_load(&p->openings) > 0) {
        probing = take_probe(s, p, now_ms);
        if (!probing) {
            *wait_ms = PROBE_WAIT_MS;
            return LLM_GATE_PROBE;
        }
    }
    gate = take_share(s, p, tokens, wait_ms);
    if (gate == LLM_GATE_OPEN)
        atomic_fetch_add(&p->sent, 1);
    else if (probing)
        drop_probe(p);
    return gate;
}

void llm_shared_give_back(struct llm_shared *s, uint64_t id, int64_t tokens)
{
    struct place *p = place_of(s, id);

    give(&p->full_requests_us, 1, limit_requests(s, p));
    give(&p->full_tokens_us, tokens, limit_tokens(s, p));
    atomic_fetch_sub(&p->sent, 1);
    drop_probe(p);
}

/* ---- reporting ---- */

/* Many calls in flight hear of one limit: only the first of them makes the next wait longer. */
static void wait_as_told(struct place *p, const struct llm_rate *rate, int64_t now_ms)
{
    static const struct llm_rate untold = {-1, -1, -1, -1, -1, -1, -1};
    const struct llm_rate *r = rate ? rate : &untold;
    const bool told =
        r->retry_after_ms >= 0 || r->reset_requests_ms >= 0 || r->reset_tokens_ms >= 0;
    int64_t before = atomic_load(&p->not_before_ms);
    int64_t in_row = atomic_load(&p->limited_in_row);
    int64_t wait = llm_rate_wait_ms(r);

    if (!told)
        wait <<= in_row < LIMITED_DOUBLINGS ? in_row : LIMITED_DOUBLINGS;
    if (before <= now_ms) {
        if (atomic_compare_exchange_strong(&p->not_before_ms, &before, now_ms + wait))
            atomic_fetch_add(&p->limited_in_row, 1);
    } else if (told) {
        while (before < now_ms + wait &&
               !atomic_compare_exchange_weak(&p->not_before_ms, &before, now_ms + wait))
            ;
    }
}

static void count_failure(struct llm_shared *s, struct place *p, bool dead, int64_t now_ms)
{
    const int64_t failures = atomic_fetch_add(&p->failures, 1) + 1;

    atomic_fetch_add(&p->failed, 1);
    if (dead || failures >= s->options.failures || atomic_load(&p->openings) > 0)
        open_breaker(s, p, now_ms);
    drop_probe(p);
}

void llm_shared_report(struct llm_shared *s, uint64_t id, enum llm_fault fault,
                       const struct llm_rate *rate)
{
    struct place *p = place_of(s, id);
    const int64_t now_ms = clock_mono_ms();

    if (llm_faults[fault].health != LLM_HEALTH_NONE)
        atomic_store(&p->last_fault, fault);
    if (rate) {
        learn(&p->told_requests, &p->full_requests_us, rate->limit_requests,
              rate->remaining_requests);
        learn(&p->told_tokens, &p->full_tokens_us, rate->limit_tokens, rate->remaining_tokens);
    }
    switch (llm_faults[fault].health) {
    case LLM_HEALTH_NONE: drop_probe(p); break;
    case LLM_HEALTH_GOOD:
        atomic_fetch_add(&p->good, 1);
        atomic_store(&p->limited_in_row, 0);
        close_breaker(p);
        break;
    case LLM_HEALTH_LIMITED:
        atomic_fetch_add(&p->limited, 1);
        wait_as_told(p, rate, now_ms);
        close_breaker(p);
        break;
    case LLM_HEALTH_FAILED: count_failure(s, p, false, now_ms); break;
    case LLM_HEALTH_DEAD: count_failure(s, p, true, now_ms); break;
    }
}

void llm_shared_limit(struct llm_shared *s, uint64_t id, int64_t requests_per_minute,
                      int64_t tokens_per_minute)
{
    struct place *p = place_of(s, id);

    atomic_store(&p->own_requests, requests_per_minute);
    atomic_store(&p->own_tokens, tokens_per_minute);
}

void llm_shared_close(struct llm_shared *s, uint64_t id)
{
    struct place *p = place_of(s, id);

    atomic_store(&p->not_before_ms, 0);
    atomic_store(&p->limited_in_row, 0);
    close_breaker(p);
}

/* ---- looking ---- */

size_t llm_shared_places(const struct llm_shared *s)
{
    return s->nplaces;
}

static void look_at_gate(struct llm_shared_view *v, const struct place *p, int64_t now_ms)
{
    v->gate = gate_of(p, now_ms, &v->wait_ms);
    if (v->gate == LLM_GATE_OPEN && v->requests_left == 0)
        v->gate = LLM_GATE_REQUESTS;
    else if (v->gate == LLM_GATE_OPEN && v->tokens_left == 0)
        v->gate = LLM_GATE_TOKENS;
}

bool llm_shared_read(const struct llm_shared *s, size_t i, struct llm_shared_view *out)
{
    const struct place *p = &s->places[i];
    const int64_t now_ms = clock_mono_ms();
    const int64_t now_us = clock_mono_us();
    const uint64_t probe = atomic_load(&p->probe);
    struct llm_shared_view v = {.id = atomic_load(&p->id)};

    assert(i < s->nplaces);
    if (v.id == 0)
        return false;
    v.requests_per_minute = limit_requests(s, p);
    v.tokens_per_minute = limit_tokens(s, p);
    v.requests_left = left(atomic_load(&p->full_requests_us), v.requests_per_minute, now_us);
    v.tokens_left = left(atomic_load(&p->full_tokens_us), v.tokens_per_minute, now_us);
    look_at_gate(&v, p, now_ms);
    v.failures = atomic_load(&p->failures);
    v.openings = atomic_load(&p->openings);
    v.probe_pid = probe_on_its_way(probe, now_ms) ? probe_pid(probe) : 0;
    v.last_fault = (enum llm_fault)atomic_load(&p->last_fault);
    v.sent = atomic_load(&p->sent);
    v.good = atomic_load(&p->good);
    v.failed = atomic_load(&p->failed);
    v.limited = atomic_load(&p->limited);
    *out = v;
    return true;
}

const char *llm_gate_name(enum llm_gate gate)
{
    static const char *const names[] = {
        [LLM_GATE_OPEN] = "open", [LLM_GATE_REQUESTS] = "requests", [LLM_GATE_TOKENS] = "tokens",
        [LLM_GATE_TOLD] = "told", [LLM_GATE_BREAKER] = "breaker",   [LLM_GATE_PROBE] = "probe",
    };

    return (size_t)gate < sizeof names / sizeof *names ? names[gate] : "unknown";
}

/* ---- life ---- */

static size_t bytes_for(size_t n)
{
    return sizeof(struct llm_shared) + n * sizeof(struct place);
}

struct llm_shared *llm_shared_new(const struct llm_shared_options *options)
{
    const size_t n = options->endpoints ? options->endpoints : PLACES;
    struct llm_shared *s;
    struct llm_shared_options *o;

    if (n > PLACES_MAX) {
        errno = EINVAL;
        return NULL;
    }
    /* pages of zeroes: every place unused */
    s = mmap(NULL, bytes_for(n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED)
        return NULL;
    s->nplaces = n;
    s->options = *options;
    o = &s->options;
    o->failures = o->failures > 0 ? o->failures : FAILURES;
    o->pause_ms = o->pause_ms > 0 ? o->pause_ms : PAUSE_MS;
    o->pause_most_ms = o->pause_most_ms > 0 ? o->pause_most_ms : PAUSE_MOST_MS;
    o->probe_ms = o->probe_ms > 0 ? o->probe_ms : PROBE_MS;
    return s;
}

void llm_shared_free(struct llm_shared *s)
{
    if (s)
        (void)munmap(s, bytes_for(s->nplaces));
}
