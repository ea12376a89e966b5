/* SPDX-License-Identifier: MIT */
#include "core/llm/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/log.h"

enum { PART_BYTES = 2000 };

static const char *const dialects[] = {
    [LLM_OPENAI] = "openai", [LLM_COMPATIBLE] = "compatible", [LLM_AZURE] = "azure"};

int llm_dialect_read(const char *word)
{
    for (int i = 0; i < (int)(sizeof dialects / sizeof *dialects); i++) {
        if (strcmp(dialects[i], word) == 0)
            return i;
    }
    return -1;
}

static struct slice without_slashes(const char *url)
{
    struct slice s = slice_cstr(url);

    while (s.n > 0 && s.p[s.n - 1] == '/')
        s.n--;
    return s;
}

uint64_t llm_endpoint_id(const char *base_url, const struct secret *key)
{
    const struct slice base = without_slashes(base_url);
    const struct slice k = secret_get(key);
    uint8_t digest[SHA256_BYTES];
    struct hash_stream h;
    uint64_t id;

    hash_begin(&h);
    hash_update(&h, base.p, base.n);
    hash_update(&h, "\0", 1);
    hash_update(&h, k.p, k.n);
    hash_end(&h, digest);
    memcpy(&id, digest, sizeof id);
    explicit_bzero(digest, sizeof digest);
    return id ? id : 1;
}

/* Names of deployments, models and versions that may stand in a path. */
static bool is_name(const char *s)
{
    const size_t n = s ? strlen(s) : 0;

    return n > 0 && n <= PART_BYTES && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:") == n;
}

const char *llm_endpoint_url(const struct llm_endpoint *ep, enum llm_kind kind, const char *model,
                             struct arena *a)
{
    const struct slice base = without_slashes(ep->base_url ? ep->base_url : "");
    const char *what = kind == LLM_CHAT ? "chat/completions" : "embeddings";
    const char *deployment = ep->deployment && ep->deployment[0] ? ep->deployment : model;

    if (base.n > PART_BYTES || memchr(base.p, '?', base.n) || memchr(base.p, '#', base.n) ||
        !(slice_starts(base, SLICE("https://")) || slice_starts(base, SLICE("http://"))))
        return NULL;
    if (ep->dialect != LLM_AZURE)
        return arena_printf(a, "%.*s/%s", (int)base.n, base.p, what);
    if (!is_name(deployment) || !is_name(ep->api_version))
        return NULL;
    return arena_printf(a, "%.*s/openai/deployments/%s/%s?api-version=%s", (int)base.n, base.p,
                        deployment, what, ep->api_version);
}

bool llm_endpoint_header(const struct llm_endpoint *ep, struct net_header *out)
{
    static const char bearer[] = "Bearer ";
    const struct slice key = secret_get(ep->key);
    const size_t before = ep->dialect == LLM_AZURE ? 0 : sizeof bearer - 1;
    char *value;

    if (key.n == 0)
        return false;
    value = malloc(before + key.n + 1);
    if (!value) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("header")});
        _Exit(70);
    }
    memcpy(value, bearer, before);
    memcpy(value + before, key.p, key.n + 1);
    *out = (struct net_header){
        .name = before ? "Authorization" : "api-key", .value = value, .secret = true};
    return true;
}

void llm_endpoint_header_done(struct net_header *h)
{
    char *value = (char *)(uintptr_t)h->value;

    if (!value)
        return;
    explicit_bzero(value, strlen(value));
    free(value);
    *h = (struct net_header){0};
}
