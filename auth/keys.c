/* SPDX-License-Identifier: MIT */
#include "auth/keys.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/log.h"

enum {
    WORDS = (sizeof(struct jwks) + sizeof(uint64_t) - 1) / sizeof(uint64_t),
    READ_TRIES =
        1000,    /* a publication takes microseconds; a writer that died in one never ends it */
    POLL_MS = 5, /* of a worker that waits for a fetch */
    HEARTBEAT_MS = 1000, /* of the writer, should a wake-up be lost */
};

/* Words, because a reader may look while the writer writes: each is atomic, the counter tells
 * whether they belong together. */
struct block {
    _Atomic uint64_t seq; /* odd while being written; even / 2 is how often keys were published */
    _Atomic uint64_t words[WORDS];

    _Atomic uint64_t begun; /* fetches; begun != ended: one is under way */
    _Atomic uint64_t ended;
    _Atomic int64_t began_ms; /* monotonic, of the last one */
    _Atomic int64_t good_us;  /* instant of the last good answer, 0 before the first */
    _Atomic bool wanted;      /* written by any worker, taken by the writer */
};

struct keys {
    struct block *block;
    int wake_fd;

    /* reader */
    uint64_t seen; /* seq of `set` */
    struct jwks set;
    struct jwks incoming;

    /* writer */
    int64_t due_ms;
    int64_t retry_ms;
};

struct keys *keys_new(void)
{
    struct keys *k = calloc(1, sizeof *k);
    void *map;

    if (!k)
        return NULL;
    k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    map =
        mmap(NULL, sizeof(struct block), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (k->wake_fd < 0 || map == MAP_FAILED) {
        if (k->wake_fd >= 0)
            close(k->wake_fd);
        if (map != MAP_FAILED)
            munmap(map, sizeof(struct block));
        free(k);
        return NULL;
    }
    k->block = map; /* zero pages are a valid empty block */
    return k;
}

void keys_free(struct keys *k)
{
    if (!k)
        return;
    munmap(k->block, sizeof *k->block);
    close(k->wake_fd);
    free(k);
}

/* ---- readers ---- */

static void copy_out(const struct block *b, struct jwks *out)
{
    uint64_t word;
    uint8_t *at = (uint8_t *)out;
    size_t left = sizeof *out;

    for (size_t i = 0; i < WORDS; i++) {
        const size_t n = left < sizeof word ? left : sizeof word;

        word = atomic_load_explicit(&b->words[i], memory_order_relaxed);
        memcpy(at, &word, n);
        at += n;
        left -= n;
    }
}

/* Takes over what was published since. True when the copy changed. */
static bool refresh(struct keys *k)
{
    struct block *b = k->block;

    for (int i = 0; i < READ_TRIES; i++) {
        const uint64_t before = atomic_load_explicit(&b->seq, memory_order_acquire);

        if (before == k->seen)
            return false;
        if (before & 1)
            continue;
        copy_out(b, &k->incoming);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&b->seq, memory_order_relaxed) != before)
            continue;
        memcpy(&k->set, &k->incoming, sizeof k->set);
        k->seen = before;
        return true;
    }
    return false; /* the writer died in the middle: what we have stays good */
}

static void ask(struct keys *k)
{
    const uint64_t one = 1;

    atomic_store_explicit(&k->block->wanted, true, memory_order_release);
    /* full or interrupted: the flag is set, and the writer looks at it at its next heartbeat anyway
     * */
    if (write(k->wake_fd, &one, sizeof one) < 0)
        return;
}

/* The fetch whose end is worth waiting for, and until when; false when none is. */
static bool fetch_to_await(struct keys *k, uint64_t *ended, int64_t *until_ms)
{
    struct block *b = k->block;
    const int64_t now = clock_mono_ms();
    const uint64_t done = atomic_load_explicit(&b->ended, memory_order_acquire);
    const uint64_t begun = atomic_load_explicit(&b->begun, memory_order_acquire);
    const int64_t began = atomic_load_explicit(&b->began_ms, memory_order_acquire);

    if (begun != done) {
        *ended = begun;
        *until_ms =
            began + KEYS_WAIT_MS; /* later callers do not wait again for a provider that is slow */
        return *until_ms > now;
    }
    if (begun && now - began < KEYS_COOLDOWN_MS)
        return false;
    ask(k);
    *ended = begun + 1;
    *until_ms = now + KEYS_WAIT_MS;
    return true;
}

const struct jwks_key *keys_find(struct keys *k, struct slice kid, enum jwks_alg alg,
                                 int64_t deadline_ms)
{
    const struct timespec nap = {.tv_nsec = POLL_MS * 1000000L};
    const struct jwks_key *key;
    uint64_t awaited;
    int64_t until_ms;

    refresh(k);
    key = jwks_find(&k->set, kid, alg);
    if (key || !fetch_to_await(k, &awaited, &until_ms))
        return key;

    if (until_ms > deadline_ms)
        until_ms = deadline_ms;
    while (clock_mono_ms() < until_ms) {
        const bool over = atomic_load_explicit(&k->block->ended, memory_order_acquire) >= awaited;

        if (refresh(k) && (key = jwks_find(&k->set, kid, alg)) != NULL)
            return key;
        if (over)
            return NULL;
        nanosleep(&nap, NULL);
    }
    return NULL;
}

