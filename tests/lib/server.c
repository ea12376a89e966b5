/* SPDX-License-Identifier: MIT */
#include "tests/lib/server.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/sb.h"

enum { MAX_SETTINGS = 64, START_MS = 20000, STOP_MS = 10000, ARENA_BYTES = 64 << 20 };

struct server_private {
    struct arena *arena;
    struct testdb *db;
    char *program;
    const char *settings[MAX_SETTINGS];
    int nsettings;
    pid_t serve;
    pid_t work;
    struct {
        const char *email;
        const char *token;
    } tokens[8];
    int ntokens;
};

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void setting(struct server *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static _Noreturn void die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("server: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void setting(struct server *s, const char *fmt, ...)
{
    va_list ap;

    if (s->private->nsettings == MAX_SETTINGS - 1)
        die("too many settings");
    va_start(ap, fmt);
    s->private->settings[s->private->nsettings++] = arena_vprintf(s->private->arena, fmt, ap);
    va_end(ap);
}

/* build/debug/tests/http/test_x -> build/debug/clientmetrics */
static char *find_program(struct arena *a)
{
    const char *given = getenv("CM_TEST_BIN");
    char self[4096];
    ssize_t n;
    char *at;

    if (given && *given)
        return arena_strdup(a, given);
    n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        die("readlink: %s", strerror(errno));
    self[n] = '\0';
    at = strstr(self, "/tests/");
    if (!at)
        die("%s is not below build/<BUILD>/tests/", self);
    *at = '\0';
    return arena_printf(a, "%s/clientmetrics", self);
}

static pid_t start(struct server *s, const char *verb1, const char *verb2)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();

    if (pid < 0)
        die("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    clearenv();
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0",
           1); /* long-lived processes; leaks are the unit tests' business */
    for (int i = 0; i < s->private->nsettings; i++)
        putenv((char *)(uintptr_t)s->private->settings[i]);
    execl(s->private->program, "clientmetrics", verb1, verb2, (char *)NULL);
    fprintf(stderr, "server: cannot run %s: %s (make BUILD=... all builds it)\n",
            s->private->program, strerror(errno));
    _exit(127);
}

static void settings_of(struct server *s, const struct server_options *o)
{
    struct testdb *t = s->private->db;

    setting(s, "CM_ENV=test");
    setting(s, "CM_DATABASE_URL=%s", t->app_url);
    setting(s, "CM_DATABASE_OWNER_URL=%s", t->owner_url);
    setting(s, "CM_RUN_DIR=%s", s->dir);
    setting(s, "CM_SPOOL_DIR=%s", s->dir);
    setting(s, "CM_LOG_FILE=%s", s->log);
    setting(s, "CM_WEB_WORKERS=2");
    setting(s, "CM_STREAM_WORKERS=2");
    setting(s, "CM_JOB_WORKERS=2");
    setting(s, "CM_OIDC_ISSUER=https://localhost:8443/realms/demo");
    setting(s, "CM_OIDC_JWKS_URL=https://localhost:8443/realms/demo/protocol/openid-connect/certs");
    setting(s, "CM_OIDC_CLIENTS=clientmetrics-web,cm-cli");
    setting(s, "CM_DEV_ISSUER=on");
    setting(s, "CM_DEV_ISSUER_KEY_FILE=%s", s->key_file);
    setting(s, "CM_AUDIT_KEY=only-for-tests-0123456789");
    setting(s, "CM_SECRET_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    for (int i = 0; o->settings && o->settings[i]; i++)
        setting(s, "%s", o->settings[i]);
}

static void run_to_end(struct server *s, const char *verb1, const char *verb2)
{
    const pid_t pid = start(s, verb1, verb2);
    int status;

    if (waitpid(pid, &status, 0) < 0 || status != 0)
        die("%s %s failed", verb1, verb2 ? verb2 : "");
}

static void wait_ready(struct server *s)
{
    const int64_t deadline_ms = clock_mono_ms() + START_MS;

    while (clock_mono_ms() < deadline_ms) {
        const struct fcgi_call call = {.path = "/readyz", .deadline_ms = 2000};
        struct fcgi_answer a = {0};
        const bool ready = access(s->web_sock, F_OK) == 0 &&
                           fcgi_call(s->web_sock, &call, &a) == 0 && a.status == 200;

        fcgi_answer_done(&a);
        if (ready)
            return;
        if (waitpid(s->private->serve, NULL, WNOHANG) != 0)
            die("serve ended at its start; see %s", s->log);
        usleep(20000);
    }
    die("serve is not ready; see %s", s->log);
}

struct server *server_new(struct testdb *t, const struct server_options *o)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct server *s = arena_zalloc(a, 1, sizeof *s);
    char dir[] = "/tmp/cm-server-XXXXXX";

    s->private = arena_zalloc(a, 1, sizeof *s->private);
    s->private->arena = a;
    s->private->db = t;
    s->private->program = find_program(a);
    if (!mkdtemp(dir))
        die("mkdtemp: %s", strerror(errno));
    s->dir = arena_strdup(a, dir);
    s->web_sock = arena_printf(a, "%s/web.sock", dir);
    s->stream_sock = arena_printf(a, "%s/stream.sock", dir);
    s->log = arena_printf(a, "%s/log", dir);
    s->key_file = arena_printf(a, "%s/issuer.pem", dir);
    settings_of(s, o);
    run_to_end(s, "admin", "demo");
    s->private->serve = start(s, "serve", NULL);
    if (o->work)
        s->private->work = start(s, "work", NULL);
    wait_ready(s);
    return s;
}

static void stop(pid_t pid)
{
    const int64_t deadline_ms = clock_mono_ms() + STOP_MS;

    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (clock_mono_ms() > deadline_ms) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            fprintf(stderr, "server: process %d did not stop on TERM\n", (int)pid);
            return;
        }
        usleep(10000);
    }
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void server_free(struct server *s)
{
    if (!s)
        return;
    stop(s->private->work);
    stop(s->private->serve);
    nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(s->private->arena);
}

