/* SPDX-License-Identifier: MIT */
/*
 * model_settings: who reads an organisation's conversations, with which key, at what price, up to which sum.
 *
 * What the organisation does not say is as the installation's configuration has it (CM_LLM_*). An organisation that names
 * a base URL of its own uses a key of its own or none: the installation's key goes to the installation's URL only.
 */
#ifndef CORE_INSIGHT_MODEL_SETTINGS_H
#define CORE_INSIGHT_MODEL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/db/ctx.h"
#include "core/llm/endpoint.h"
#include "core/llm/price.h"

struct model_settings {
    bool by_model; /* false: the built-in rules read, and nothing below counts */
    struct llm_endpoint endpoint;
    struct secret *key; /* of the endpoint; owned */
    const char *model;
    const char *embedding_model;
    bool has_temperature;
    double temperature;
    struct llm_price price;
    int64_t cap_micros; /* of a month; LEDGER_NO_CAP */
    const char *redact; /* JSON array of "email", "phone", "card", "national_id" */
};

/* In the tenant's transaction. Texts are in cx->arena. ERR_INTERNAL "key_unreadable" when the stored key does not open
 * (CM_SECRET_KEY is another one now). End with model_settings_done(), also after a failure. */
int model_settings_load(struct ctx *cx, struct model_settings *out);
void model_settings_done(struct model_settings *m); /* {0} is fine */

/* The settings as JSON: what the organisation said (null: nothing), what is in force, never the key but its last
 * characters. *version: 1 when nothing was ever said. */
int model_settings_show(struct ctx *cx, struct jw *w, int64_t *version);

/* Replaces all that the organisation says by `body`; a member that is absent or null says nothing, but a key that is
 * absent stays. `version`: as http_if_match() gives it. ERR_PRECONDITION version_stale; ERR_INVALID with the field;
 * ERR_CONFLICT sealing_unavailable when there is no CM_SECRET_KEY. Writes an audit row. */
int model_settings_put(struct ctx *cx, int64_t version, const json_t *body);

#endif