uint64_t keys_version(const struct keys *k)
{
    return atomic_load_explicit(&k->block->seq, memory_order_acquire) /
           2; /* while one is written, the one before */
}

bool keys_ready(const struct keys *k)
{
    return atomic_load_explicit(&k->block->seq, memory_order_acquire) >= 2;
}

int64_t keys_age_s(const struct keys *k)
{
    const int64_t good_us = atomic_load_explicit(&k->block->good_us, memory_order_relaxed);

    return good_us ? (clock_now_us() - good_us) / 1000000 : -1;
}

/* ---- the writer ---- */

void keys_publish(struct keys *k, const struct jwks *set)
{
    struct block *b = k->block;
    const uint64_t writing =
        atomic_load_explicit(&b->seq, memory_order_relaxed) | 1; /* odd: a predecessor died here */
    const uint8_t *at = (const uint8_t *)set;
    size_t left = sizeof *set;
    bool same;

    refresh(k);
    /* the bytes, padding too: a difference there only publishes the same keys once more */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    same = memcmp(&k->set, set, sizeof *set) == 0;
    if (same && k->seen && k->seen == atomic_load_explicit(&b->seq, memory_order_relaxed))
        return;

    atomic_store_explicit(&b->seq, writing, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t word = 0;
        const size_t n = left < sizeof word ? left : sizeof word;

        memcpy(&word, at, n);
        atomic_store_explicit(&b->words[i], word, memory_order_relaxed);
        at += n;
        left -= n;
    }
    atomic_store_explicit(&b->seq, writing + 1, memory_order_release);
    LOG(LOG_INFO, "keys_published", {"keys", LOG_I(set->nkeys)}, {"skipped", LOG_I(set->skipped)},
        {"version", LOG_I((writing + 1) / 2)});
}

/* True when a good set arrived (published if it is news). */
static bool fetch(struct keys *k, const struct keys_source *source)
{
    SCOPED(sb_done) struct sb text;
    struct jwks set;
    const char *why = "unreachable";
    enum jwks_status status;

    sb_init(&text, LIMIT_JWKS_BYTES);
    if (source->fetch(source->user, &text, &why) < 0) {
        LOG(LOG_WARN, "keys_fetch_failed", {"reason", LOG_S(why)});
        return false;
    }
    status = sb_ok(&text) ? jwks_parse(sb_get(&text), &set) : JWKS_TOO_LARGE;
    if (status != JWKS_OK) {
        LOG(LOG_WARN, "keys_fetch_failed", {"reason", LOG_S(jwks_status_name(status))});
        return false;
    }
    keys_publish(k, &set);
    return true;
}

static int64_t retry_after(struct keys *k)
{
    /* With keys in hand there is no hurry: the old ones serve, and workers that miss one ask for
     * it. */
    if (keys_ready(k))
        return KEYS_RETRY_MAX_MS;
    k->retry_ms = k->retry_ms ? 2 * k->retry_ms : KEYS_RETRY_FIRST_MS;
    if (k->retry_ms > KEYS_RETRY_MAX_MS)
        k->retry_ms = KEYS_RETRY_MAX_MS;
    return k->retry_ms;
}

int64_t keys_turn(struct keys *k, const struct keys_source *source)
{
    struct block *b = k->block;
    const int64_t now = clock_mono_ms();
    const int64_t began = atomic_load_explicit(&b->began_ms, memory_order_relaxed);
    const bool wanted = atomic_load_explicit(&b->wanted, memory_order_acquire);
    const bool may =
        !atomic_load_explicit(&b->begun, memory_order_relaxed) || now - began >= KEYS_COOLDOWN_MS;
    int64_t at = k->due_ms;

    if (wanted && !may && began + KEYS_COOLDOWN_MS < at)
        at = began + KEYS_COOLDOWN_MS;
    if (at > now && !(wanted && may))
        return at - now;

    atomic_store_explicit(&b->wanted, false, memory_order_relaxed);
    atomic_store_explicit(&b->began_ms, now, memory_order_release);
    atomic_fetch_add_explicit(&b->begun, 1, memory_order_acq_rel);
    if (fetch(k, source)) {
        atomic_store_explicit(&b->good_us, clock_now_us(), memory_order_relaxed);
        k->retry_ms = 0;
        k->due_ms = clock_mono_ms() + KEYS_REFRESH_MS;
    } else {
        k->due_ms = clock_mono_ms() + retry_after(k);
    }
    /* not += 1: a predecessor that died in its fetch left a gap */
    atomic_store_explicit(&b->ended, atomic_load_explicit(&b->begun, memory_order_relaxed),
                          memory_order_release);
    return clock_left_ms(k->due_ms);
}

/* Empties the event descriptor: the flag says what is wanted, this only ends a wait. */
static void heard(struct keys *k)
{
    uint64_t count;

    if (read(k->wake_fd, &count, sizeof count) < 0)
        return; /* EAGAIN: nobody asked */
}

void keys_run(struct keys *k, const struct keys_source *source, keys_wait_fn wait, void *user)
{
    int64_t ms;

    do {
        heard(k);
        ms = keys_turn(k, source);
    } while (wait(user, k->wake_fd, ms < HEARTBEAT_MS ? ms : HEARTBEAT_MS));
}