struct fcgi_answer server_call(struct server *s, bool stream_pool, const struct fcgi_call *call)
{
    struct fcgi_answer a = {0};

    if (fcgi_call(stream_pool ? s->stream_sock : s->web_sock, call, &a) < 0)
        die("%s %s: no complete answer", call->method ? call->method : "GET", call->path);
    return a;
}

const char *server_token(struct server *s, const char *email)
{
    struct server_private *p = s->private;
    struct fcgi_answer a;
    char *token;

    for (int i = 0; i < p->ntokens; i++) {
        if (strcmp(p->tokens[i].email, email) == 0)
            return p->tokens[i].token;
    }
    a = server_call(
        s, false,
        &(const struct fcgi_call){
            .method = "POST",
            .path = "/realms/demo/protocol/openid-connect/token",
            .content_type = "application/x-www-form-urlencoded",
            .body = arena_printf(p->arena,
                                 "grant_type=password&client_id=cm-cli&username=%s&password=demo"
                                 "&scope=openid%%20organization",
                                 email)});
    token = server_json_str(&a, "access_token");
    if (!token)
        die("no token for %s: %d %s", email, a.status, a.body);
    p->tokens[p->ntokens].email = arena_strdup(p->arena, email);
    p->tokens[p->ntokens].token = arena_strdup(p->arena, token);
    free(token);
    fcgi_answer_done(&a);
    return p->tokens[p->ntokens++].token;
}

const char *server_bearer(struct server *s, const char *email)
{
    return arena_printf(s->private->arena, "Bearer %s", server_token(s, email));
}

struct fcgi_answer server_upload(struct server *s, const char *email, const char *filename,
                                 const char *csv)
{
    static const char edge[] = "----edge-of-the-form";
    struct fcgi_answer a;
    struct sb body;

    sb_init(&body, 1 << 30);
    sb_printf(&body, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n",
              edge, filename);
    sb_puts(&body, "Content-Type: text/csv\r\n\r\n");
    sb_puts(&body, csv);
    sb_printf(&body, "\r\n--%s--\r\n", edge);
    a = server_call(s, true,
                    &(const struct fcgi_call){
                        .method = "POST",
                        .path = "/api/upload",
                        .content_type = "multipart/form-data; boundary=----edge-of-the-form",
                        .authorization = server_bearer(s, email),
                        .body = body.p,
                        .nbody = body.n,
                        .deadline_ms = 60000});
    sb_done(&body);
    return a;
}

/* Depth first, the first member of that name. */
static const json_t *find_member(const json_t *v, const char *key)
{
    const json_t *found = json_object_get(v, key);
    void *at;

    if (found || !json_is_object(v)) {
        for (size_t i = 0; !found && i < json_array_size(v); i++)
            found = find_member(json_array_get(v, i), key);
        return found;
    }
    for (at = json_object_iter((json_t *)(uintptr_t)v); at && !found;
         at = json_object_iter_next((json_t *)(uintptr_t)v, at))
        found = find_member(json_object_iter_value(at), key);
    return found;
}

char *server_json_str(const struct fcgi_answer *a, const char *key)
{
    json_t *all = json_loads(a->body ? a->body : "", 0, NULL);
    const json_t *v = find_member(all, key);
    char *text = NULL;

    if (json_is_string(v))
        text = strdup(json_string_value(v));
    else if (json_is_integer(v) && asprintf(&text, "%lld", (long long)json_integer_value(v)) < 0)
        text = NULL;
    json_decref(all);
    return text;
}

bool server_jobs_done(struct server *s, const char *email, int64_t ms)
{
    const int64_t deadline_ms = clock_mono_ms() + ms;

    for (;;) {
        const struct fcgi_call call = {.path = "/api/process-jobs",
                                       .authorization = server_bearer(s, email)};
        struct fcgi_answer a = server_call(s, false, &call);
        const bool done =
            a.status == 200 && strstr(a.body, "\"pending\":0,\"processing\":0") != NULL;

        fcgi_answer_done(&a);
        if (done)
            return true;
        if (clock_mono_ms() > deadline_ms)
            return false;
        usleep(20000);
    }
}

int server_log_count(const struct server *s, const char *text)
{
    FILE *f = fopen(s->log, "re");
    char *line = NULL;
    size_t cap = 0;
    int n = 0;

    if (!f)
        return 0;
    while (getline(&line, &cap, f) > 0)
        n += strstr(line, text) != NULL;
    free(line);
    fclose(f);
    return n;
}
