/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/insight/asking_internal.h"
#include "core/insight/redact.h"
#include "core/llm/tokens.h"

enum { PLACE_ARENA_BYTES = 64 << 10 };

/* ---- places ---- */

static void vacate(struct asking_place *p)
{
    secret_free(p->key);
    arena_free(p->arena);
    *p = (struct asking_place){0};
}

static struct asking_place *find(struct asking *a, uint64_t id)
{
    struct asking_place *oldest = NULL;

    for (size_t i = 0; i < ASKING_PLACES; i++) {
        struct asking_place *p = &a->places[i];

        if (p->arena && p->endpoint.id == id)
            return p;
        if (!p->out && (!oldest || p->used_ms < oldest->used_ms))
            oldest = p;
    }
    return oldest;
}

static const char *keep(struct arena *a, const char *text)
{
    return text ? arena_strdup(a, text) : NULL;
}

/* Two organisations with one URL and key may name another deployment or version: those are the call's. */
static void occupy(struct asking_place *p, const struct llm_endpoint *ep)
{
    vacate(p);
    p->arena = arena_new(PLACE_ARENA_BYTES);
    p->key = secret_new(secret_get(ep->key));
    p->endpoint = *ep;
    p->endpoint.key = p->key;
    p->endpoint.base_url = keep(p->arena, ep->base_url);
    p->endpoint.deployment = keep(p->arena, ep->deployment);
    p->endpoint.api_version = keep(p->arena, ep->api_version);
}

static bool same(const char *x, const char *y)
{
    return strcmp(x ? x : "", y ? y : "") == 0;
}

struct asking_place *asking_enter(struct asking *a, const struct model_settings *m)
{
    struct asking_place *p = find(a, m->endpoint.id);

    if (!p)
        return NULL;
    if (!p->arena || p->endpoint.id != m->endpoint.id ||
        p->endpoint.dialect != m->endpoint.dialect ||
        !same(p->endpoint.deployment, m->endpoint.deployment) ||
        !same(p->endpoint.api_version, m->endpoint.api_version)) {
        if (p->out)
            return NULL;
        occupy(p, &m->endpoint);
    }
    p->out++;
    p->used_ms = clock_mono_ms();
    return p;
}

void asking_leave(struct asking_place *p)
{
    p->out--;
}

/* ---- questions ---- */

static unsigned redact_bits(const char *json)
{
    return (strstr(json, "\"email\"") ? 1u << REDACT_EMAIL : 0) |
           (strstr(json, "\"phone\"") ? 1u << REDACT_PHONE : 0) |
           (strstr(json, "\"card\"") ? 1u << REDACT_CARD : 0) |
           (strstr(json, "\"national_id\"") ? 1u << REDACT_ID : 0);
}

static struct slice shown_part(struct slice transcript)
{
    size_t n = ASKING_TRANSCRIPT_BYTES;

    if (transcript.n <= n)
        return transcript;
    while (n > 0 && ((unsigned char)transcript.p[n] & 0xc0) == 0x80)
        n--;
    return (struct slice){transcript.p, n};
}

static struct slice user_message(struct asked *q, struct slice transcript)
{
    struct redaction r;

    transcript = shown_part(transcript);
    if (q->redact) {
        redact(q->item->arena, transcript, q->redact, &r);
        transcript = r.text;
    }
    return slice_cstr(prompt_user(q->item->arena, transcript));
}

static void renew(struct asked *q, size_t nmessages)
{
    q->chat.messages = q->messages;
    q->chat.nmessages = nmessages;
    q->tokens = llm_tokens_of_chat(&q->chat);
    q->micros = llm_price_most(&q->price, q->tokens, q->chat.max_output_tokens);
    q->usage = uuid_new();
    q->answered = false;
    q->text = (struct slice){0};
}

struct asked *asking_question(struct asking *a, struct asking_place *p, struct pool_item *item,
                              const struct model_settings *m, struct slice transcript,
                              const struct uuid *body_hash)
{
    struct asked *q = arena_zalloc(item->arena, 1, sizeof *q);

    *q = (struct asked){.asking = a,
                        .item = item,
                        .place = p,
                        .body_hash = *body_hash,
                        .redact = redact_bits(m->redact),
                        .model = arena_strdup(item->arena, m->model),
                        .price = m->price};
    q->messages[0] = (struct llm_message){LLM_SYSTEM, slice_cstr(a->prompt.system)};
    q->messages[1] = (struct llm_message){LLM_USER, user_message(q, transcript)};
    q->chat = (struct llm_chat){.model = q->model,
                                .max_output_tokens = ASKING_OUTPUT_TOKENS,
                                .schema = slice_cstr(a->prompt.schema),
                                .schema_name = "reading",
                                .has_temperature = m->has_temperature,
                                .temperature = m->temperature,
                                .total_ms = a->config->llm_total_ms};
    renew(q, 2);
    return q;
}

