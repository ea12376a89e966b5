/* SPDX-License-Identifier: MIT */
#include "core/base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/base/slice.h"

enum type { CFG_INT, CFG_BOOL, CFG_STR, CFG_ENUM, CFG_MICRO };
enum { CFG_REQUIRED = 1, CFG_SECRET = 2 };

struct key {
    const char *name;
    enum type type;
    size_t offset;
    const char *dflt; /* NULL: no value */
    int64_t lo;
    int64_t hi;
    unsigned flags;
    const char *words; /* CFG_ENUM: "a|b|c", stored as the index for ints, as text for strings */
    const char *meaning;
};

#define INT(k, field, dflt, lo, hi, meaning)                                                       \
    {                                                                                              \
        k, CFG_INT, offsetof(struct config, field), dflt, lo, hi, 0, NULL, meaning                 \
    }
#define STR(k, field, dflt, flags, meaning)                                                        \
    {                                                                                              \
        k, CFG_STR, offsetof(struct config, field), dflt, 0, 0, flags, NULL, meaning               \
    }
#define BOOL(k, field, dflt, meaning)                                                              \
    {                                                                                              \
        k, CFG_BOOL, offsetof(struct config, field), dflt, 0, 0, 0, NULL, meaning                  \
    }
/* A decimal number with six digits behind the point at most, stored in millionths; hi in whole ones. */
#define MICRO(k, field, dflt, hi, meaning)                                                         \
    {                                                                                              \
        k, CFG_MICRO, offsetof(struct config, field), dflt, 0, hi, 0, NULL, meaning                \
    }
#define WORD(k, field, dflt, words, meaning)                                                       \
    {                                                                                              \
        k, CFG_STR, offsetof(struct config, field), dflt, 0, 0, 0, words, meaning                  \
    }

