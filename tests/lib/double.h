/* SPDX-License-Identifier: MIT */
/*
 * double: tests/lib/openai_double.mjs, started by a test. Nothing here fails: what goes wrong is said on stderr and ends
 * the process. Node is CM_TEST_NODE, or `node` in the PATH; the script's head says what it answers.
 */
#ifndef TESTS_LIB_DOUBLE_H
#define TESTS_LIB_DOUBLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct double_options {
    bool tls;        /* the https ports and the authority's file, too */
    const char *key; /* the only one that is accepted; NULL: any */
    int latency_ms;  /* of every answer */
};

struct openai_double {
    pid_t pid;
    int http_port;
    int https_port;       /* 0 without tls */
    int wrong_https_port; /* its certificate is of another name */
    char http_url[64];    /* "http://127.0.0.1:PORT/v1" */
    char https_url[64];
    char wrong_https_url[64];
    char ca_file[256];
    int to; /* closing it ends the process, too */
};

/* Returns when it answers, within 15 s. It dies with the test. */
void double_start(struct openai_double *d, const struct double_options *o);
void double_stop(struct openai_double *d); /* by its pid */

/* What it remembers; the caller owns it (json_decref). */
json_t *double_calls(const struct openai_double *d);
int64_t double_count(const struct openai_double *d,
                     const char *what); /* "calls", "paid", "http2", "handshakes", "peak" */
void double_script(const struct openai_double *d, const char *steps); /* JSON: [{"fault": "429"}] */
void double_reset(const struct openai_double *d);

#endif
