/* SPDX-License-Identifier: MIT */
/* What people and clients ask: to sign in, for tokens, to sign out. */
#include "auth/dev_issuer_parts.h"

#include <stdio.h>
#include <string.h>

#include "core/base/arena.h"
#include "dev_issuer_login.h" /* generated from dev_issuer_login.html */

enum {
    CHALLENGE_CHARS = 43, /* base64url of a SHA-256 */
    VERIFIER_CHARS_MIN = 43,
    VERIFIER_CHARS_MAX = 128,
};

static void put_percent(struct sb *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            (c && strchr("-._~", c)))
            sb_putc(out, (char)c);
        else
            sb_printf(out, "%%%02X", c);
    }
}

static void put_html(struct sb *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&': sb_puts(out, "&amp;"); break;
        case '<': sb_puts(out, "&lt;"); break;
        case '>': sb_puts(out, "&gt;"); break;
        case '"': sb_puts(out, "&quot;"); break;
        case '\'': sb_puts(out, "&#39;"); break;
        default: sb_putc(out, s.p[i]);
        }
    }
}

static void redirect_add(struct dev_answer *out, const char *name, struct slice value)
{
    sb_putc(&out->location, memchr(sb_text(&out->location), '?', out->location.n) ? '&' : '?');
    sb_puts(&out->location, name);
    sb_putc(&out->location, '=');
    put_percent(&out->location, value);
}

static void redirect(struct dev_answer *out, struct slice uri)
{
    out->status = 302;
    sb_slice(&out->location, uri);
}

/* ---- the authorization request ---- */

struct auth_request {
    struct slice client_id;
    struct slice redirect_uri;
    struct slice state;
    struct slice nonce;
    struct slice challenge;
};

static struct slice param(struct dev_params in, const char *name)
{
    return in.get(in.from, name);
}

/* Our own origin and nothing else: whatever signs in here is served here. */
static bool is_own_uri(const struct dev_issuer *d, struct slice uri)
{
    const struct slice origin = slice_cstr(d->origin);

    if (uri.n > DEV_PARAM_BYTES || !slice_starts(uri, origin))
        return false;
    if (uri.n > origin.n && uri.p[origin.n] != '/' && uri.p[origin.n] != '?')
        return false; /* http://localhost.evil, http://localhost@evil, http://localhost:80801 */
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] >= 0x7f || strchr("#\\\"<>^`{|}", uri.p[i]))
            return false;
    return true;
}

static bool is_base64url(struct slice s)
{
    uint8_t bytes[CHALLENGE_CHARS];

    return s.n == CHALLENGE_CHARS && hash_base64url_decode(s, bytes) == SHA256_BYTES;
}

static bool has_word(struct slice words, const char *word)
{
    while (words.n)
        if (slice_is(slice_cut(words, ' ', &words), word))
            return true;
    return false;
}

/* True when the page may be shown. Else the answer says what is wrong: to the client by redirect,
 * or, as long as it is not known whose the address is, to whoever asked. */
static bool read_request(const struct dev_issuer *d, struct dev_params in, struct auth_request *rq,
                         struct dev_answer *out)
{
    const struct slice mode = param(in, "response_mode");
    const char *error = NULL;

    *rq =
        (struct auth_request){param(in, "client_id"), param(in, "redirect_uri"), param(in, "state"),
                              param(in, "nonce"), param(in, "code_challenge")};
    if (!slice_is(rq->client_id, d->config->oidc_client_id)) {
        dev_answer_error(out, 400, "invalid_client", "client_id");
        return false;
    }
    if (!rq->redirect_uri.n || !is_own_uri(d, rq->redirect_uri)) {
        dev_answer_error(out, 400, "invalid_request", "redirect_uri");
        return false;
    }
    if (!slice_is(param(in, "response_type"), "code"))
        error = "unsupported_response_type";
    else if (!slice_is(param(in, "code_challenge_method"), "S256") ||
             !is_base64url(rq->challenge) || rq->state.n > DEV_PARAM_BYTES ||
             rq->nonce.n > DEV_NONCE_BYTES || (mode.n && !slice_is(mode, "query")))
        error = "invalid_request";
    else if (!has_word(param(in, "scope"), "openid"))
        error = "invalid_scope";
    else if (slice_is(param(in, "prompt"), "none"))
        error = "login_required"; /* no cookie, no session: a silent sign-in is never possible */
    if (!error)
        return true;
    redirect(out, rq->redirect_uri);
    redirect_add(out, "error", slice_cstr(error));
    if (rq->state.n && rq->state.n <= DEV_PARAM_BYTES)
        redirect_add(out, "state", rq->state);
    return false;
}