static const struct key keys[] = {
    {"CM_ENV", CFG_ENUM, offsetof(struct config, env), "production", 0, 0, 0,
     "production|development|test",
     "where this runs; the development issuer needs development or test"},

    STR("CM_DATABASE_URL", database_url, NULL, CFG_REQUIRED | CFG_SECRET,
        "libpq address for the workers, as role cm_app"),
    STR("CM_DATABASE_OWNER_URL", database_owner_url, NULL, CFG_SECRET,
        "as role cm_owner: migrate, maintain, admin"),
    STR("CM_DATABASE_ADMIN_URL", database_admin_url, NULL, CFG_SECRET,
        "as a superuser: bootstrap only"),
    BOOL("CM_DB_PREPARE", db_prepare, "on", "prepare statements; off behind PgBouncer before 1.21"),
    INT("CM_DB_CONNECT_MS", db_connect_ms, "3000", 100, 60000,
        "deadline of a new database connection"),

    STR("CM_MIGRATIONS_DIR", migrations_dir, "migrations", 0, "the schema's steps; for migrate"),
    STR("CM_RUN_DIR", run_dir, "/run/clientmetrics", 0, "sockets and pid files"),
    STR("CM_SPOOL_DIR", spool_dir, "/var/tmp", 0,
        "unlinked files of uploads while they arrive; needs O_TMPFILE"),

    INT("CM_WEB_WORKERS", web_workers, "8", 1, 512, "processes for short requests"),
    INT("CM_STREAM_WORKERS", stream_workers, "8", 1, 512,
        "processes for uploads and large downloads"),
    INT("CM_JOB_WORKERS", job_workers, "2", 1, 512, "processes that run jobs"),
    INT("CM_REQUEST_TIMEOUT_MS", request_ms, "15000", 100, 600000, "deadline of a short request"),
    INT("CM_STREAM_TIMEOUT_MS", stream_ms, "1800000", 1000, 86400000,
        "deadline of an upload or large download"),
    INT("CM_STREAMS_PER_TENANT", streams_per_tenant, "4", 1, 512,
        "uploads of one tenant at the same time"),
    INT("CM_BODY_MIN_BYTES_PER_S", body_min_bytes_per_s, "512", 0, 1 << 30,
        "slower bodies are answered 408 after 10 s; below the 1 KB/s of a bad phone line"),
    INT("CM_UPLOAD_MAX_BYTES", upload_max_bytes, "1073741824", 1024, 1099511627776,
        "largest upload"),
    INT("CM_UPLOAD_MAX_ROWS", upload_max_rows, "10000000", 1, 1000000000, "most rows of an upload"),
    INT("CM_WORKER_MAX_REQUESTS", worker_max_requests, "100000", 1, 1000000000,
        "a worker retires after so many, plus jitter"),
    INT("CM_WORKER_MAX_RSS_BYTES", worker_max_rss_bytes, "268435456", 16777216, 1099511627776,
        "a larger worker retires"),
    INT("CM_SHUTDOWN_GRACE_MS", shutdown_grace_ms, "30000", 100, 3600000,
        "for requests in flight after TERM"),

    STR("CM_OIDC_ISSUER", oidc_issuer, NULL, 0, "exact `iss` of access tokens"),
    STR("CM_OIDC_JWKS_URL", oidc_jwks_url, NULL, 0, "where its keys are published"),
    STR("CM_OIDC_AUDIENCE", oidc_audience, "clientmetrics-api", 0, "must be in `aud`"),
    STR("CM_OIDC_CLIENTS", oidc_clients, "clientmetrics-web", 0, "comma list of allowed `azp`"),
    STR("CM_OIDC_CLIENT_ID", oidc_client_id, "clientmetrics-web", 0,
        "client that the browser application signs in with"),
    STR("CM_OIDC_TENANT_CLAIM", oidc_tenant_claim, "organization", 0,
        "claim that names the tenants: string, array or map"),
    INT("CM_OIDC_LEEWAY_S", oidc_leeway_s, "30", 0, 300, "clock difference that is forgiven"),
    INT("CM_OIDC_MAX_LIFETIME_S", oidc_max_lifetime_s, "86400", 60, 31536000,
        "longest life of an access token"),
    STR("CM_OIDC_OPERATOR_ROLE", oidc_operator_role, "clientmetrics-operator", 0,
        "realm role that sees status and metrics"),
    BOOL("CM_DEV_ISSUER", dev_issuer, "off", "the built-in issuer for a developer's machine"),
    STR("CM_DEV_ISSUER_KEY_FILE", dev_issuer_key_file, NULL, 0,
        "its private key; made when absent"),

    STR("CM_CA_FILE", ca_file, NULL, 0,
        "certificates to trust instead of the system's, for calls we make"),
    STR("CM_NET_ALLOW_PRIVATE", net_allow_private, NULL, 0,
        "comma list of hosts that may have private addresses"),

    WORD("CM_LLM_PROVIDER", llm_provider, "rules", "rules|openai",
         "who reads conversations: the built-in rules, offline, or a model"),
    STR("CM_LLM_BASE_URL", llm_base_url, "https://api.openai.com/v1", 0,
        "where the language model is; without /openai/deployments for Azure"),
    WORD("CM_LLM_DIALECT", llm_dialect, "openai", "openai|compatible|azure",
         "how it is spoken to; compatible for vLLM, Ollama, llama.cpp and others (max_tokens)"),
    STR("CM_LLM_API_KEY", llm_api_key, NULL, CFG_SECRET, "its key; none is sent when empty"),
    STR("CM_LLM_MODEL", llm_model, NULL, 0, "the model that reads; of Azure the deployment"),
    STR("CM_LLM_EMBEDDING_MODEL", llm_embedding_model, "hashed-ngram-1", 0,
        "the model that makes vectors; hashed-ngram-1 is built in and offline"),
    STR("CM_LLM_AZURE_API_VERSION", llm_azure_api_version, "2024-10-21", 0,
        "api-version of requests to Azure"),
    INT("CM_LLM_WORKERS", llm_workers, "1", 0, 64, "processes that ask models"),
    INT("CM_LLM_IN_FLIGHT", llm_in_flight, "20", 1, 1000, "calls of one of them at once"),
    INT("CM_LLM_CONNECT_MS", llm_connect_ms, "5000", 100, 60000,
        "deadline of connecting to the language model"),
    INT("CM_LLM_TOTAL_MS", llm_total_ms, "120000", 1000, 600000, "deadline of a call"),
    INT("CM_LLM_REQUESTS_PER_MINUTE", llm_requests_per_minute, "0", 0, 100000000,
        "of all workers together; 0: as the provider's answers tell"),
    INT("CM_LLM_TOKENS_PER_MINUTE", llm_tokens_per_minute, "0", 0, 100000000000, "the same"),
    MICRO("CM_LLM_PRICE_INPUT", llm_price_input, "0", 1000000,
          "dollars a million tokens sent; 0: costs are not known"),
    MICRO("CM_LLM_PRICE_CACHED", llm_price_cached, "0", 1000000,
          "of those that the provider had seen before; 0: as CM_LLM_PRICE_INPUT"),
    MICRO("CM_LLM_PRICE_OUTPUT", llm_price_output, "0", 1000000, "of those that it wrote"),
    MICRO("CM_LLM_PRICE_EMBEDDING", llm_price_embedding, "0", 1000000,
          "of those that became vectors"),
    STR("CM_SECRET_KEY", secret_key, NULL, CFG_SECRET,
        "seals keys of other services in the database: openssl rand -base64 32"),
    INT("CM_JOB_LEASE_MS", job_lease_ms, "60000", 5000, 3600000,
        "a worker silent for so long loses its jobs"),
    INT("CM_JOB_POLL_MS", job_poll_ms, "2000", 50, 600000,
        "look for jobs at least so often, should a NOTIFY be lost"),
    INT("CM_JOB_BATCH", job_batch, "20", 1, 1000, "jobs claimed at once"),
    INT("CM_JOB_TENANT_CONCURRENCY", job_tenant_concurrency, "0", 0, 100000,
        "jobs of one tenant running at once; 0: no bound; a tenant's setting job_concurrency wins"),

    WORD("CM_LOG_LEVEL", log_level, "info", "debug|info|warn|error|off",
         "least level that is written"),
    STR("CM_LOG_FILE", log_file, "-", 0, "path, or - for stderr"),
    STR("CM_AUDIT_KEY", audit_key, NULL, CFG_SECRET,
        "key of the digests in the audit log; 16 bytes or more"),
    INT("CM_SLOW_REQUEST_MS", slow_request_ms, "1000", 1, 600000,
        "requests slower than this log their statement"),
};
enum { NKEYS = sizeof keys / sizeof *keys };

