/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a token, as the header of a well signed one, and as the payload of a well signed
 * one: the last two are the only way past the signature. The first byte chooses: H header, P
 * payload, anything else the token itself.
 */
#include <stdlib.h>
#include <unistd.h>

#include "auth/jwt.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/lib/forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jwt_policy policy = {.issuer = "i",
                                         .audience = "u",
                                         .clients = "c",
                                         .tenant_claim = "t",
                                         .operator_role = "o",
                                         .leeway_s = 30,
                                         .lifetime_s = 3600};
static struct arena *keyring;
static EVP_PKEY *ec;
static struct jwt_verifier *verifier;

static int give_keys(void *user, struct sb *out, const char **why)
{
    (void)user;
    (void)why;
    sb_printf(out, "{\"keys\":[%s]}", forge_jwk(keyring, ec, "k", ""));
    return 0;
}

static void start(void)
{
    const struct keys_source source = {.fetch = give_keys};
    struct keys *keys = keys_new();

    log_open(NULL, LOG_OFF);
    keyring = arena_new(1 << 20);
    ec = forge_ec(keyring, "P-256");
    clock_freeze(1760000000000000, 1000000);
    keys_turn(keys, &source);
    verifier = jwt_verifier_new(&policy, keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct jwt_claims c;
    struct arena *a;

    if (!verifier)
        start();
    if (size > LIMIT_TOKEN_BYTES)
        return 0;
    a = arena_new(1 << 20);
    if (size && (data[0] == 'H' || data[0] == 'P')) {
        const struct slice rest = {text.p + 1, size - 1};
        const char *input =
            data[0] == 'H'
                ? forge_input(a, rest, SLICE("{}"))
                : forge_input(a, SLICE("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}"), rest);

        text = slice_cstr(forge_join(a, input, forge_sign(a, ec, "SHA256", input)));
    }
    /* whatever is accepted must hold together */
    if (jwt_verify(verifier, text, clock_mono_ms(), &c) == JWT_ACCEPTED) {
        if (!c.ntenants || c.ntenants > JWT_TENANTS_MAX || !*c.subject ||
            c.expires_s + 30 <= 1760000000)
            abort();
        for (uint32_t i = 0; i < c.ntenants; i++)
            if (!jwt_is_slug(slice_cstr(c.tenants[i])))
                abort();
    }
    arena_free(a);
    return 0;
}
