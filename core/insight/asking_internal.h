/* SPDX-License-Identifier: MIT */
/*
 * What the files of asking share: the process's calls, and one job's call. Private to core/insight.
 */
#ifndef CORE_INSIGHT_ASKING_INTERNAL_H
#define CORE_INSIGHT_ASKING_INTERNAL_H

#include "core/insight/asking.h"
#include "core/insight/ledger.h"
#include "core/insight/model_settings.h"
#include "core/insight/prompt.h"
#include "core/llm/llm.h"
#include "core/net/http_client.h"

enum {
    ASKING_PLACES = 64,
    ASKING_TRANSCRIPT_BYTES = 256 << 10, /* shown to a model; two hours of talk are 100 KB */
    ASKING_OUTPUT_TOKENS = 4096,
    ASKING_CAP_MS = 600000,    /* after a cap was reached: somebody may raise it */
    ASKING_TROUBLE_MS = 60000, /* after a fault that only a person can mend */
};

/* An endpoint with its key, as long as calls to it are out; then it may give way to another. */
struct asking_place {
    struct llm_endpoint endpoint;
    struct secret *key;
    struct arena *arena; /* the endpoint's texts; NULL: the place is free */
    int out;
    int64_t used_ms;
};

struct asking {
    const struct config *config;
    struct net *net;
    struct llm *llm;
    struct llm_shared *shared; /* NULL: nothing is shared */
    struct asking_place places[ASKING_PLACES];
    struct arena *arena; /* of the plan */
    struct reading_plan plan;
    struct prompt prompt;
};

/* One job's call: pool_item.task, in the item's arena. */
struct asked {
    struct asking *asking;
    struct pool_item *item;
    struct asking_place *place; /* held from begin() to the end of the job */
    uint64_t call;              /* of llm_chat(); 0: none is out */
    struct asked *next;    /* the repair, once its begin is committed: it takes this one's place */
    int round;             /* 0: the first question; 1: the repair */
    struct uuid usage;     /* of the ledger; the call at hand */
    int64_t micros;        /* reserved */
    int64_t tokens;        /* of input, estimated */
    struct uuid body_hash; /* of the transcript that was shown */
    unsigned redact;       /* bits 1u << enum redact_kind */
    const char *model;
    struct llm_price price;
    struct llm_chat chat;
    struct llm_message messages[4];
    /* what came */
    bool answered;
    struct llm_outcome outcome;
    struct slice text;
};

/* ---- asking_call.c: no database ---- */

/* The place of these settings' endpoint, held; NULL when all are in use. Give it back with asking_leave(). */
struct asking_place *asking_enter(struct asking *a, const struct model_settings *m);
void asking_leave(struct asking_place *p);

/* The first question about a transcript. */
struct asked *asking_question(struct asking *a, struct asking_place *p, struct pool_item *item,
                              const struct model_settings *m, struct slice transcript,
                              const struct uuid *body_hash);

/* The question once more, with what was wrong with the answer: q->next. q itself stays as it is, for a transaction that
 * breaks is tried again. */
struct asked *asking_repair(struct asked *q, struct slice transcript, const struct answer *answer);

/* What the ledger has to reserve for the question at hand, under a new id. */
struct ledger_call asking_call(struct asked *q);

/* What the call that came back did cost, at most if nobody knows. */
struct ledger_bill asking_bill(const struct asked *q);

/* The answer held against plan and transcript; *out in the item's arena. False: asking_repair() may help. */
bool asking_answer(struct asked *q, struct slice transcript, struct answer *out);

/* Whether a call could go out now; else the item waits, with the reason. What was granted and is not sent is given back
 * with asking_give_back(). */
bool asking_gate(struct asked *q);
void asking_give_back(struct asked *q);

/* What a call that failed means for its job: sets its outcome. True: a person has to mend something. */
bool asking_failed(struct asked *q);

#endif
