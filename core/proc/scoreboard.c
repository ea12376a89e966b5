/* SPDX-License-Identifier: MIT */
#include "core/proc/scoreboard.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SLOTS_MAX = 4096,
    READ_TRIES = 200,
    CACHE_LINE = 64,
    WORDS = sizeof(struct scoreboard_view) / sizeof(uint64_t),
};

_Static_assert(sizeof(struct scoreboard_view) % sizeof(uint64_t) == 0,
               "the view is copied in words");

/* Words, because copying plain memory while another process writes it is undefined, however it is checked after. */
struct slot {
    alignas(CACHE_LINE) _Atomic uint64_t sequence; /* odd while being written */
    _Atomic uint64_t words[WORDS];
};

struct scoreboard {
    size_t nslots;
    struct slot slots[];
};

const int64_t scoreboard_bucket_us[SCOREBOARD_BUCKETS] = {
    1000,   2500,   5000,    10000,   25000,   50000,    100000,
    250000, 500000, 1000000, 2500000, 5000000, 10000000, 60000000,
};

static size_t bytes_for(size_t nslots)
{
    return sizeof(struct scoreboard) + nslots * sizeof(struct slot);
}

struct scoreboard *scoreboard_new(size_t nslots)
{
    struct scoreboard *sb;

    if (nslots < 1 || nslots > SLOTS_MAX) {
        errno = EINVAL;
        return NULL;
    }
    /* pages of zeroes: every slot empty, every counter 0 */
    sb = mmap(NULL, bytes_for(nslots), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sb == MAP_FAILED)
        return NULL;
    sb->nslots = nslots;
    return sb;
}

void scoreboard_free(struct scoreboard *sb)
{
    if (sb)
        (void)munmap(sb, bytes_for(sb->nslots));
}

size_t scoreboard_slots(const struct scoreboard *sb)
{
    return sb->nslots;
}

static void copy_out(const struct slot *s, struct scoreboard_view *out)
{
    uint64_t words[WORDS] = {0};

    for (size_t i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&s->words[i], memory_order_relaxed);
    memcpy(out, words, sizeof *out);
    /* a writer killed in the middle may have left a text without its end */
    out->role[sizeof out->role - 1] = '\0';
    out->method[sizeof out->method - 1] = '\0';
    out->route[sizeof out->route - 1] = '\0';
    out->request_id[sizeof out->request_id - 1] = '\0';
}

bool scoreboard_read(const struct scoreboard *sb, size_t i, struct scoreboard_view *out)
{
    const struct slot *s = &sb->slots[i];

    assert(i < sb->nslots);
    for (int tries = 0; tries < READ_TRIES; tries++) {
        uint64_t before = atomic_load_explicit(&s->sequence, memory_order_acquire);

        copy_out(s, out);
        atomic_thread_fence(memory_order_acquire);
        if (before % 2 == 0 && atomic_load_explicit(&s->sequence, memory_order_relaxed) == before)
            return true;
        if (tries >= 16)
            sched_yield(); /* the writer was preempted in the middle, perhaps on this core */
    }
    return false;
}

void scoreboard_publish(struct scoreboard *sb, size_t i, const struct scoreboard_view *mine)
{
    struct slot *s = &sb->slots[i];
    uint64_t sequence = atomic_load_explicit(&s->sequence, memory_order_relaxed) | 1;
    uint64_t words[WORDS];

    assert(i < sb->nslots);
    memcpy(words, mine, sizeof words);
    atomic_store_explicit(&s->sequence, sequence, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t w = 0; w < WORDS; w++)
        atomic_store_explicit(&s->words[w], words[w], memory_order_relaxed);
    atomic_store_explicit(&s->sequence, sequence + 1, memory_order_release);
}

void scoreboard_vacate(struct scoreboard *sb, size_t i)
{
    struct scoreboard_view v;

    /* not scoreboard_read(): a writer that died in the middle left an odd number, which publishing makes even */
    copy_out(&sb->slots[i], &v);
    v.state = SLOT_EMPTY;
    v.pid = 0;
    v.deadline_ms = 0;
    v.rss_bytes = 0;
    scoreboard_publish(sb, i, &v);
}

const char *slot_state_name(enum slot_state s)
{
    switch (s) {
    case SLOT_EMPTY: return "empty";
    case SLOT_STARTING: return "starting";
    case SLOT_IDLE: return "idle";
    case SLOT_BUSY: return "busy";
    case SLOT_LEAVING: return "leaving";
    }
    return "unknown";
}

size_t scoreboard_bucket(int64_t us)
{
    size_t i = 0;

    while (i < SCOREBOARD_BUCKETS && us > scoreboard_bucket_us[i])
        i++;
    return i;
}
