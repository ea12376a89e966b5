/* SPDX-License-Identifier: MIT */
/*
 * fault: everything that can become of a call to a language model, and what follows from it. One row each.
 */
#ifndef CORE_LLM_FAULT_H
#define CORE_LLM_FAULT_H

#include "core/base/err.h"
#include "core/base/slice.h"
#include "core/llm/endpoint.h"
#include "core/net/http_client.h"

enum llm_fault {
    LLM_OK = 0,
    LLM_BUSY,             /* too many calls in flight here */
    LLM_REQUEST_INVALID,  /* never sent: the endpoint, the request or its size is impossible */
    LLM_ADDRESS_REFUSED,  /* the endpoint has a private address that the operator did not allow */
    LLM_UNREACHABLE,      /* name unknown, nobody listens */
    LLM_TLS,              /* its certificate was not accepted */
    LLM_TIMEOUT,          /* ours, or the other side's 408 */
    LLM_CUT_OFF,          /* the connection ended before the answer did */
    LLM_RATE_LIMITED,     /* 429; retry_after_ms is set */
    LLM_QUOTA,            /* the account has no money left */
    LLM_KEY_INVALID,      /* 401, 403 */
    LLM_MODEL_UNKNOWN,    /* 404 that names the model or deployment */
    LLM_ENDPOINT_WRONG,   /* there is no such API: another 404, 405, a redirect */
    LLM_CONTEXT_TOO_LONG, /* more tokens than the model takes */
    LLM_CONTENT_FILTERED, /* by the provider, what was sent or what came */
    LLM_REQUEST_REFUSED,  /* another 4xx: a parameter or schema that the model does not take */
    LLM_SERVER_ERROR,     /* 5xx */
    LLM_ANSWER_MALFORMED, /* not JSON, or not of the shape of an answer */
    LLM_ANSWER_TRUNCATED, /* JSON that ends in the middle */
    LLM_ANSWER_EMPTY,     /* no choices, or no text and no refusal */
    LLM_ANSWER_TOO_LARGE, /* beyond the bound */
    LLM_REFUSED,          /* the model would not */
    LLM_LENGTH_CUT,       /* it used up max_output_tokens */
    LLM_VECTORS_WRONG,    /* number, order, dimension or a value that is not finite */
    LLM_FAULT_COUNT
};

/* What may help. */
enum llm_next {
    LLM_NEXT_NONE,   /* nothing is wrong */
    LLM_NEXT_RETRY,  /* the same call, later */
    LLM_NEXT_CHANGE, /* another request: the same one would end the same way */
    LLM_NEXT_OPERATOR, /* no call works until somebody changes a setting, pays, or names the right model */
};

/* What it says of the endpoint, for the circuit breaker. */
enum llm_health {
    LLM_HEALTH_NONE,    /* nothing: it was not asked */
    LLM_HEALTH_GOOD,    /* it works, whatever it said */
    LLM_HEALTH_LIMITED, /* it works and wants us to wait */
    LLM_HEALTH_FAILED,  /* it could not be reached, or failed */
    LLM_HEALTH_DEAD,    /* it will refuse every call for now */
};

/* Whether the call was possibly paid for. */
enum llm_paid { LLM_PAID_NO, LLM_PAID_YES, LLM_PAID_UNKNOWN };

struct llm_fault_row {
    const char *reason; /* of struct err; its text is in the catalogue */
    enum err_code code;
    enum llm_next next;
    enum llm_health health;
    const char *message; /* English, for logs and raw answers */
};

extern const struct llm_fault_row llm_faults[LLM_FAULT_COUNT];

/* Of a request that failed in core/net. */
enum llm_fault llm_fault_of_net(const struct err *e);

/* The words of an error answer that may be logged: short words of a harmless alphabet; "" otherwise. Its message may
 * quote the prompt or the key, so nobody gets it. */
struct llm_words {
    char code[64];
    char type[64];
    char param[64];
};

/* Of an answer whose status is not 2xx. OpenAI's, Azure's, vLLM's, Ollama's and llama.cpp's forms are known. */
enum llm_fault llm_fault_of_status(int status, struct slice body, struct llm_words *out);

/* By what came: nothing sent is not paid, 2xx is, refusals are not. Unknown: the request left and no answer began; a
 * 5xx of something between; a 400 of Azure, which bills what it looked at before it said so. */
enum llm_paid llm_fault_paid(enum llm_dialect dialect, const struct net_trace *trace);

/* Sets *e from the row; returns -1. */
int llm_fault_set(struct err *e, enum llm_fault fault);

#endif
