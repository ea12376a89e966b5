/* SPDX-License-Identifier: MIT */
#include "core/llm/fault.h"

#include <string.h>

#include "core/base/json.h"

const struct llm_fault_row llm_faults[LLM_FAULT_COUNT] = {
    [LLM_OK] = {"", ERR_NONE, LLM_NEXT_NONE, LLM_HEALTH_GOOD, ""},
    [LLM_BUSY] = {"llm_busy", ERR_UNAVAILABLE, LLM_NEXT_RETRY, LLM_HEALTH_NONE,
                  "too many calls to the language model at once"},
    [LLM_REQUEST_INVALID] = {"llm_request_invalid", ERR_INVALID, LLM_NEXT_CHANGE, LLM_HEALTH_NONE,
                             "this cannot be asked of the language model"},
    [LLM_ADDRESS_REFUSED] = {"llm_address_refused", ERR_FORBIDDEN, LLM_NEXT_OPERATOR,
                             LLM_HEALTH_DEAD,
                             "the language model's address is not reachable from here"},
    [LLM_UNREACHABLE] = {"llm_unreachable", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_FAILED,
                         "the language model cannot be reached"},
    [LLM_TLS] = {"llm_tls", ERR_UPSTREAM, LLM_NEXT_OPERATOR, LLM_HEALTH_FAILED,
                 "the language model's certificate was not accepted"},
    [LLM_TIMEOUT] = {"llm_timeout", ERR_TIMEOUT, LLM_NEXT_RETRY, LLM_HEALTH_FAILED,
                     "the language model took too long"},
    [LLM_CUT_OFF] = {"llm_cut_off", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_FAILED,
                     "the language model broke off its answer"},
    [LLM_RATE_LIMITED] = {"llm_rate_limited", ERR_RATE_LIMITED, LLM_NEXT_RETRY, LLM_HEALTH_LIMITED,
                          "the language model wants us to wait"},
    [LLM_QUOTA] = {"llm_quota_used_up", ERR_UNAVAILABLE, LLM_NEXT_OPERATOR, LLM_HEALTH_DEAD,
                   "the language model's account is used up"},
    [LLM_KEY_INVALID] = {"llm_key_invalid", ERR_UPSTREAM, LLM_NEXT_OPERATOR, LLM_HEALTH_DEAD,
                         "the language model does not accept the key"},
    [LLM_MODEL_UNKNOWN] = {"llm_model_unknown", ERR_UPSTREAM, LLM_NEXT_OPERATOR, LLM_HEALTH_GOOD,
                           "the language model's name is unknown there"},
    [LLM_ENDPOINT_WRONG] = {"llm_endpoint_wrong", ERR_UPSTREAM, LLM_NEXT_OPERATOR,
                            LLM_HEALTH_FAILED, "there is no language model at that address"},
    [LLM_CONTEXT_TOO_LONG] = {"llm_context_too_long", ERR_TOO_LARGE, LLM_NEXT_CHANGE,
                              LLM_HEALTH_GOOD, "the text is too long for the language model"},
    [LLM_CONTENT_FILTERED] = {"llm_content_filtered", ERR_UPSTREAM, LLM_NEXT_CHANGE,
                              LLM_HEALTH_GOOD, "the provider's filter stopped the call"},
    [LLM_REQUEST_REFUSED] = {"llm_request_refused", ERR_UPSTREAM, LLM_NEXT_CHANGE, LLM_HEALTH_GOOD,
                             "the language model does not take this request"},
    [LLM_SERVER_ERROR] = {"llm_server_error", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_FAILED,
                          "the language model failed"},
    [LLM_ANSWER_MALFORMED] = {"llm_answer_malformed", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_GOOD,
                              "the language model's answer cannot be read"},
    [LLM_ANSWER_TRUNCATED] = {"llm_answer_truncated", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_GOOD,
                              "the language model's answer ends in the middle"},
    [LLM_ANSWER_EMPTY] = {"llm_answer_empty", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_GOOD,
                          "the language model answered nothing"},
    [LLM_ANSWER_TOO_LARGE] = {"llm_answer_too_large", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_GOOD,
                              "the language model's answer is too large"},
    [LLM_REFUSED] = {"llm_refused", ERR_UPSTREAM, LLM_NEXT_CHANGE, LLM_HEALTH_GOOD,
                     "the language model refused"},
    [LLM_LENGTH_CUT] = {"llm_length_cut", ERR_UPSTREAM, LLM_NEXT_CHANGE, LLM_HEALTH_GOOD,
                        "the language model's answer did not fit"},
    [LLM_VECTORS_WRONG] = {"llm_vectors_wrong", ERR_UPSTREAM, LLM_NEXT_RETRY, LLM_HEALTH_GOOD,
                           "the language model's vectors are not those that were asked for"},
};

