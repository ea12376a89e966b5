/* SPDX-License-Identifier: MIT */
/*
 * config: every setting of the program, filled once before the first fork and const afterwards.
 *
 * A value comes from the environment, else from the file that CM_CONFIG_FILE names (KEY=VALUE lines, # comments),
 * else from the table's default. `clientmetrics check-config` prints the table with the effective values.
 * An unknown CM_ key is an error: a misspelt limit must not silently be the default.
 * (Not unknown: CM_TEST_*, CM_E2E_*, CM_STATE, CM_SHARED_DATA and the like, which scripts use; see config.c.)
 */
#ifndef CORE_BASE_CONFIG_H
#define CORE_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum config_env { ENV_PRODUCTION, ENV_DEVELOPMENT, ENV_TEST };

struct config {
    int64_t env; /* enum config_env */

    const char *database_url;
    const char *database_owner_url;
    const char *database_admin_url;
    bool db_prepare;
    int64_t db_connect_ms;

    const char *migrations_dir;
    const char *run_dir;
    const char *spool_dir;

    int64_t web_workers;
    int64_t stream_workers;
    int64_t job_workers;
    int64_t request_ms; /* deadline of a short request */
    int64_t stream_ms;  /* deadline of an upload or large download */
    int64_t streams_per_tenant;
    int64_t body_min_bytes_per_s;
    int64_t upload_max_bytes;
    int64_t upload_max_rows;
    int64_t worker_max_requests;
    int64_t worker_max_rss_bytes;
    int64_t shutdown_grace_ms;

    const char *oidc_issuer;
    const char *oidc_jwks_url;
    const char *oidc_audience;
    const char *oidc_clients; /* comma list: allowed azp */
    const char *oidc_client_id;
    const char *oidc_tenant_claim;
    int64_t oidc_leeway_s;
    int64_t oidc_max_lifetime_s;
    const char *oidc_operator_role;
    bool dev_issuer;
    const char *dev_issuer_key_file;

    const char *ca_file;
    const char
        *net_allow_private; /* comma list of host names that may resolve to private addresses */

    const char *llm_provider;
    const char *llm_base_url;
    const char *llm_dialect; /* see core/llm/endpoint.h */
    const char *llm_api_key;
    const char *llm_model;
    const char *llm_embedding_model;
    const char *llm_azure_api_version;
    int64_t llm_workers;
    int64_t llm_in_flight; /* calls of one worker at once */
    int64_t llm_connect_ms;
    int64_t llm_total_ms;
    int64_t llm_requests_per_minute; /* of all workers together; 0: as the provider tells */
    int64_t llm_tokens_per_minute;
    int64_t llm_price_input; /* micro-dollars a million tokens */
    int64_t llm_price_cached;
    int64_t llm_price_output;
    int64_t llm_price_embedding;
    const char *secret_key; /* base64 of 32 bytes */
    int64_t job_lease_ms;
    int64_t job_poll_ms;
    int64_t job_batch;
    int64_t job_tenant_concurrency;

    const char *log_level;
    const char *log_file;
    const char *audit_key;
    int64_t slow_request_ms;
};

/* Fills *out from environment and file. On failure returns -1 and writes one sentence per problem to `problems`.
 * Strings live as long as the process. */
int config_load(struct config *out, FILE *problems);

/* The table with effective values, secrets masked, one line a key: KEY, value, default, range, meaning. */
void config_print(const struct config *c, FILE *out);

#endif