/* Words that begin with CM_ and belong to scripts and tests, not to this table. */
static const char *const foreign[] = {"CM_CONFIG_FILE", "CM_TEST_",      "CM_E2E_",     "CM_STATE",
                                      "CM_SHARED_DATA", "CM_HTTPS_PORT", "CM_OPS_PORT", "CM_BENCH_",
                                      "CM_BARE_",       "CM_RUN_USER",   "CM_PG_",      "CM_LOCAL_",
                                      "CM_VERSION"};

extern char **environ;

static bool is_foreign(struct slice name)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (slice_starts(name, slice_cstr(foreign[i])))
            return true;
    }
    return false;
}

static const struct key *key_find(struct slice name)
{
    for (int i = 0; i < NKEYS; i++) {
        if (slice_is(name, keys[i].name))
            return &keys[i];
    }
    return NULL;
}

/* Index of `v` in "a|b|c", or -1. */
static int word_index(const char *words, const char *v)
{
    struct slice rest = slice_cstr(words);

    for (int i = 0; rest.n; i++) {
        if (slice_is(slice_cut(rest, '|', &rest), v))
            return i;
    }
    return -1;
}

static int bool_word(const char *v)
{
    static const char *const yes[] = {"on", "true", "yes", "1"};
    static const char *const no[] = {"off", "false", "no", "0"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(v, yes[i]) == 0)
            return 1;
        if (strcmp(v, no[i]) == 0)
            return 0;
    }
    return -1;
}

enum { MICRO_DIGITS = 6 };

/* "2", "2.5", ".075"; false: none, or too many digits. */
static bool read_micro(struct slice text, int64_t *out)
{
    int64_t v = 0;
    int behind = -1; /* digits behind the point; -1: before it */
    size_t ndigits = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.' && behind < 0) {
            behind = 0;
            continue;
        }
        if (!isdigit((unsigned char)text.p[i]) || behind == MICRO_DIGITS || ++ndigits > 15)
            return false;
        v = v * 10 + (text.p[i] - '0');
        behind += behind >= 0;
    }
    for (int i = behind < 0 ? 0 : behind; i < MICRO_DIGITS; i++)
        v *= 10;
    *out = v;
    return ndigits > 0 && v <= INT64_MAX / 10;
}