enum llm_fault llm_fault_of_net(const struct err *e)
{
    static const struct {
        const char *reason;
        enum llm_fault fault;
    } known[] = {
        {"upstream_timeout", LLM_TIMEOUT},        {"upstream_unreachable", LLM_UNREACHABLE},
        {"upstream_unresolved", LLM_UNREACHABLE}, {"upstream_tls", LLM_TLS},
        {"upstream_cut_off", LLM_CUT_OFF},        {"upstream_too_large", LLM_ANSWER_TOO_LARGE},
        {"address_refused", LLM_ADDRESS_REFUSED}, {"http_client_full", LLM_BUSY},
        {"upstream_failed", LLM_CUT_OFF},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(e->reason, known[i].reason) == 0)
            return known[i].fault;
    }
    return e->code == ERR_INVALID ? LLM_REQUEST_INVALID : LLM_UNREACHABLE;
}

/* ---- answers that say no ---- */

static void take_word(const json_t *error, const char *key, char out[64])
{
    const char *s = json_str(error, key);
    const size_t n = s ? strlen(s) : 0;

    if (n > 0 && n < 64 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.") == n)
        memcpy(out, s, n + 1);
}

/* {"error": {...}}, vLLM's older {"object": "error", ...}, Ollama's {"error": "text"}; NULL: none of them. */
static const json_t *error_object(const json_t *root)
{
    const json_t *error = json_object_get(root, "error");

    if (json_is_object(error))
        return error;
    return json_is_string(error) || json_is_string(json_object_get(root, "message")) ? root : NULL;
}

static bool is_any(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(word, *list) == 0)
            return true;
    }
    return false;
}

static bool says_context(const json_t *error, const struct llm_words *w)
{
    static const char *const words[] = {"context_length_exceeded", "exceed_context_size_error",
                                        "string_above_max_length", NULL};
    /* servers whose code is only a number: vLLM and its like */
    static const char *const phrases[] = {"maximum context length", "context length",
                                          "context size", NULL};
    const char *text = json_str(error, "message");

    if (is_any(w->code, words) || is_any(w->type, words))
        return true;
    for (size_t i = 0; text && phrases[i]; i++) {
        if (strstr(text, phrases[i]))
            return true;
    }
    return false;
}

static enum llm_fault fault_of_400(const json_t *error, const struct llm_words *w)
{
    static const char *const filtered[] = {"content_filter", "content_policy_violation",
                                           "ResponsibleAIPolicyViolation", NULL};
    static const char *const model[] = {"model_not_found", "DeploymentNotFound", NULL};

    if (is_any(w->code, filtered))
        return LLM_CONTENT_FILTERED;
    if (is_any(w->code, model))
        return LLM_MODEL_UNKNOWN;
    return says_context(error, w) ? LLM_CONTEXT_TOO_LONG : LLM_REQUEST_REFUSED;
}

static enum llm_fault fault_of_429(const struct llm_words *w)
{
    static const char *const quota[] = {"insufficient_quota", "billing_hard_limit_reached",
                                        "credit_balance_exhausted", "billing_not_active", NULL};

    return is_any(w->code, quota) || is_any(w->type, quota) ? LLM_QUOTA : LLM_RATE_LIMITED;
}

static enum llm_fault classify(int status, const json_t *error, const struct llm_words *w)
{
    switch (status) {
    case 401:
    case 403: return LLM_KEY_INVALID;
    case 402: return LLM_QUOTA;
    case 404: return error ? LLM_MODEL_UNKNOWN : LLM_ENDPOINT_WRONG;
    case 408: return LLM_TIMEOUT;
    case 409: return LLM_SERVER_ERROR; /* OpenAI's: a resource was updated meanwhile, ask again */
    case 413: return LLM_CONTEXT_TOO_LONG;
    case 429: return fault_of_429(w);
    case 400:
    case 422: return fault_of_400(error, w);
    default: break;
    }
    if (status >= 500) /* llama.cpp says so with a 500 */
        return says_context(error, w) ? LLM_CONTEXT_TOO_LONG : LLM_SERVER_ERROR;
    return status == 405 || status < 400 ? LLM_ENDPOINT_WRONG : LLM_REQUEST_REFUSED;
}

enum llm_fault llm_fault_of_status(int status, struct slice body, struct llm_words *out)
{
    SCOPED(json_drop) json_t *root = NULL;
    const json_t *error = NULL;

    *out = (struct llm_words){0};
    if (json_read(body, &root) == JSON_OK)
        error = error_object(root);
    take_word(error, "code", out->code);
    take_word(error, "type", out->type);
    take_word(error, "param", out->param);
    return classify(status, error, out);
}

enum llm_paid llm_fault_paid(enum llm_dialect dialect, const struct net_trace *trace)
{
    const int s = trace->status;

    if (!trace->sent)
        return LLM_PAID_NO;
    if (s == 0 || s == 408 || (dialect == LLM_AZURE && s == 400))
        return LLM_PAID_UNKNOWN;
    if (s >= 200 && s < 300)
        return LLM_PAID_YES;
    /* 503 and 529 are said before work begins; other 5xx may come from a gateway behind which it was done */
    return s >= 500 && s != 503 && s != 529 ? LLM_PAID_UNKNOWN : LLM_PAID_NO;
}

int llm_fault_set(struct err *e, enum llm_fault fault)
{
    const struct llm_fault_row *row = &llm_faults[fault];

    return err_set(e, row->code, row->reason, "", "%s", row->message);
}
