/* SPDX-License-Identifier: MIT */
/* What was asked for: parameters and bodies become one filter, one search, one state, one upload. */
#include <string.h>

#include "core/meetings/meeting.h"
#include "core/meetings/internal.h"

enum plain_kind { PLAIN_ONE, PLAIN_LIST, PLAIN_BOOL };

/* Names in a flat filter (core/charts/filter.h), and as the original wrote them. */
static const struct {
    const char *name;
    const char *original;
    const char *field; /* of the flat filter */
    enum plain_kind kind;
} plain[] = {
    {"sales_rep", "salesRep", "sales_rep", PLAIN_LIST},
    {"date_from", "dateFrom", "date_from", PLAIN_ONE},
    {"date_to", "dateTo", "date_to", PLAIN_ONE},
    {"closed", "closed", "closed", PLAIN_BOOL},
    {"sector", "sector", "sector", PLAIN_LIST},
    {"company_size", "companySize", "company_size", PLAIN_LIST},
    {"discovery_channel", "discoveryChannel", "discovery_channel", PLAIN_LIST},
    {"label", "labels", "labels", PLAIN_LIST},
};

const char *const meeting_states[MEETING_STATES] = {"pending", "read", "failed"};

void meeting_query_init(struct ctx *cx, struct meeting_query *q)
{
    *q =
        (struct meeting_query){.records = {.dataset = DATASET_MEETINGS, .state = RECORDS_ANY_STATE},
                               .plain = json_object()};
    arena_defer(cx->arena, json_drop_deferred, q->plain);
}

static int wrong(struct ctx *cx, const char *name, const char *wanted)
{
    return ctx_fail(cx, ERR_INVALID, "parameter_invalid", name, "%s takes %s", name, wanted);
}

static int take_plain(struct ctx *cx, struct meeting_query *q, size_t i, struct slice value)
{
    const char *const name = plain[i].name;
    json_t *list = json_object_get(q->plain, plain[i].field);
    json_t *text;

    if (plain[i].kind == PLAIN_BOOL) {
        const bool yes = slice_is(value, "true") || slice_is(value, "1");

        if (!yes && !slice_is(value, "false") && !slice_is(value, "0"))
            return wrong(cx, name, "true or false");
        json_object_set_new(q->plain, plain[i].field, json_boolean(yes));
        return 1;
    }
    text = json_stringn(value.p, value.n);
    if (!text)
        return wrong(cx, name, "well-formed text"); /* not UTF-8: jansson refuses it */
    if (plain[i].kind == PLAIN_ONE) {
        json_object_set_new(q->plain, plain[i].field, text);
        return 1;
    }
    if (!list) {
        list = json_array();
        json_object_set_new(q->plain, plain[i].field, list);
    }
    json_array_append_new(list, text);
    return 1;
}

static int take_filter(struct ctx *cx, struct meeting_query *q, const json_t *json)
{
    const struct filter *f = NULL;

    if (filter_parse(cx, DATASET_MEETINGS, json, "filter", &f) < 0)
        return -1;
    q->records.filter = filter_and(cx->arena, q->records.filter, f);
    return 1;
}

static int take_filter_text(struct ctx *cx, struct meeting_query *q, struct slice text)
{
    json_t *json = NULL;

    if (json_read(text, &json) != JSON_OK)
        return ctx_fail(cx, ERR_INVALID, "filter_invalid", "filter", "the filter is not JSON");
    arena_defer(cx->arena, json_drop_deferred, json);
    return take_filter(cx, q, json);
}

static int take_words(struct ctx *cx, struct meeting_query *q, struct slice text)
{
    if (words_query_read(cx, text, "q", &q->words) < 0)
        return -1;
    q->records.words = &q->words;
    return 1;
}

static int take_state(struct ctx *cx, struct meeting_query *q, struct slice value)
{
    for (int s = 0; s < MEETING_STATES; s++) {
        if (!slice_is(value, meeting_states[s]))
            continue;
        q->records.state = s;
        return 1;
    }
    return wrong(cx, "state", "pending, read or failed");
}

int meeting_query_param(struct ctx *cx, struct meeting_query *q, struct slice name,
                        struct slice value)
{
    const bool empty = slice_trim(value).n == 0;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (slice_is(name, plain[i].name) || slice_is(name, plain[i].original))
            return empty ? 1 : take_plain(cx, q, i, value);
    }
    if (slice_is(name, "q"))
        return empty ? 1 : take_words(cx, q, value);
    if (slice_is(name, "filter"))
        return empty ? 1 : take_filter_text(cx, q, value);
    if (slice_is(name, "state"))
        return empty ? 1 : take_state(cx, q, value);
    if (!slice_is(name, "upload_id") && !slice_is(name, "uploadId"))
        return 0;
    if (empty)
        return 1;
    if (!uuid_parse(value, &q->upload))
        return wrong(cx, "upload_id", "an identifier");
    q->records.upload = &q->upload;
    return 1;
}

int meeting_query_body(struct ctx *cx, struct meeting_query *q, const json_t *body)
{
    const json_t *filter = json_object_get(body, "filter");
    const json_t *words = json_object_get(body, "q");

    if (filter && !json_is_null(filter) && take_filter(cx, q, filter) < 0)
        return -1;
    if (!words || json_is_null(words))
        return 0;
    if (!json_is_string(words))
        return ctx_fail(cx, ERR_INVALID, "value_invalid", "q", "q is a text");
    return take_words(cx, q, (struct slice){json_string_value(words), json_string_length(words)}) <
                   0
               ? -1
               : 0;
}

int meeting_query_done(struct ctx *cx, struct meeting_query *q)
{
    static const char inside[] = "query.";
    const struct filter *f = NULL;
    char *const field = cx->err.field;

    if (json_object_size(q->plain) == 0)
        return 0;
    if (filter_parse(cx, DATASET_MEETINGS, q->plain, "query", &f) < 0) {
        if (strncmp(field, inside, sizeof inside - 1) == 0) /* the parameter's own name */
            memmove(field, field + sizeof inside - 1, strlen(field) - (sizeof inside - 1) + 1);
        field[strcspn(field, "[")] = '\0';
        return -1;
    }
    q->records.filter = filter_and(cx->arena, q->records.filter, f);
    return 0;
}
