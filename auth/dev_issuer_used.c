/* SPDX-License-Identifier: MIT */
#include "auth/dev_issuer_used.h"

#include <string.h>
#include <sys/mman.h>

#include "core/base/hash.h"

enum { WINDOW = 16 };

struct dev_used *dev_used_new(void)
{
    void *map = mmap(NULL, sizeof(struct dev_used), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return map == MAP_FAILED ? NULL : map;
}

void dev_used_free(struct dev_used *u)
{
    if (u)
        munmap(u, sizeof *u);
}

uint64_t dev_used_name(const char *kind, struct slice id)
{
    struct hash_stream h;
    uint8_t digest[SHA256_BYTES];
    uint64_t name;

    hash_begin(&h);
    hash_update(&h, kind, strlen(kind) + 1);
    hash_update(&h, id.p, id.n);
    hash_end(&h, digest);
    memcpy(&name, digest, sizeof name);
    return name ? name : 1;
}

bool dev_used_has(struct dev_used *u, uint64_t name)
{
    for (uint64_t i = 0; i < WINDOW; i++)
        if (atomic_load(&u->id[(name + i) % DEV_USED_PLACES]) == name)
            return true;
    return false;
}

/*
 * A table of 64-bit names in shared memory, open to all workers at once without locks. A name lives
 * in the window of WINDOW places after its hash: in the first that was empty when it came, or
 * when all are taken in the place of one of them. A place never becomes empty again, so two workers
 * with the same name that walk the window in order meet at the same place, and one compare-and-swap
 * loses.
 */
bool dev_used_take(struct dev_used *u, uint64_t name)
{
    _Atomic uint64_t *victim = &u->id[(name + (name >> 32) % WINDOW) % DEV_USED_PLACES];
    uint64_t old;

    for (uint64_t i = 0; i < WINDOW; i++) {
        old = 0;
        if (atomic_compare_exchange_strong(&u->id[(name + i) % DEV_USED_PLACES], &old, name))
            return true;
        if (old == name)
            return false;
    }
    old = atomic_load(victim);
    while (old != name)
        if (atomic_compare_exchange_strong(victim, &old, name))
            return true;
    return false;
}
