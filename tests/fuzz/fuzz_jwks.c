/* SPDX-License-Identifier: MIT */
/* Any bytes as the identity provider's answer. */
#include <stdlib.h>
#include <string.h>

#include "auth/jwks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jwks set;

    if (jwks_parse((struct slice){(const char *)data, size}, &set) != JWKS_OK)
        return 0;
    if (!set.nkeys || set.nkeys > LIMIT_JWKS_KEYS)
        abort();
    for (uint32_t i = 0; i < set.nkeys; i++) {
        const struct jwks_key *k = &set.keys[i];

        if (jwks_find(&set, slice_cstr(k->kid), k->alg) != k ||
            strncmp(k->pem, "-----BEGIN PUBLIC KEY", 21) != 0 || k->signature_bytes < 64)
            abort();
    }
    return 0;
}