static int assign_micro(int64_t *at, const struct key *k, const char *value, FILE *problems)
{
    int64_t v = 0;

    if (!read_micro(slice_cstr(value), &v) || v > k->hi * 1000000) {
        fprintf(problems, "%s: must be a number from 0 to %lld with %d decimals at most\n", k->name,
                (long long)k->hi, (int)MICRO_DIGITS);
        return -1;
    }
    *at = v;
    return 0;
}

static int assign(struct config *c, const struct key *k, const char *value, FILE *problems)
{
    void *at = (char *)c + k->offset;
    int64_t n = 0;
    int w;

    switch (k->type) {
    case CFG_STR:
        if (k->words && word_index(k->words, value) < 0) {
            fprintf(problems, "%s: must be one of %s\n", k->name, k->words);
            return -1;
        }
        *(const char **)at = *value ? value : NULL;
        return 0;
    case CFG_ENUM:
        w = word_index(k->words, value);
        if (w < 0) {
            fprintf(problems, "%s: must be one of %s\n", k->name, k->words);
            return -1;
        }
        *(int64_t *)at = w;
        return 0;
    case CFG_BOOL:
        w = bool_word(value);
        if (w < 0) {
            fprintf(problems, "%s: must be on or off\n", k->name);
            return -1;
        }
        *(bool *)at = w == 1;
        return 0;
    case CFG_INT:
        if (!slice_to_i64(slice_cstr(value), &n) || n < k->lo || n > k->hi) {
            fprintf(problems, "%s: must be a whole number from %lld to %lld\n", k->name,
                    (long long)k->lo, (long long)k->hi);
            return -1;
        }
        *(int64_t *)at = n;
        return 0;
    case CFG_MICRO: return assign_micro(at, k, value, problems);
    }
    return -1;
}

/* The file's KEY=VALUE lines become environment variables where none is set: one source to read afterwards. */
static int load_file(const char *path, FILE *problems)
{
    char line[8192];
    FILE *f = fopen(path, "re");
    int bad = 0;
    int n = 0;

    if (!f) {
        fprintf(problems, "CM_CONFIG_FILE: cannot open %s: %s\n", path, strerror(errno));
        return -1;
    }
    while (fgets(line, sizeof line, f)) {
        struct slice value;
        struct slice text = slice_trim(slice_cstr(line));
        struct slice name;
        char *eq;

        n++;
        if (!text.n || text.p[0] == '#')
            continue;
        eq = memchr(text.p, '=', text.n);
        name = slice_trim(slice_cut(text, '=', &value));
        value = slice_trim(value);
        if (!eq || !name.n || name.n > 100) {
            fprintf(problems, "%s:%d: not KEY=VALUE\n", path, n);
            bad = -1;
            continue;
        }
        if (value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') &&
            value.p[value.n - 1] == value.p[0]) {
            value.p++;
            value.n -= 2;
        }
        /* both lie in `line`, which is ours to cut */
        line[name.p - line + (ptrdiff_t)name.n] = '\0';
        line[value.p - line + (ptrdiff_t)value.n] = '\0';
        setenv(name.p, value.n ? value.p : "", 0);
    }
    fclose(f);
    return bad;
}

static int check_unknown(FILE *problems)
{
    int bad = 0;

    for (char **e = environ; *e; e++) {
        struct slice rest;
        const struct slice name = slice_cut(slice_cstr(*e), '=', &rest);

        if (!slice_starts(name, SLICE("CM_")) || is_foreign(name) || key_find(name))
            continue;
        fprintf(problems, "%.*s: no such setting\n", (int)name.n, name.p);
        bad = -1;
    }
    return bad;
}

