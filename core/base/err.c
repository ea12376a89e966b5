/* SPDX-License-Identifier: MIT */
#include "core/base/err.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
} codes[ERR_CODE_COUNT] = {
    [ERR_NONE] = {"none", 200},
    [ERR_INVALID] = {"invalid", 400},
    [ERR_UNAUTHENTICATED] = {"unauthenticated", 401},
    [ERR_FORBIDDEN] = {"forbidden", 403},
    [ERR_NOT_FOUND] = {"not_found", 404},
    [ERR_METHOD] = {"method_not_allowed", 405},
    [ERR_CONFLICT] = {"conflict", 409},
    [ERR_PRECONDITION] = {"precondition_failed", 412},
    [ERR_PRECONDITION_REQUIRED] = {"precondition_required", 428},
    [ERR_TOO_LARGE] = {"too_large", 413},
    [ERR_MEDIA_TYPE] = {"media_type", 415},
    [ERR_RATE_LIMITED] = {"rate_limited", 429},
    [ERR_TIMEOUT] = {"timeout", 504},
    [ERR_UPSTREAM] = {"upstream", 502},
    [ERR_UNAVAILABLE] = {"unavailable", 503},
    [ERR_INTERNAL] = {"internal", 500},
};

int err_set(struct err *e, enum err_code code, const char *reason, const char *field,
            const char *fmt, ...)
{
    va_list ap;

    assert(e->code == ERR_NONE);
    *e = (struct err){.code = code};
    snprintf(e->reason, sizeof e->reason, "%s", reason ? reason : codes[code].name);
    snprintf(e->field, sizeof e->field, "%s", field ? field : "");
    va_start(ap, fmt);
    vsnprintf(e->message, sizeof e->message, fmt, ap);
    va_end(ap);
    return -1;
}

int err_detail(struct err *e, const char *fmt, ...)
{
    const size_t used = strlen(e->internal);
    const char *sep = used ? "; " : "";
    va_list ap;
    int n = snprintf(e->internal + used, sizeof e->internal - used, "%s", sep);

    if (n < 0 || used + (size_t)n >= sizeof e->internal)
        return -1;
    va_start(ap, fmt);
    vsnprintf(e->internal + used + n, sizeof e->internal - used - (size_t)n, fmt, ap);
    va_end(ap);
    return -1;
}

int err_params(struct err *e, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(e->params, sizeof e->params, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof e->params)
        e->params[0] = '\0'; /* half a JSON object helps nobody */
    return -1;
}

void err_clear(struct err *e)
{
    *e = (struct err){0};
}

const char *err_code_name(enum err_code code)
{
    return code < ERR_CODE_COUNT ? codes[code].name : "unknown";
}

int err_http_status(enum err_code code)
{
    return code < ERR_CODE_COUNT ? codes[code].status : 500;
}
