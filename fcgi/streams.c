/* SPDX-License-Identifier: MIT */
#include "fcgi/streams.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

/* A tenant is named by 64 of its random bits: a place is written in one piece, and a chance meeting of two
 * tenants only makes them share a cap. 0: free. */
struct streams {
    size_t n;
    _Atomic uint64_t tenant[];
};

static uint64_t short_name(const struct uuid *tenant)
{
    uint64_t v;

    memcpy(&v, tenant->b + 8, sizeof v);
    return v ? v : 1;
}

struct streams *streams_new(size_t nslots)
{
    struct streams *s = mmap(NULL, sizeof *s + nslots * sizeof s->tenant[0], PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (s == MAP_FAILED)
        return NULL;
    s->n = nslots;
    return s;
}

void streams_claim(struct streams *s, size_t slot)
{
    atomic_store_explicit(&s->tenant[slot], 0, memory_order_relaxed);
}

bool streams_begin(struct streams *s, size_t slot, const struct uuid *tenant, size_t most)
{
    const uint64_t me = short_name(tenant);
    size_t others = 0;

    /* first in, then count: of two that begin together at least one sees the other */
    atomic_store_explicit(&s->tenant[slot], me, memory_order_seq_cst);
    for (size_t i = 0; i < s->n; i++) {
        if (i != slot && atomic_load_explicit(&s->tenant[i], memory_order_seq_cst) == me)
            others++;
    }
    if (others >= most) {
        streams_end(s, slot);
        return false;
    }
    return true;
}

void streams_end(struct streams *s, size_t slot)
{
    streams_claim(s, slot);
}
