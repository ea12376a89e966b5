/* SPDX-License-Identifier: MIT */
/*
 * err: the one error channel.
 *
 * A fallible function returns 0 or -1; -1 means the error of its context is set, and nothing else does.
 * Codes are few and mean what the *caller* can do; `reason` is the stable snake_case word that clients
 * and the frontend's translations key on; `message` is English for people who read logs and raw answers.
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum err_code {
    ERR_NONE = 0,
    ERR_INVALID,               /* 400: the request is wrong; sending it again changes nothing */
    ERR_UNAUTHENTICATED,       /* 401: who are you */
    ERR_FORBIDDEN,             /* 403: known, but not allowed */
    ERR_NOT_FOUND,             /* 404: nothing there that this caller may see */
    ERR_METHOD,                /* 405: the path exists, not with this method */
    ERR_CONFLICT,              /* 409: the state moved on; read again */
    ERR_PRECONDITION,          /* 412: not the version that the caller knows; read again */
    ERR_PRECONDITION_REQUIRED, /* 428: say which version is meant */
    ERR_TOO_LARGE,             /* 413: a named limit was passed */
    ERR_MEDIA_TYPE,            /* 415: a body of a type that is not read here */
    ERR_RATE_LIMITED,          /* 429: later, see retry_after_ms */
    ERR_TIMEOUT,               /* 408 or 504: a deadline passed */
    ERR_UPSTREAM,              /* 502: somebody else's service failed */
    ERR_UNAVAILABLE,           /* 503: ours is down or full; try again */
    ERR_INTERNAL,              /* 500: our mistake */
    ERR_CODE_COUNT
};

struct err {
    enum err_code code;
    char reason[48];    /* stable, e.g. "field_unknown"; never empty when code is set */
    char field[96];     /* what the client sent wrong: a parameter, a JSON path; "" when none */
    char message[256];  /* safe for the client: no SQL, no paths, no internals */
    char internal[768]; /* for the log line only */
    char params[512];   /* JSON object text for the translation ("" when none) */
    int64_t retry_after_ms;
};

/* Sets the error and returns -1. Asserts that none is pending: set once, where it is known best. */
int err_set(struct err *e, enum err_code code, const char *reason, const char *field,
            const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Adds what only the log may say; appends when something is there. Returns -1. */
int err_detail(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* JSON object text, e.g. {"max":200}; bounded, dropped whole if it does not fit. Returns -1. */
int err_params(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);

static inline bool err_is(const struct err *e)
{
    return e->code != ERR_NONE;
}

const char *err_code_name(enum err_code code); /* "invalid", "not_found", ... */
int err_http_status(enum err_code code);

#endif
