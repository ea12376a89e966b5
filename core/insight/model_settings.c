/* SPDX-License-Identifier: MIT */
#include "core/insight/model_settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/unicode.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/insight/ledger.h"

/* Columns of MODEL_SETTINGS_GET. */
enum column {
    PROVIDER,
    DIALECT,
    BASE_URL,
    DEPLOYMENT,
    API_VERSION,
    MODEL,
    EMBEDDING_MODEL,
    TEXTS, /* so many texts */
    TEMPERATURE = TEXTS,
    KEY_SEALED,
    KEY_HINT,
    PRICE_INPUT,
    PRICE_CACHED,
    PRICE_OUTPUT,
    PRICE_EMBEDDING,
    CAP,
    REDACT,
    VERSION,
    UPDATED_AT,
};

enum {
    PRICES = 4,
    HINT_CHARS = 4,
    KEY_LEAST = 8, /* of a key, or its hint would tell half of it */
    SEALED_BYTES = 8000,
    REDACTIONS = 4,
};

static const struct {
    const char *name;
    size_t most;
    const char *words; /* those that it may be; NULL: any */
} texts[TEXTS] = {
    [PROVIDER] = {"provider", 16, " rules openai "},
    [DIALECT] = {"dialect", 16, " openai compatible azure "},
    [BASE_URL] = {"base_url", 500, NULL},
    [DEPLOYMENT] = {"deployment", 128, NULL},
    [API_VERSION] = {"api_version", 64, NULL},
    [MODEL] = {"model", 128, NULL},
    [EMBEDDING_MODEL] = {"embedding_model", 128, NULL},
};
static const char *const price_names[PRICES] = {"input", "cached", "output", "embedding"};
static const char *const redactions[REDACTIONS] = {"email", "phone", "card", "national_id"};

/* What a sealed key is bound to. */
static struct slice associated(struct ctx *cx)
{
    char id[UUID_TEXT_BYTES];

    uuid_text(&cx->who.tenant, id);
    return slice_cstr(arena_printf(cx->arena, "model_settings.key %s", id));
}

/* NULL: the installation has none. */
static struct secret *sealing_key(struct ctx *cx)
{
    return cx->config->secret_key ? secret_key_read(cx->config->secret_key) : NULL;
}

/* ---- loading ---- */

static struct secret *open_key(struct ctx *cx, const PGresult *r, bool own_url)
{
    const char *installed = cx->config->llm_api_key;
    struct secret *sealing;
    struct secret *key;

    if (!r || PQgetisnull(r, 0, KEY_SEALED))
        return own_url ? secret_new(SLICE("")) : secret_new(slice_cstr(installed ? installed : ""));
    sealing = sealing_key(cx);
    key = sealing ? secret_open(sealing, pg_slice(r, 0, KEY_SEALED), associated(cx)) : NULL;
    secret_free(sealing);
    return key;
}

/* What the organisation said, else what the configuration says. */
static const char *said(struct ctx *cx, const PGresult *r, enum column c, const char *otherwise)
{
    return r && !PQgetisnull(r, 0, c) ? pg_dup(cx->arena, r, 0, c) : otherwise;
}

static int64_t said_number(const PGresult *r, enum column c, int64_t otherwise)
{
    return r ? pg_i64(r, 0, c, otherwise) : otherwise;
}

static int fill(struct ctx *cx, const PGresult *r, struct model_settings *m)
{
    const struct config *c = cx->config;
    const bool own_url = r && !PQgetisnull(r, 0, BASE_URL);
    const char *provider = said(cx, r, PROVIDER, c->llm_provider);
    const int dialect = llm_dialect_read(said(cx, r, DIALECT, own_url ? "openai" : c->llm_dialect));

    m->by_model = strcmp(provider, "openai") == 0;
    m->key = open_key(cx, r, own_url);
    if (!m->key)
        return ctx_fail(cx, ERR_INTERNAL, "key_unreadable", NULL,
                        "the stored key cannot be opened: enter it again");
    m->endpoint = (struct llm_endpoint){
        .dialect = dialect < 0 ? LLM_OPENAI : (enum llm_dialect)dialect,
        .base_url = said(cx, r, BASE_URL, c->llm_base_url),
        .key = m->key,
        .deployment = said(cx, r, DEPLOYMENT, NULL),
        .api_version = said(cx, r, API_VERSION, c->llm_azure_api_version),
    };
    m->endpoint.id = llm_endpoint_id(m->endpoint.base_url, m->key);
    m->model = said(cx, r, MODEL, c->llm_model);
    m->embedding_model = said(cx, r, EMBEDDING_MODEL, c->llm_embedding_model);
    m->has_temperature = r && !PQgetisnull(r, 0, TEMPERATURE);
    m->temperature = m->has_temperature ? strtod(pg_text(r, 0, TEMPERATURE), NULL) : 0;
    m->price = (struct llm_price){
        .input = said_number(r, PRICE_INPUT, c->llm_price_input),
        .cached = said_number(r, PRICE_CACHED, c->llm_price_cached),
        .output = said_number(r, PRICE_OUTPUT, c->llm_price_output),
        .embedding = said_number(r, PRICE_EMBEDDING, c->llm_price_embedding),
    };
    m->cap_micros = said_number(r, CAP, LEDGER_NO_CAP);
    m->redact = said(cx, r, REDACT, "[]");
    return 0;
}

