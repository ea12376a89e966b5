/* SPDX-License-Identifier: MIT */
/*
 * fcgi_client: a FastCGI client over a unix socket, standing in for nginx in tests. One request a connection. Can
 * misbehave on purpose: half a record, slow bodies, leaving early.
 *
 *   struct fcgi_call call = {.method = "GET", .path = "/api/me", .authorization = "Bearer ..."};
 *   struct fcgi_answer a;
 *   assert_int_equal(fcgi_call(sock, &call, &a), 0);
 *   assert_int_equal(a.status, 200);
 *   fcgi_answer_done(&a);
 */
#ifndef TESTS_LIB_FCGI_CLIENT_H
#define TESTS_LIB_FCGI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fcgi_pair {
    const char *name;
    const char *value;
};

enum fcgi_trick {
    FCGI_TRICK_NONE = 0,
    FCGI_TRICK_HALF_RECORD,   /* sends the first half of the parameters' record, then nothing */
    FCGI_TRICK_HALF_BODY,     /* sends half of the body, then nothing (the connection stays open) */
    FCGI_TRICK_LEAVE_IN_BODY, /* sends half of the body, then closes */
    FCGI_TRICK_LEAVE_BEFORE_ANSWER, /* sends everything, closes without reading */
    FCGI_TRICK_LEAVE_IN_ANSWER,     /* closes after the first bytes of the answer */
    FCGI_TRICK_WRONG_LENGTH,        /* CONTENT_LENGTH is one more than the body */
    FCGI_TRICK_GARBAGE,             /* sends bytes that are no FastCGI */
};

/* Zero means absent or the default. */
struct fcgi_call {
    const char *method; /* "GET" */
    const char *path;   /* "/"; sent as DOCUMENT_URI, and in REQUEST_URI with the query */
    const char *query;
    const char *content_type;
    const char *authorization;
    const char *tenant; /* X-Tenant */
    const char *request_id;
    const char *listener; /* CM_LISTENER; "public" */
    const struct fcgi_pair
        *params; /* further parameters, after the above (a later one does not replace) */
    size_t nparams;
    const void *body;
    size_t nbody;               /* 0 with body set: strlen(body) */
    const char *content_length; /* instead of the true one */
    bool chunked;               /* CONTENT_LENGTH is empty */
    size_t body_chunk_bytes;    /* of one STDIN record; 0: 32768 */
    int64_t body_pause_ms;      /* between two of them */
    int64_t read_pause_ms;      /* between two reads of at most 4096 bytes of the answer */
    int64_t deadline_ms;        /* for all of it; 0: 10000 */
    enum fcgi_trick trick;
};

struct fcgi_answer {
    int status;    /* 0 when none came */
    char *headers; /* as they came, without Status; terminated */
    char *body;    /* terminated */
    size_t nbody;
    char *errors;  /* STDERR; terminated */
    bool complete; /* the END_REQUEST record came */
    int64_t took_ms;
};

/* 0: a complete answer. -1: none, half of one, or too late; what came is in *out. Either way fcgi_answer_done(). */
int fcgi_call(const char *socket_path, const struct fcgi_call *call, struct fcgi_answer *out);
void fcgi_answer_done(struct fcgi_answer *a);

/* The value of a header (case ignored) in a static buffer that the next call reuses; NULL when absent. */
const char *fcgi_header(const struct fcgi_answer *a, const char *name);

/* For tests that drive the bytes themselves: a connected descriptor or -1, and the request's bytes (heap). */
int fcgi_connect(const char *socket_path);
void *fcgi_request_bytes(const struct fcgi_call *call, size_t *n);
/* Reads an answer from fd until its end, by the deadline (monotonic). As fcgi_call(). */
int fcgi_read_answer(int fd, int64_t read_pause_ms, int64_t deadline_ms, struct fcgi_answer *out);

#endif
