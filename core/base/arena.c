/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"

enum {
    FIRST_BLOCK_BYTES = 64 << 10, /* most requests fit: one malloc for the life of a worker */
    MAX_BLOCK_BYTES = 4 << 20,
};

struct block {
    struct block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) char data[];
};

struct hook {
    struct hook *next;
    void (*drop)(void *);
    void *handle;
};

struct arena {
    struct block *head; /* newest */
    struct hook *hooks; /* newest first; the nodes live in the arena */
    size_t cap;
    size_t used;
};

static _Noreturn void die(const char *why, size_t bytes)
{
    LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S(why)}, {"bytes", LOG_I(bytes)});
    _Exit(70); /* EX_SOFTWARE: the master respawns */
}

static struct block *block_new(size_t size, struct block *next)
{
    struct block *b = malloc(sizeof *b + size);

    if (!b)
        die("malloc", size);
    *b = (struct block){.next = next, .size = size};
    return b;
}

struct arena *arena_new(size_t cap_bytes)
{
    struct arena *a = malloc(sizeof *a);

    if (!a)
        die("malloc", sizeof *a);
    *a = (struct arena){.head = block_new(FIRST_BLOCK_BYTES, NULL), .cap = cap_bytes};
    return a;
}

static void run_hooks(struct arena *a)
{
    while (a->hooks) {
        struct hook *h = a->hooks;

        a->hooks = h->next; /* first, so that a hook runs once even if it resets something */
        h->drop(h->handle);
    }
}

void arena_reset(struct arena *a)
{
    run_hooks(a);
    while (a->head->next) {
        struct block *b = a->head;

        a->head = b->next;
        free(b);
    }
    a->head->used = 0; /* the last in the list is the first block, the one that is kept */
    a->used = 0;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    free(a->head);
    free(a);
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    size_t size;
    struct block *b = a->head;
    void *p;

    if (n == 0)
        n = 1;
    if (n > SIZE_MAX - align)
        die("size", n);
    n = (n + align - 1) & ~(align - 1);
    if (n > a->cap || a->used > a->cap - n)
        die("arena cap", n);

    if (b->size - b->used < n) {
        size = b->size < MAX_BLOCK_BYTES ? b->size * 2 : MAX_BLOCK_BYTES;
        b = block_new(n > size ? n : size, b);
        a->head = b;
    }
    p = b->data + b->used;
    b->used += n;
    a->used += n;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(n, size, &bytes))
        die("overflow", n);
    p = arena_alloc(a, bytes);
    memset(p, 0, bytes);
    return p;
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
    void *q = arena_alloc(a, n);

    if (n)
        memcpy(q, p, n);
    return q;
}

char *arena_slicedup(struct arena *a, struct slice s)
{
    char *q = arena_alloc(a, s.n + 1);

    if (s.n)
        memcpy(q, s.p, s.n);
    q[s.n] = '\0';
    return q;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_slicedup(a, slice_cstr(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    char *q;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        die("format", 0);
    q = arena_alloc(a, (size_t)n + 1);
    vsnprintf(q, (size_t)n + 1, fmt, ap);
    return q;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *q;

    va_start(ap, fmt);
    q = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return q;
}

void arena_defer(struct arena *a, void (*drop)(void *), void *handle)
{
    struct hook *h = arena_alloc(a, sizeof *h);

    *h = (struct hook){.next = a->hooks, .drop = drop, .handle = handle};
    a->hooks = h;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