static PGresult *get(struct ctx *cx)
{
    return db_query(cx, SQL_MODEL_SETTINGS_GET, (const struct db_arg[]){db_uuid(&cx->who.tenant)});
}

/* 1: nothing was ever said. */
static int64_t version_of(const PGresult *r)
{
    return PQntuples(r) ? pg_i64(r, 0, VERSION, 0) + 1 : 1;
}

int model_settings_load(struct ctx *cx, struct model_settings *out)
{
    SCOPED(pg_drop) PGresult *r = get(cx);

    *out = (struct model_settings){0};
    return r ? fill(cx, PQntuples(r) ? r : NULL, out) : -1;
}

void model_settings_done(struct model_settings *m)
{
    secret_free(m->key);
    m->key = NULL;
}

/* ---- showing ---- */

static void write_prices(struct jw *w, const PGresult *r)
{
    jw_key(w, "prices");
    jw_object(w);
    for (int i = 0; i < PRICES; i++) {
        jw_key(w, price_names[i]);
        if (r && !PQgetisnull(r, 0, PRICE_INPUT + i))
            jw_i64(w, pg_i64(r, 0, PRICE_INPUT + i, 0));
        else
            jw_null(w);
    }
    jw_end(w);
}

static void write_said(struct jw *w, const PGresult *r)
{
    for (int i = 0; i < TEXTS; i++)
        jw_kstr(w, texts[i].name, r ? pg_text(r, 0, i) : NULL);
    jw_key(w, "temperature");
    if (r && !PQgetisnull(r, 0, TEMPERATURE))
        jw_real(w, strtod(pg_text(r, 0, TEMPERATURE), NULL));
    else
        jw_null(w);
    jw_kstr(w, "key_hint", r ? pg_text(r, 0, KEY_HINT) : NULL);
    write_prices(w, r);
    jw_key(w, "monthly_cap_micros");
    if (r && !PQgetisnull(r, 0, CAP))
        jw_i64(w, pg_i64(r, 0, CAP, 0));
    else
        jw_null(w);
    jw_key(w, "redact");
    jw_raw(w, r ? pg_slice(r, 0, REDACT) : SLICE("[]"));
}

static void write_in_force(struct jw *w, const struct model_settings *m)
{
    const int64_t prices[PRICES] = {m->price.input, m->price.cached, m->price.output,
                                    m->price.embedding};

    jw_key(w, "in_force");
    jw_object(w);
    jw_kstr(w, "provider", m->by_model ? "openai" : "rules");
    jw_kstr(w, "model", m->by_model ? m->model : "rules-1");
    jw_kbool(w, "has_key", secret_get(m->key).n > 0);
    jw_key(w, "prices");
    jw_object(w);
    for (int i = 0; i < PRICES; i++)
        jw_ki64(w, price_names[i], prices[i]);
    jw_end(w);
    jw_end(w);
}

int model_settings_show(struct ctx *cx, struct jw *w, int64_t *version)
{
    SCOPED(model_settings_done) struct model_settings m = {0};
    SCOPED(pg_drop) PGresult *r = get(cx);
    const PGresult *row;

    if (!r)
        return -1;
    row = PQntuples(r) ? r : NULL;
    if (fill(cx, row, &m) < 0) {
        if (strcmp(cx->err.reason, "key_unreadable") != 0)
            return -1;
        err_clear(&cx->err); /* then it is shown, so that it can be put right: there is no key */
        m.by_model = false;
    }
    *version = version_of(r);
    jw_object(w);
    write_said(w, row);
    jw_ki64(w, "version", *version);
    jw_kstr(w, "updated_at", row ? pg_text(row, 0, UPDATED_AT) : NULL);
    write_in_force(w, &m);
    jw_end(w);
    return 0;
}

