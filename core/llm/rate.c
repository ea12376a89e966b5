/* SPDX-License-Identifier: MIT */
#include "core/llm/rate.h"

enum {
    DAY_MS = 24 * 3600 * 1000,
    WAIT_DEFAULT_MS = 2000, /* a provider that says nothing; who shares the endpoint doubles it */
    WAIT_MOST_MS = 3600 * 1000,
};

const char *const llm_rate_headers[] = {
    "retry-after",
    "retry-after-ms", /* Azure */
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
    "x-request-id",
    "apim-request-id", /* Azure */
};
const size_t llm_rate_nheaders = sizeof llm_rate_headers / sizeof *llm_rate_headers;

/* Millionths of the decimal number that *s begins with; it moves behind it. False: none, or too large. */
static bool cut_number(struct slice *s, int64_t *out)
{
    static const int64_t MILLION = 1000000;
    int64_t whole = 0;
    int64_t part = 0;
    int64_t unit = MILLION;
    size_t i = 0;

    for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
        whole = whole * 10 + (s->p[i] - '0');
        if (whole > DAY_MS)
            return false;
    }
    if (i == 0)
        return false;
    if (i < s->n && s->p[i] == '.') {
        for (i++; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
            unit /= 10;
            part += (s->p[i] - '0') * unit;
        }
    }
    *s = (struct slice){s->p + i, s->n - i};
    *out = whole * MILLION + part;
    return true;
}

/* Nanoseconds of the unit that *s begins with; 0: none. */
static int64_t cut_unit(struct slice *s)
{
    static const struct {
        struct slice name;
        int64_t ns;
    } units[] = {
        /* longer names first: m is the beginning of ms */
        {SLICE("ns"), 1},
        {SLICE("us"), 1000},
        {SLICE("\xc2\xb5s"), 1000},
        {SLICE("ms"), 1000000},
        {SLICE("s"), 1000000000},
        {SLICE("m"), 60000000000},
        {SLICE("h"), 3600000000000},
    };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_starts(*s, units[i].name)) {
            *s = (struct slice){s->p + units[i].name.n, s->n - units[i].name.n};
            return units[i].ns;
        }
    }
    return 0;
}

bool llm_duration_read(struct slice text, int64_t *out_ms)
{
    static const double ns_a_ms = 1e6;
    double sum_ns = 0;
    int64_t ms;

    if (text.n == 0)
        return false;
    while (text.n > 0) {
        int64_t millionths;
        int64_t unit;

        if (!cut_number(&text, &millionths))
            return false;
        unit = cut_unit(&text);
        if (unit == 0)
            return false;
        sum_ns += (double)millionths / 1e6 * (double)unit;
    }
    if (sum_ns > DAY_MS * ns_a_ms)
        return false;
    ms = (int64_t)(sum_ns / ns_a_ms);
    *out_ms = (double)ms * ns_a_ms < sum_ns ? ms + 1 : ms;
    return true;
}

static int64_t count_of(const struct net_response *rs, const char *name)
{
    const char *text = net_response_header(rs, name);
    int64_t v;

    return text && slice_to_i64(slice_cstr(text), &v) && v >= 0 && v <= INT32_MAX ? v : -1;
}

static int64_t duration_of(const struct net_response *rs, const char *name)
{
    const char *text = net_response_header(rs, name);
    int64_t ms;

    return text && llm_duration_read(slice_cstr(text), &ms) ? ms : -1;
}

/* Whole seconds and dates are read by the HTTP client; some say halves of a second. */
static int64_t retry_after_of(const struct net_response *rs)
{
    const char *text = net_response_header(rs, "retry-after");
    const int64_t ms = count_of(rs, "retry-after-ms");
    struct slice rest = slice_cstr(text);
    int64_t millionths;

    if (ms >= 0)
        return ms;
    if (text && cut_number(&rest, &millionths) && rest.n == 0)
        return (millionths + 999) / 1000;
    return text && rs->retry_after_ms > 0 ? rs->retry_after_ms : -1;
}

void llm_rate_read(const struct net_response *rs, struct llm_rate *out)
{
    *out = (struct llm_rate){
        .limit_requests = count_of(rs, "x-ratelimit-limit-requests"),
        .remaining_requests = count_of(rs, "x-ratelimit-remaining-requests"),
        .reset_requests_ms = duration_of(rs, "x-ratelimit-reset-requests"),
        .limit_tokens = count_of(rs, "x-ratelimit-limit-tokens"),
        .remaining_tokens = count_of(rs, "x-ratelimit-remaining-tokens"),
        .reset_tokens_ms = duration_of(rs, "x-ratelimit-reset-tokens"),
        .retry_after_ms = retry_after_of(rs),
    };
}

int64_t llm_rate_wait_ms(const struct llm_rate *r)
{
    int64_t wait = r->retry_after_ms;

    if (wait < 0 && r->remaining_requests == 0)
        wait = r->reset_requests_ms;
    if (r->retry_after_ms < 0 && r->remaining_tokens == 0 && r->reset_tokens_ms > wait)
        wait = r->reset_tokens_ms;
    /* neither is said to be used up: a call larger than what is left. The longer reset is enough for it */
    if (wait < 0)
        wait =
            r->reset_requests_ms > r->reset_tokens_ms ? r->reset_requests_ms : r->reset_tokens_ms;
    if (wait < 0)
        wait = WAIT_DEFAULT_MS;
    return wait < 1 ? 1 : wait > WAIT_MOST_MS ? WAIT_MOST_MS : wait;
}