/* Rules that join several keys. */
static int check_together(const struct config *c, FILE *problems)
{
    int bad = 0;

    if (c->dev_issuer && c->env == ENV_PRODUCTION) {
        fprintf(problems, "CM_DEV_ISSUER: refuses to run with CM_ENV=production\n");
        bad = -1;
    }
    if (c->dev_issuer && !c->dev_issuer_key_file) {
        fprintf(problems, "CM_DEV_ISSUER_KEY_FILE: needed when CM_DEV_ISSUER is on\n");
        bad = -1;
    }
    if (c->audit_key && strlen(c->audit_key) < 16) {
        fprintf(problems, "CM_AUDIT_KEY: needs 16 bytes or more\n");
        bad = -1;
    }
    if (c->secret_key) {
        struct secret *key = secret_key_read(c->secret_key);

        if (!key) {
            fprintf(problems,
                    "CM_SECRET_KEY: needs 32 bytes in base64 (openssl rand -base64 32)\n");
            bad = -1;
        }
        secret_free(key);
    }
    if (strncmp(c->llm_base_url, "https://", 8) != 0 &&
        strncmp(c->llm_base_url, "http://", 7) != 0) {
        fprintf(problems, "CM_LLM_BASE_URL: must begin with https:// or http://\n");
        bad = -1;
    }
    return bad;
}

int config_load(struct config *out, FILE *problems)
{
    const char *file = getenv("CM_CONFIG_FILE");
    struct config c = {0};
    int bad = 0;

    if (file && *file && load_file(file, problems) < 0)
        bad = -1;
    if (check_unknown(problems) < 0)
        bad = -1;
    for (int i = 0; i < NKEYS; i++) {
        const char *v = getenv(keys[i].name);

        if (!v || !*v)
            v = keys[i].dflt;
        if (v) {
            if (assign(&c, &keys[i], v, problems) < 0)
                bad = -1;
        } else if (keys[i].flags & CFG_REQUIRED) {
            fprintf(problems, "%s: required (%s)\n", keys[i].name, keys[i].meaning);
            bad = -1;
        }
    }
    if (bad == 0)
        bad = check_together(&c, problems);
    if (c.llm_price_cached == 0) /* rather too dear than free */
        c.llm_price_cached = c.llm_price_input;
    if (bad == 0)
        *out = c;
    return bad;
}

/* As few digits as say it. */
static void print_micro(int64_t v, FILE *out)
{
    int digits = MICRO_DIGITS;
    int64_t part = v % 1000000;

    fprintf(out, "%lld", (long long)(v / 1000000));
    if (part == 0)
        return;
    for (; part % 10 == 0; part /= 10)
        digits--;
    fprintf(out, ".%0*lld", digits, (long long)part);
}

static void print_value(const struct config *c, const struct key *k, FILE *out)
{
    const void *at = (const char *)c + k->offset;
    const char *s;

    switch (k->type) {
    case CFG_INT: fprintf(out, "%lld", (long long)*(const int64_t *)at); break;
    case CFG_BOOL: fputs(*(const bool *)at ? "on" : "off", out); break;
    case CFG_MICRO: print_micro(*(const int64_t *)at, out); break;
    case CFG_ENUM: {
        struct slice rest = slice_cstr(k->words);
        struct slice w = {0};

        for (int64_t i = 0; i <= *(const int64_t *)at; i++)
            w = slice_cut(rest, '|', &rest);
        fprintf(out, "%.*s", (int)w.n, w.p);
        break;
    }
    case CFG_STR:
        s = *(const char *const *)at;
        fputs(!s ? "-" : k->flags & CFG_SECRET ? "***" : s, out);
        break;
    }
}

void config_print(const struct config *c, FILE *out)
{
    for (int i = 0; i < NKEYS; i++) {
        const struct key *k = &keys[i];

        fprintf(out, "%s=", k->name);
        print_value(c, k, out);
        fprintf(out, "\t(default %s", k->dflt ? k->dflt : "none");
        if (k->type == CFG_INT)
            fprintf(out, ", %lld to %lld", (long long)k->lo, (long long)k->hi);
        if (k->type == CFG_MICRO)
            fprintf(out, ", 0 to %lld", (long long)k->hi);
        if (k->words)
            fprintf(out, ", one of %s", k->words);
        fprintf(out, ") %s\n", k->meaning);
    }
}