/* ---- writing ---- */

struct draft {
    struct db_arg text[TEXTS];
    struct db_arg temperature;
    struct db_arg key_sealed;
    struct db_arg key_hint;
    struct db_arg price[PRICES];
    struct db_arg cap;
    struct db_arg redact;
};

static int bad(struct ctx *cx, const char *field, const char *message)
{
    return ctx_fail(cx, ERR_INVALID, "value_invalid", field, "%s", message);
}

static int read_texts(struct ctx *cx, const json_t *body, struct draft *d)
{
    for (int i = 0; i < TEXTS; i++) {
        const json_t *v = json_object_get(body, texts[i].name);
        const char *text = json_string_value(v);

        d->text[i] = db_null();
        if (!v || json_is_null(v))
            continue;
        if (!text || !*text || strlen(text) > texts[i].most)
            return bad(cx, texts[i].name, "a text that is not too long");
        if (texts[i].words &&
            (strchr(text, ' ') || !strstr(texts[i].words, arena_printf(cx->arena, " %s ", text))))
            return bad(cx, texts[i].name, "not one of those that there are");
        d->text[i] = db_text(arena_strdup(cx->arena, text));
    }
    return 0;
}

static int read_number(struct ctx *cx, const json_t *object, const char *key, const char *field,
                       struct db_arg *out)
{
    const json_t *v = json_object_get(object, key);

    *out = db_null();
    if (!v || json_is_null(v))
        return 0;
    if (!json_is_integer(v) || json_integer_value(v) < 0 ||
        json_integer_value(v) > INT64_C(1000000000000000))
        return bad(cx, field, "a whole number of millionths of a dollar");
    *out = db_i64(json_integer_value(v));
    return 0;
}

static int read_prices(struct ctx *cx, const json_t *body, struct draft *d)
{
    const json_t *prices = json_object_get(body, "prices");

    if (prices && !json_is_null(prices) && !json_is_object(prices))
        return bad(cx, "prices", "an object");
    for (int i = 0; i < PRICES; i++) {
        if (read_number(cx, prices, price_names[i],
                        arena_printf(cx->arena, "prices.%s", price_names[i]), &d->price[i]) < 0)
            return -1;
    }
    return read_number(cx, body, "monthly_cap_micros", "monthly_cap_micros", &d->cap);
}

static int read_temperature(struct ctx *cx, const json_t *body, struct draft *d)
{
    const json_t *v = json_object_get(body, "temperature");

    d->temperature = db_null();
    if (!v || json_is_null(v))
        return 0;
    if (!json_is_number(v) || !(json_number_value(v) >= 0 && json_number_value(v) <= 2))
        return bad(cx, "temperature", "a number from 0 to 2");
    d->temperature = db_text(arena_printf(cx->arena, "%.6g", json_number_value(v)));
    return 0;
}

static int read_redact(struct ctx *cx, const json_t *body, struct draft *d)
{
    const json_t *list = json_object_get(body, "redact");
    struct slice chosen[REDACTIONS];
    size_t n = 0;
    size_t i;
    const json_t *v;

    if (list && !json_is_null(list) && !json_is_array(list))
        return bad(cx, "redact", "a list");
    json_array_foreach(list, i, v)
    {
        size_t k = 0;

        while (k < REDACTIONS &&
               (!json_is_string(v) || strcmp(json_string_value(v), redactions[k]) != 0))
            k++;
        if (k == REDACTIONS || n == REDACTIONS)
            return bad(cx, "redact", "email, phone, card, national_id, each once");
        chosen[n++] = slice_cstr(redactions[k]);
    }
    d->redact = db_text(db_text_array(cx->arena, chosen, n));
    return 0;
}

static int seal_key(struct ctx *cx, const char *key, struct draft *d)
{
    SCOPED(sb_done) struct sb text = {0};
    struct secret *sealing = sealing_key(cx);
    const size_t n = strlen(key);
    bool sealed;

    if (!sealing)
        return ctx_fail(cx, ERR_CONFLICT, "sealing_unavailable", "key",
                        "the installation has no CM_SECRET_KEY, so keys cannot be kept");
    sb_init(&text, SEALED_BYTES);
    sealed = secret_seal(sealing, slice_cstr(key), associated(cx), &text);
    secret_free(sealing);
    if (!sealed)
        return bad(cx, "key", "too long");
    d->key_sealed = db_text(arena_strdup(cx->arena, sb_text(&text)));
    d->key_hint = db_text(arena_printf(cx->arena, "%s", key + n - HINT_CHARS));
    return 0;
}