static void put_hidden(struct sb *out, const char *name, struct slice value)
{
    sb_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    put_html(out, value);
    sb_puts(out, "\">");
}

/* The page with its {{placeholders}} filled; what it says stands in the page. */
static void show_page(const struct auth_request *rq, const char *csp_nonce, bool failed,
                      struct dev_answer *out)
{
    const char *at = dev_issuer_login_html;
    const char *open;

    while ((open = strstr(at, "{{")) != NULL) {
        const char *close = strstr(open, "}}");
        const struct slice name = {open + 2, close ? (size_t)(close - open - 2) : 0};

        if (!close)
            break;
        sb_put(&out->body, at, (size_t)(open - at));
        at = close + 2;
        if (slice_is(name, "nonce")) {
            put_html(&out->body, slice_cstr(csp_nonce));
        } else if (slice_is(name, "action")) {
            sb_puts(&out->body, DEV_REALM_PATH DEV_ENDPOINTS "auth");
        } else if (slice_is(name, "error_class")) {
            sb_puts(&out->body, failed ? "failed" : "");
        } else if (slice_is(name, "hidden_fields")) {
            put_hidden(&out->body, "client_id", rq->client_id);
            put_hidden(&out->body, "redirect_uri", rq->redirect_uri);
            put_hidden(&out->body, "response_type", SLICE("code"));
            put_hidden(&out->body, "scope", SLICE(DEV_SCOPE));
            put_hidden(&out->body, "state", rq->state);
            put_hidden(&out->body, "nonce", rq->nonce);
            put_hidden(&out->body, "code_challenge", rq->challenge);
            put_hidden(&out->body, "code_challenge_method", SLICE("S256"));
        }
    }
    sb_puts(&out->body, at);
    out->status = 200;
    out->content_type = "text/html; charset=utf-8";
}

void dev_issuer_authorize(const struct dev_issuer *d, struct dev_params in, const char *csp_nonce,
                          struct dev_answer *out)
{
    struct auth_request rq;

    if (read_request(d, in, &rq, out))
        show_page(&rq, csp_nonce, false, out);
}

void dev_issuer_sign_in(struct dev_issuer *d, struct dev_params in, const char *csp_nonce,
                        struct dev_answer *out)
{
    const struct dev_user *user =
        dev_user_by_password(slice_trim(param(in, "username")), param(in, "password"));
    struct auth_request rq;
    struct dev_session s;
    struct sb code;

    if (!read_request(d, in, &rq, out))
        return;
    if (!user) {
        show_page(&rq, csp_nonce, true, out);
        return;
    }
    dev_session_new(&s, user, d->config->oidc_client_id);
    sb_init(&code, DEV_CODE_BYTES);
    snprintf(s.nonce, sizeof s.nonce, "%.*s", (int)rq.nonce.n, rq.nonce.n ? rq.nonce.p : "");
    dev_code_put(d, &s, rq.redirect_uri, rq.challenge, &code);
    redirect(out, rq.redirect_uri);
    redirect_add(out, "code", sb_get(&code));
    if (rq.state.n)
        redirect_add(out, "state", rq.state);
    sb_done(&code);
}

/* ---- tokens ---- */

static bool verifier_fits(struct slice verifier, const char *challenge)
{
    uint8_t digest[SHA256_BYTES];
    char text[CHALLENGE_CHARS + 1];

    if (verifier.n < VERIFIER_CHARS_MIN || verifier.n > VERIFIER_CHARS_MAX)
        return false;
    hash_sha256(verifier.p, verifier.n, digest);
    hash_base64url_encode(digest, sizeof digest, text);
    return challenge && strcmp(text, challenge) == 0;
}

static bool redirect_fits(struct slice uri, const char *want)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    hash_sha256(uri.p, uri.n, digest);
    hash_hex(digest, sizeof digest, hex);
    return want && strcmp(hex, want) == 0;
}

