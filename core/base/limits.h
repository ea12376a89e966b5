/* SPDX-License-Identifier: MIT */
/*
 * limits: every bound a user can meet, in one place. What an operator may tune is in config.c instead.
 */
#ifndef CORE_BASE_LIMITS_H
#define CORE_BASE_LIMITS_H

enum {
    LIMIT_ARENA_BYTES = 64 << 20,    /* of one request or job */
    LIMIT_JSON_BODY_BYTES = 1 << 20, /* of a request */
    LIMIT_JSON_DEPTH = 32,           /* nesting of any JSON we read */
    LIMIT_RESPONSE_BYTES = 32 << 20, /* an answer that is not streamed */
    LIMIT_QUERY_BYTES = 8 << 10,     /* query string */
    LIMIT_QUERY_PARAMS = 64,
    LIMIT_HEADER_BYTES = 16 << 10, /* one request header we read */
    LIMIT_TOKEN_BYTES = 8 << 10,   /* a bearer token */
    LIMIT_JWKS_BYTES = 64 << 10,
    LIMIT_JWKS_KEYS = 16,
    LIMIT_PAGE = 200, /* rows of one page of a list */
    LIMIT_PAGE_DEFAULT = 50,
    LIMIT_CURSOR_BYTES = 1024,

    LIMIT_CSV_RECORD_BYTES =
        4 << 20, /* kept of one row of an upload; a longer one is that row's error */
    LIMIT_CSV_FIELD_BYTES =
        2 << 20,             /* kept of one field; above any column's own bound, blanks included */
    LIMIT_CSV_FIELDS = 1024, /* of one row; a CRM that exports all it knows writes some hundreds */
    LIMIT_CSV_HEADER_BYTES = 64 << 10,
    LIMIT_MULTIPART_HEADER_BYTES = 8 << 10,
    LIMIT_FILENAME_CHARS = 255,

    LIMIT_NAME_CHARS = 200,  /* a person's or company's name, a seller */
    LIMIT_EMAIL_CHARS = 254, /* RFC 5321 */
    LIMIT_PHONE_CHARS = 40,
    LIMIT_TRANSCRIPT_CHARS_MIN = 10, /* the original's rule */
    LIMIT_TRANSCRIPT_BYTES = 1 << 20,
    LIMIT_UPLOAD_ERRORS = 10000,   /* stored per upload; all are counted */
    LIMIT_ERROR_VALUE_CHARS = 200, /* of the offending value that is kept */

    LIMIT_BULK_IDS = 1000,     /* named one by one */
    LIMIT_BULK = 100000,       /* records that one request changes by filter */
    LIMIT_BULK_DELETE = 50000, /* the same, deleted: each takes what hangs on it along */
    LIMIT_LABELS = 20,         /* of one record */
    LIMIT_LABEL_CHARS = 60,
    LIMIT_UPLOAD_MAPPINGS = 200, /* saved by one tenant */
    LIMIT_MAPPING_NAME_CHARS = 120,

    LIMIT_FILTER_DEPTH = 8,
    LIMIT_FILTER_CONDITIONS = 64,
    LIMIT_FILTER_VALUES = 500, /* of one condition */
    LIMIT_CHART_POINTS = 1000,
    LIMIT_CHART_SERIES = 50,

    LIMIT_LLM_MODEL_BYTES = 200,
    LIMIT_LLM_MESSAGES = 200,
    LIMIT_LLM_REQUEST_BYTES = 8 << 20, /* a prompt with its transcript, as JSON */
    LIMIT_LLM_ANSWER_BYTES = 4 << 20,  /* of a chat; vectors have LIMIT_HTTP_CLIENT_BYTES */
    LIMIT_LLM_OUTPUT_TOKENS = 1 << 20,
    LIMIT_LLM_EMBED_TEXTS = 2048, /* OpenAI's own bound */
    LIMIT_LLM_DIMENSIONS = 4096,
    LIMIT_LLM_IN_FLIGHT = 1000,

    LIMIT_HTTP_CLIENT_BYTES = 16 << 20, /* an answer that the HTTP client accepts at most */
};

#endif
