/* SPDX-License-Identifier: MIT */
/*
 * transport: one FastCGI connection at a time, from accept to close. With worker.c the only user of fcgiapp.h.
 *
 * libfcgi reads and writes records here and nothing else. Left to itself it pins a process on an idle kept connection,
 * for ever on half a record, and for as long as a peer cares to send when it closes; and it answers a body cut short by
 * a signal with a positive error that looks like success. So it never accepts, never waits without a timeout, never
 * closes, and every end of a body is checked.
 *
 * Parameters that nginx must send: REQUEST_METHOD, DOCUMENT_URI (decoded and normalised by nginx; without it the path
 * of REQUEST_URI is decoded here, once), QUERY_STRING, CONTENT_TYPE, CONTENT_LENGTH (empty: unknown), REMOTE_ADDR,
 * HTTP_HOST, HTTP_AUTHORIZATION, HTTP_ACCEPT_LANGUAGE, HTTP_X_TENANT, HTTP_IF_MATCH, HTTP_IF_NONE_MATCH, HTTP_IDEMPOTENCY_KEY,
 * CM_REQUEST_ID, CM_LISTENER ("ops" on the loopback listener, forced to "public" on every other).
 *
 * One process, one transport, one request at a time:
 *   transport_accept -> transport_begin -> transport_read_request -> (rq->read_body ...) -> transport_respond
 *   -> transport_finish
 */
#ifndef FCGI_TRANSPORT_H
#define FCGI_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/db/ctx.h"
#include "fcgi/http.h"

struct transport; /* opaque */

/* A listening unix socket, mode 0660 (and group `gid`, (gid_t)-1: leave it), backlog 511, close-on-exec, non-blocking.
 * A socket left by a dead process is replaced without a moment in which the name is missing. -1: errno; EADDRINUSE
 * when somebody answers there, ENOTSOCK when the name is another kind of file, ENAMETOOLONG. */
int transport_listen(const char *path, gid_t gid);
/* Removes the name and closes. -1 is fine. */
void transport_unlisten(const char *path, int fd);

struct transport_options {
    int64_t idle_ms; /* longest wait for one piece of input or room for output; 0: 10000 */
    int64_t body_min_bytes_per_s; /* slower bodies are refused after body_grace_ms; 0: no minimum */
    int64_t body_grace_ms;        /* 0: 10000 */
};

struct transport *transport_new(const struct transport_options *options); /* never NULL */
void transport_free(struct transport *t); /* NULL is fine; closes what is open */

enum transport_status {
    TRANSPORT_OK = 0,
    TRANSPORT_NONE, /* nobody there (another worker was faster), or what came was no request; nothing to finish */
    TRANSPORT_BROKEN, /* accept fails for good (not a socket, no descriptors): the worker should leave */
};

/* Takes one connection of the non-blocking listening socket, without waiting. Call it when the socket is readable. */
enum transport_status transport_accept(struct transport *t, int listen_fd);

/* The same for a connection that is there already, which now belongs to the transport (tests). */
void transport_take(struct transport *t, int fd);

/* Reads the parameters, waiting idle_ms at most for each piece. (A peer that sends a byte now and then is the
 * master's business: the slot has a deadline. nginx sends them in one write.) */
enum transport_status transport_begin(struct transport *t);

/* Fills *rq from the parameters, into cx->arena, and cx->request_id (CM_REQUEST_ID when it is 8 to 63 of [A-Za-z0-9_-],
 * else a new one). -1: ERR_INVALID, ERR_TOO_LARGE; *rq is then good enough to answer with (method, path may be blank).
 * rq->read_body is always set: it reads within cx->deadline_ms, at the minimum rate, and fails with ERR_INVALID
 * "body_cut_off" when the client leaves or the length is not what CONTENT_LENGTH said, ERR_TIMEOUT "body_too_slow". */
int transport_read_request(struct ctx *cx, struct transport *t, struct http_request *rq);

/* Writes status, headers and body or stream, whether or not the request's body was read. cx->err must be clear.
 * -1: cx->err is set (the stream's own, ERR_INVALID "client_gone", ERR_TIMEOUT "client_too_slow"). If then
 * transport_bytes_out() is 0, the stream failed before its first byte and another answer may be given. Else nothing can
 * be said any more, and transport_finish() cuts the connection, so that nginx does not take half an answer for a whole.
 * A stream ends by cx->deadline_ms; any other answer has idle_ms from now, if that is later. */
int transport_respond(struct ctx *cx, struct transport *t, const struct http_request *rq,
                      struct http_response *rs);

/* Ends the request and closes the connection; what the peer still sends is read for 2 s at most, so that it meets our
 * answer before the closed socket. Safe at any time. */
void transport_finish(struct transport *t);

/* True once the peer closed (nginx does when its client leaves): a long handler may stop early. */
bool transport_client_gone(const struct transport *t);

uint64_t transport_bytes_in(const struct transport *t); /* body bytes of this request so far */
uint64_t
transport_bytes_out(const struct transport *t); /* headers and body of this answer so far */

#endif
