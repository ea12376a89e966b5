/* SPDX-License-Identifier: MIT */
#include "tests/lib/double.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/sb.h"

enum { START_MS = 15000, ANSWER_MS = 5000, ANSWER_BYTES = 64 << 20 };

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("double: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static _Noreturn void become_node(const struct double_options *o, int in, int out)
{
    const char *node = getenv("CM_TEST_NODE");
    char latency[16];
    const char *argv[12];
    int n = 0;

    snprintf(latency, sizeof latency, "%d", o->latency_ms);
    argv[n++] = node && *node ? node : "node";
    argv[n++] = "tests/lib/openai_double.mjs";
    argv[n++] = "--latency";
    argv[n++] = latency;
    if (o->tls)
        argv[n++] = "--tls";
    if (o->key) {
        argv[n++] = "--key";
        argv[n++] = o->key;
    }
    argv[n] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(126);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    fprintf(stderr, "double: cannot run %s: %s (CM_TEST_NODE names another)\n", argv[0],
            strerror(errno));
    _exit(127);
}

/* One line, or the end of the process. */
static void read_line(int fd, char *line, size_t size, int ms)
{
    size_t n = 0;

    while (n < size - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t got;

        if (poll(&p, 1, ms) != 1)
            die("not ready after %d ms", ms);
        got = read(fd, line + n, 1);
        if (got <= 0)
            die("ended before it was ready");
        if (line[n] == '\n')
            break;
        n++;
    }
    line[n] = '\0';
}

static int port_of(const json_t *ready, const char *name)
{
    return (int)json_integer_value(json_object_get(ready, name));
}

void double_start(struct openai_double *d, const struct double_options *o)
{
    char line[1024];
    int in[2];
    int out[2];
    json_t *ready;

    *d = (struct openai_double){0};
    if (pipe(in) < 0 || pipe(out) < 0)
        die("pipe: %s", strerror(errno));
    d->pid = fork();
    if (d->pid == 0) {
        close(in[1]);
        close(out[0]);
        become_node(o, in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    d->to = in[1];
    read_line(out[0], line, sizeof line, START_MS);
    close(out[0]);
    ready = json_loads(line, 0, NULL);
    d->http_port = port_of(ready, "http");
    d->https_port = port_of(ready, "https");
    d->wrong_https_port = port_of(ready, "wrong_https");
    snprintf(d->http_url, sizeof d->http_url, "http://127.0.0.1:%d/v1", d->http_port);
    snprintf(d->https_url, sizeof d->https_url, "https://localhost:%d/v1", d->https_port);
    snprintf(d->wrong_https_url, sizeof d->wrong_https_url, "https://localhost:%d/v1",
             d->wrong_https_port);
    if (o->tls)
        snprintf(d->ca_file, sizeof d->ca_file, "%s",
                 json_string_value(json_object_get(ready, "ca")));
    json_decref(ready);
    if (d->http_port <= 0)
        die("what is this: %s", line);
}

void double_stop(struct openai_double *d)
{
    if (d->pid <= 0)
        return;
    kill(d->pid, SIGTERM);
    waitpid(d->pid, NULL, 0);
    close(d->to);
    d->pid = 0;
}

/* A request of HTTP/1.0, so that the end of the connection is the end of the answer. */
static json_t *ask(const struct openai_double *d, const char *method, const char *path,
                   const char *body)
{
    const struct sockaddr_in a = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)d->http_port)};
    const struct timeval most = {.tv_sec = ANSWER_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sb answer;
    char block[65536];
    const char *at;
    json_t *v = NULL;
    ssize_t n;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) < 0 ||
        connect(fd, (const struct sockaddr *)&a, sizeof a) < 0)
        die("connect: %s", strerror(errno));
    dprintf(fd, "%s %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s", method, path, strlen(body),
            body);
    sb_init(&answer, ANSWER_BYTES);
    while ((n = read(fd, block, sizeof block)) > 0)
        sb_put(&answer, block, (size_t)n);
    close(fd);
    at = strstr(sb_text(&answer), "\r\n\r\n");
    if (at)
        v = json_loads(at + 4, 0, NULL);
    if (!v)
        die("%s %s is answered with \"%.200s\"", method, path, sb_text(&answer));
    sb_done(&answer);
    return v;
}

json_t *double_calls(const struct openai_double *d)
{
    return ask(d, "GET", "/__calls", "");
}

int64_t double_count(const struct openai_double *d, const char *what)
{
    json_t *calls = ask(d, "GET", "/__calls?requests=0", "");
    const int64_t n = json_integer_value(json_object_get(calls, what));

    json_decref(calls);
    return n;
}

void double_script(const struct openai_double *d, const char *steps)
{
    struct sb body;

    sb_init(&body, 1 << 20);
    sb_printf(&body, "{\"steps\":%s}", steps);
    json_decref(ask(d, "POST", "/__script", sb_text(&body)));
    sb_done(&body);
}

void double_reset(const struct openai_double *d)
{
    json_decref(ask(d, "POST", "/__reset", ""));
}