struct asked *asking_repair(struct asked *q, struct slice transcript, const struct answer *answer)
{
    struct arena *a = q->item->arena;
    struct asked *again = arena_memdup(a, q, sizeof *q);

    again->messages[1] = (struct llm_message){LLM_USER, user_message(q, transcript)};
    again->messages[2] = (struct llm_message){LLM_ASSISTANT, q->text};
    again->messages[3] =
        (struct llm_message){LLM_USER, slice_cstr(prompt_repair(a, &q->asking->plan, answer))};
    again->round = q->round + 1;
    renew(again, 4);
    q->next = again;
    return again;
}

struct ledger_call asking_call(struct asked *q)
{
    return (struct ledger_call){.id = q->usage,
                                .purpose = q->round ? "repair" : "read",
                                .provider = "openai",
                                .model = q->model,
                                .prompt_version = q->asking->prompt.version,
                                .job = &q->item->job,
                                .micros = q->micros};
}

struct ledger_bill asking_bill(const struct asked *q)
{
    const struct llm_outcome *o = &q->outcome;
    struct ledger_bill b = {.id = q->usage,
                            .outcome = o->fault == LLM_OK ? "ok" : llm_faults[o->fault].reason,
                            .took_ms = o->took_ms};

    if (o->usage.known) {
        b.tokens_in = o->usage.input;
        b.tokens_out = o->usage.output;
        b.tokens_cached = o->usage.cached;
        b.micros = llm_price_of_chat(&q->price, &o->usage);
    } else if (o->paid != LLM_PAID_NO) {
        b.micros = q->micros;
    }
    return b;
}

bool asking_answer(struct asked *q, struct slice transcript, struct answer *out)
{
    struct arena *a = q->item->arena;
    struct prove_source src;
    struct redaction r;

    transcript = shown_part(transcript);
    if (q->redact) {
        redact(a, transcript, q->redact, &r);
        prove_begin_redacted(a, &r, &src);
    } else {
        prove_begin(a, transcript, &src);
    }
    return answer_read(a, &q->asking->plan, &src, q->text, out);
}

/* ---- whether and when ---- */

static void wait_for(struct asked *q, const char *reason, int64_t ms)
{
    q->item->outcome = POOL_LATER;
    q->item->delay_ms = ms > 1000 ? ms : 1000;
    err_clear(&q->item->err);
    err_set(&q->item->err, ERR_UNAVAILABLE, reason, NULL, "the model cannot be asked at present");
}

bool asking_gate(struct asked *q)
{
    int64_t wait_ms = 0;
    enum llm_gate gate;

    if (!q->asking->shared)
        return true;
    gate = llm_shared_ask(q->asking->shared, q->place->endpoint.id,
                          q->tokens + q->chat.max_output_tokens, &wait_ms);
    if (gate == LLM_GATE_OPEN)
        return true;
    wait_for(q, gate == LLM_GATE_BREAKER || gate == LLM_GATE_PROBE ? "model_down" : "model_busy",
             wait_ms);
    return false;
}

void asking_give_back(struct asked *q)
{
    if (q->asking->shared)
        llm_shared_give_back(q->asking->shared, q->place->endpoint.id,
                             q->tokens + q->chat.max_output_tokens);
}

/* Whether the breaker is open by now: then it was not this call's own fault. */
static bool is_down(const struct asked *q, int64_t *wait_ms)
{
    struct llm_shared *shared = q->asking->shared;
    struct llm_shared_view v;

    for (size_t i = 0; shared && i < llm_shared_places(shared); i++) {
        if (llm_shared_read(shared, i, &v) && v.id == q->place->endpoint.id) {
            *wait_ms = v.wait_ms;
            return v.gate == LLM_GATE_BREAKER || v.gate == LLM_GATE_PROBE;
        }
    }
    return false;
}

bool asking_failed(struct asked *q)
{
    const struct llm_fault_row *row = &llm_faults[q->outcome.fault];
    int64_t wait_ms = 0;

    if (row->next == LLM_NEXT_OPERATOR) {
        wait_for(q, row->reason, ASKING_TROUBLE_MS);
        return true;
    }
    if (q->outcome.fault == LLM_RATE_LIMITED || q->outcome.fault == LLM_BUSY) {
        wait_for(q, row->reason, llm_rate_wait_ms(&q->outcome.rate));
    } else if (row->next == LLM_NEXT_RETRY && is_down(q, &wait_ms)) {
        wait_for(q, "model_down", wait_ms);
    } else {
        q->item->outcome = POOL_FAILED;
        err_clear(&q->item->err);
        llm_fault_set(&q->item->err, q->outcome.fault);
        if (row->next == LLM_NEXT_CHANGE)
            q->item->err.code = ERR_INVALID; /* for good: the same question ends the same way */
    }
    return false;
}