/* Absent: as it is; null: none any more. */
static int read_key(struct ctx *cx, const json_t *body, const PGresult *row, struct draft *d)
{
    const json_t *v = json_object_get(body, "key");
    const char *key = json_string_value(v);

    d->key_sealed = row ? db_text(pg_dup(cx->arena, row, 0, KEY_SEALED)) : db_null();
    d->key_hint = row ? db_text(pg_dup(cx->arena, row, 0, KEY_HINT)) : db_null();
    if (!v)
        return 0;
    d->key_sealed = d->key_hint = db_null();
    if (json_is_null(v))
        return 0;
    if (!key)
        return bad(cx, "key", "a text");
    for (const char *p = key; *p; p++) {
        if (*p <= ' ' || *p > '~')
            return bad(cx, "key", "letters, digits and signs, without blanks");
    }
    if (strlen(key) < KEY_LEAST)
        return bad(cx, "key", "too short to be one");
    return seal_key(cx, key, d);
}

static int check_members(struct ctx *cx, const json_t *body)
{
    static const char *const others[] = {"temperature", "key", "prices", "monthly_cap_micros",
                                         "redact"};
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)body, name, v)
    {
        bool known = false;

        for (int i = 0; i < TEXTS; i++)
            known |= strcmp(texts[i].name, name) == 0;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            known |= strcmp(others[i], name) == 0;
        if (!known)
            return ctx_fail(cx, ERR_INVALID, "field_unknown",
                            utf8_valid(slice_cstr(name))
                                ? arena_slicedup(cx->arena, utf8_cut(slice_cstr(name), 60))
                                : NULL,
                            "there is no such setting");
    }
    return 0;
}

/* Whether calls could be addressed at all. */
static int check_url(struct ctx *cx, const json_t *body)
{
    const struct llm_endpoint ep = {.dialect = LLM_OPENAI, .base_url = json_str(body, "base_url")};

    if (ep.base_url && strchr(ep.base_url, '@'))
        return bad(cx, "base_url", "an address without a name and password");
    if (ep.base_url && !llm_endpoint_url(&ep, LLM_CHAT, "m", cx->arena))
        return bad(cx, "base_url", "an address that begins with https:// or http://");
    return 0;
}

static int store(struct ctx *cx, const struct draft *d)
{
    static const struct audit_field fields[] = {{"provider", {0}},
                                                {"base_url", {0}},
                                                {"model", {0}},
                                                {"key", {0}},
                                                {"monthly_cap_micros", {0}}};
    const struct db_arg args[] = {db_uuid(&cx->who.tenant),
                                  d->text[PROVIDER],
                                  d->text[DIALECT],
                                  d->text[BASE_URL],
                                  d->text[DEPLOYMENT],
                                  d->text[API_VERSION],
                                  d->text[MODEL],
                                  d->text[EMBEDDING_MODEL],
                                  d->temperature,
                                  d->key_sealed,
                                  d->key_hint,
                                  d->price[0],
                                  d->price[1],
                                  d->price[2],
                                  d->price[3],
                                  d->cap,
                                  d->redact,
                                  cx->who.kind == PRINCIPAL_USER ? db_uuid(&cx->who.user)
                                                                 : db_null()};

    if (db_exec(cx, SQL_MODEL_SETTINGS_PUT, args, NULL) < 0)
        return -1;
    return audit_write(cx, "model_settings.update", "model_settings", &cx->who.tenant, fields,
                       sizeof fields / sizeof *fields);
}

int model_settings_put(struct ctx *cx, int64_t version, const json_t *body)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    struct draft d;

    if (check_members(cx, body) < 0 || read_texts(cx, body, &d) < 0 ||
        read_temperature(cx, body, &d) < 0 || read_prices(cx, body, &d) < 0 ||
        read_redact(cx, body, &d) < 0 || check_url(cx, body) < 0 ||
        db_exec(cx, SQL_MODEL_SETTINGS_LOCK, (const struct db_arg[]){db_uuid(&cx->who.tenant)},
                NULL) < 0)
        return -1;
    r = get(cx);
    if (!r)
        return -1;
    if (version && version != version_of(r))
        return ctx_fail(cx, ERR_PRECONDITION, "version_stale", NULL,
                        "somebody changed it meanwhile; read it again");
    if (read_key(cx, body, PQntuples(r) ? r : NULL, &d) < 0)
        return -1;
    return store(cx, &d);
}