/* Each returns NULL and the session, or the word for error_description. */
static const char *grant_code(struct dev_issuer *d, struct dev_params in, struct dev_session *s)
{
    SCOPED(json_drop) json_t *v = dev_code_open(d, param(in, "code"));

    if (!v || !dev_session_read(s, v))
        return "code_unknown";
    if (dev_token_is_over(v))
        return "code_expired";
    /* used up by whoever presents it, right or wrong: a stolen code must not be tried again and
     * again */
    if (!dev_used_take(d->used, dev_used_name("code", slice_cstr(json_str(v, "jti")))))
        return "code_used";
    if (!slice_is(param(in, "client_id"), s->client))
        return "client_id";
    if (!redirect_fits(param(in, "redirect_uri"), json_str(v, "redirect_sha256")))
        return "redirect_uri";
    if (!verifier_fits(param(in, "code_verifier"), json_str(v, "challenge")))
        return "code_verifier";
    return NULL;
}

static const char *grant_refresh(struct dev_issuer *d, struct dev_params in, struct dev_session *s)
{
    SCOPED(json_drop) json_t *v = dev_token_open(d, param(in, "refresh_token"), "Refresh");

    if (!v || !dev_session_read(s, v))
        return "refresh_token_unknown";
    if (dev_token_is_over(v))
        return "refresh_token_expired";
    if (!slice_is(param(in, "client_id"), s->client))
        return "client_id";
    if (dev_used_has(d->used, dev_used_name("session", slice_cstr(s->id))))
        return "signed_out";
    if (!dev_used_take(d->used, dev_used_name("refresh", slice_cstr(json_str(v, "jti")))))
        return "refresh_token_used";
    return NULL;
}

static const char *grant_password(struct dev_issuer *d, struct dev_params in, struct dev_session *s)
{
    const struct dev_user *user =
        dev_user_by_password(param(in, "username"), param(in, "password"));

    (void)d;
    if (!slice_is(param(in, "client_id"), DEV_ISSUER_CLI))
        return "client_id";
    if (!user)
        return "user_or_password";
    dev_session_new(s, user, DEV_ISSUER_CLI);
    return NULL;
}

void dev_issuer_token(struct dev_issuer *d, struct dev_params in, struct dev_answer *out)
{
    static const struct {
        const char *type;
        const char *(*grant)(struct dev_issuer *, struct dev_params, struct dev_session *);
    } grants[] = {
        {"authorization_code", grant_code},
        {"refresh_token", grant_refresh},
        {"password", grant_password},
    };
    const struct slice type = param(in, "grant_type");

    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        struct dev_session s;
        const char *why;

        if (!slice_is(type, grants[i].type))
            continue;
        why = grants[i].grant(d, in, &s);
        if (why)
            dev_answer_error(out, 400, "invalid_grant", why);
        else
            dev_answer_tokens(d, &s, out);
        return;
    }
    dev_answer_error(out, 400, "unsupported_grant_type", "grant_type");
}

/* ---- sign-out ---- */

void dev_issuer_logout(struct dev_issuer *d, struct dev_params in, struct dev_answer *out)
{
    const struct slice back = param(in, "post_logout_redirect_uri");
    const struct slice refresh = param(in, "refresh_token");
    const struct slice state = param(in, "state");
    /* an ID token that is over still tells whose session ends: RP-initiated logout says to accept
     * it */
    SCOPED(json_drop)
    json_t *v = refresh.n ? dev_token_open(d, refresh, "Refresh")
                          : dev_token_open(d, param(in, "id_token_hint"), "ID");
    const char *sid = v ? json_str(v, "sid") : NULL;

    if (back.n && !is_own_uri(d, back)) {
        dev_answer_error(out, 400, "invalid_request", "post_logout_redirect_uri");
        return;
    }
    if (sid)
        dev_used_take(d->used, dev_used_name("session", slice_cstr(sid)));
    if (refresh.n && !back.n) {
        out->status = 204;
        return;
    }
    if (back.n)
        redirect(out, back);
    else
        redirect(out, SLICE("/"));
    if (back.n && state.n && state.n <= DEV_PARAM_BYTES)
        redirect_add(out, "state", state);
}
