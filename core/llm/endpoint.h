/* SPDX-License-Identifier: MIT */
/*
 * endpoint: where a language model is, in which dialect it is spoken to, and with which key.
 *
 * Plain data that the caller owns and that outlives every call made with it. The key is borrowed, too; it goes into one
 * request header and nowhere else.
 */
#ifndef CORE_LLM_ENDPOINT_H
#define CORE_LLM_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/secret.h"
#include "core/net/http_client.h"

enum llm_dialect {
    LLM_OPENAI,     /* BASE/chat/completions, Authorization: Bearer, max_completion_tokens */
    LLM_COMPATIBLE, /* the same with the older max_tokens: vLLM, Ollama, llama.cpp and others */
    LLM_AZURE,      /* BASE/openai/deployments/DEPLOYMENT/...?api-version=, header api-key */
};

enum llm_kind { LLM_CHAT, LLM_EMBEDDING };

struct llm_endpoint {
    enum llm_dialect dialect;
    const char *base_url;     /* http(s)://host[:port][/path]; slashes at its end do not count */
    const struct secret *key; /* NULL or empty: no header is sent */
    const char *deployment;   /* Azure: "" or NULL: the call's model */
    const char *api_version;  /* Azure */
    uint64_t id;              /* llm_endpoint_id(); what workers share about it goes by this */
};

/* Of base URL and key, the same in every process and after a restart; never 0. Does not tell the key. */
uint64_t llm_endpoint_id(const char *base_url, const struct secret *key);

/* -1: not one of openai, compatible, azure. */
int llm_dialect_read(const char *word);

/* In the arena. NULL: the base URL is not http(s), deployment, model or version holds what does not belong in a URL, or
 * a part is longer than 2,000 bytes. */
const char *llm_endpoint_url(const struct llm_endpoint *ep, enum llm_kind kind, const char *model,
                             struct arena *a);

/* The header with the key. False: none is to be sent. out->value is of malloc, to be wiped and freed by the caller:
 * llm_endpoint_header_done(). */
bool llm_endpoint_header(const struct llm_endpoint *ep, struct net_header *out);
void llm_endpoint_header_done(struct net_header *h);

#endif
