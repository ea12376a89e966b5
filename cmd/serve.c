/* SPDX-License-Identifier: MIT */
/* serve: the sockets, what the workers share, the roles; then the master. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/dev_issuer.h"
#include "auth/keys.h"
#include "auth/keys_http.h"
#include "cmd/cmd.h"
#include "core/base/log.h"
#include "core/proc/child.h"
#include "core/proc/master.h"
#include "fcgi/api_dev_issuer.h"
#include "fcgi/app.h"
#include "fcgi/transport.h"
#include "fcgi/worker.h"

enum { PATH_BYTES = 4096, ROLE_WEB = 0, ROLE_STREAM, ROLE_KEYS, ROLES };

struct server {
    const struct config *config;
    struct keys *keys;
    struct streams *streams;
    struct dev_issuer *dev_issuer;
    char web_path[PATH_BYTES];
    char stream_path[PATH_BYTES];
    int web_fd;
    int stream_fd;
    struct app apps[2];
    struct worker_options workers[2];
};

static bool keys_wait(void *user, int fd, int64_t ms)
{
    return proc_child_wait(user, fd, ms) != PROC_WAIT_STOP;
}

static int keys_role(struct proc_child *self, void *user)
{
    struct server *s = user;
    struct keys_http *http = NULL;
    struct keys_source source;

    if (s->dev_issuer) {
        source = dev_issuer_keys(s->dev_issuer);
    } else {
        http = keys_http_new(s->config);
        source = keys_http_source(http);
    }
    proc_child_ready(self);
    keys_run(s->keys, &source, keys_wait, self);
    keys_http_free(http);
    return PROC_EXIT_OK;
}

static int failed(const char *what, const char *path)
{
    LOG(LOG_ERROR, "serve_failed", {"what", LOG_S(what)}, {"path", LOG_S(path)},
        {"why", LOG_S(strerror(errno))});
    return -1;
}

static int open_sockets(struct server *s)
{
    snprintf(s->web_path, sizeof s->web_path, "%s/web.sock", s->config->run_dir);
    snprintf(s->stream_path, sizeof s->stream_path, "%s/stream.sock", s->config->run_dir);
    s->web_fd = transport_listen(s->web_path, (gid_t)-1);
    if (s->web_fd < 0)
        return failed("listen", s->web_path);
    s->stream_fd = transport_listen(s->stream_path, (gid_t)-1);
    return s->stream_fd < 0 ? failed("listen", s->stream_path) : 0;
}

static void close_sockets(struct server *s)
{
    if (s->web_fd >= 0)
        transport_unlisten(s->web_path, s->web_fd);
    if (s->stream_fd >= 0)
        transport_unlisten(s->stream_path, s->stream_fd);
}

static int check(const struct config *c)
{
    const char *missing = !c->oidc_issuer                       ? "CM_OIDC_ISSUER"
                          : !c->oidc_jwks_url && !c->dev_issuer ? "CM_OIDC_JWKS_URL"
                                                                : NULL;

    if (!missing)
        return 0;
    LOG(LOG_ERROR, "serve_failed", {"what", LOG_S("a setting is missing")},
        {"setting", LOG_S(missing)});
    return -1;
}

/* What all workers share; made before the fork. */
static int share(struct server *s, size_t slots)
{
    s->keys = keys_new();
    s->streams = streams_new(slots);
    if (!s->keys || !s->streams)
        return failed("shared memory", NULL);
    if (s->config->dev_issuer) {
        s->dev_issuer = dev_issuer_new(s->config, stderr);
        if (!s->dev_issuer)
            return -1; /* it said why */
        api_dev_issuer_use(s->dev_issuer);
    }
    return 0;
}

static void set_pool(struct server *s, int i, enum route_pool pool, int fd, int64_t deadline_ms)
{
    s->apps[i] =
        (struct app){.config = s->config, .keys = s->keys, .streams = s->streams, .pool = pool};
    s->workers[i] = (struct worker_options){
        .config = s->config,
        .listen_fd = fd,
        .deadline_ms = deadline_ms,
        .serve = app_serve,
        .done = app_done,
        .start = app_start,
        .stop = app_stop,
        .user = &s->apps[i],
    };
}

static int run(struct server *s, const struct proc_role *roles)
{
    char pid_file[PATH_BYTES];
    struct master *m;
    int status;

    snprintf(pid_file, sizeof pid_file, "%s/serve.pid", s->config->run_dir);
    m = master_new(&(const struct master_options){.roles = roles,
                                                  .nroles = ROLES,
                                                  .pid_file = pid_file,
                                                  .grace_ms = s->config->shutdown_grace_ms});
    if (!m)
        return -1;
    status = open_sockets(s);
    if (status == 0) {
        set_pool(s, ROLE_WEB, ROUTE_WEB, s->web_fd, s->config->request_ms);
        set_pool(s, ROLE_STREAM, ROUTE_STREAM, s->stream_fd, s->config->stream_ms);
        LOG(LOG_INFO, "serve_started", {"web", LOG_I(roles[ROLE_WEB].count)},
            {"stream", LOG_I(roles[ROLE_STREAM].count)}, {"run_dir", LOG_S(s->config->run_dir)});
        status = master_run(m);
    }
    close_sockets(s);
    master_free(m);
    return status;
}

int cmd_serve(const struct config *c, int argc, char **argv)
{
    struct server s = {.config = c, .web_fd = -1, .stream_fd = -1};
    const struct proc_role roles[ROLES] = {
        [ROLE_WEB] = {"web", (int)c->web_workers, worker_run, &s.workers[ROLE_WEB]},
        [ROLE_STREAM] = {"stream", (int)c->stream_workers, worker_run, &s.workers[ROLE_STREAM]},
        [ROLE_KEYS] = {"keys", 1, keys_role, &s},
    };
    int status;

    (void)argv;
    if (argc > 0)
        return EXIT_USAGE;
    log_set_role("master");
    /* a roll keeps an old and a new child in different slots for a moment; the master says how many there can be */
    status = check(c) < 0 || share(&s, (size_t)(2 * (c->web_workers + c->stream_workers + 2))) < 0
                 ? -1
                 : run(&s, roles);
    dev_issuer_free(s.dev_issuer);
    keys_free(s.keys);
    return status == 0 ? EXIT_OK : EXIT_FAILED;
}
