/* SPDX-License-Identifier: MIT */
#include "core/base/log.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/unicode.h"

enum { LINE_BYTES = 8 << 10 };

static struct {
    int fd;
    enum log_level least;
    const char *role;
    char path[1024];
} target = {.fd = STDERR_FILENO, .least = LOG_INFO, .role = "main"};

static const char *const levels[] = {"debug", "info", "warn", "error", "off"};

bool log_level_parse(const char *s, enum log_level *out)
{
    for (int i = LOG_DEBUG; i <= LOG_OFF; i++) {
        if (strcmp(s, levels[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_role(const char *role)
{
    target.role = role;
}

static int open_append(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

int log_open(const char *path, enum log_level least)
{
    int fd = STDERR_FILENO;
    const bool to_file = path && strcmp(path, "-") != 0;

    if (to_file) {
        if (strlen(path) >= sizeof target.path)
            return -1;
        fd = open_append(path);
        if (fd < 0)
            return -1;
    }
    if (target.fd != STDERR_FILENO)
        close(target.fd);
    target.fd = fd;
    target.least = least;
    snprintf(target.path, sizeof target.path, "%s", to_file ? path : "");
    return 0;
}

int log_reopen(void)
{
    int fd;

    if (!target.path[0])
        return 0;
    fd = open_append(target.path);
    if (fd < 0)
        return -1;
    close(target.fd);
    target.fd = fd;
    return 0;
}

/* Own buffer and own quoting: the log must work when memory does not. */
struct line {
    char p[LINE_BYTES];
    size_t n;
    bool full;
};

static void put(struct line *l, const char *p, size_t n)
{
    if (l->full || n > sizeof l->p - 3 - l->n) { /* 3: the end of the line always fits */
        l->full = true;
        return;
    }
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void put_quoted(struct line *l, struct slice s)
{
    unsigned used = 1;

    put(l, "\"", 1);
    for (size_t i = 0; i < s.n; i += used) {
        const unsigned char c = (unsigned char)s.p[i];
        char esc[8] = "";

        used = 1;
        if (c == '"' || c == '\\') {
            esc[0] = '\\';
            esc[1] = (char)c;
            put(l, esc, 2);
        } else if (c < 0x20 || c == 0x7f) {
            put(l, esc, (size_t)snprintf(esc, sizeof esc, "\\u%04x", c));
        } else if (c < 0x80) {
            put(l, s.p + i, 1);
        } else if (utf8_decode(s, i, &used) == UNICODE_REPLACEMENT && used == 1) {
            put(l, "\xEF\xBF\xBD", 3); /* a path may hold any byte; a line of the log is UTF-8 */
        } else {
            put(l, s.p + i, used);
        }
    }
    put(l, "\"", 1);
}

static void put_field(struct line *l, const struct log_field *f)
{
    const size_t before = l->n;
    char text[40];
    int n = 0;

    if (f->kind == LOG_KIND_STR && !f->s.p)
        return;
    put(l, ",", 1);
    put_quoted(l, slice_cstr(f->key));
    put(l, ":", 1);
    switch (f->kind) {
    case LOG_KIND_STR: put_quoted(l, f->s); break;
    case LOG_KIND_INT: n = snprintf(text, sizeof text, "%lld", (long long)f->i); break;
    case LOG_KIND_REAL:
        n = isfinite(f->d) ? snprintf(text, sizeof text, "%.6g", f->d)
                           : snprintf(text, sizeof text, "null");
        break;
    case LOG_KIND_BOOL: n = snprintf(text, sizeof text, "%s", f->i ? "true" : "false"); break;
    }
    put(l, text, (size_t)n);
    if (l->full)
        l->n = before; /* cut at a field: the line stays JSON */
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    struct line l = {.n = 0};
    char when[CLOCK_TEXT_BYTES];
    char head[160];
    const char *p = l.p;

    if (level < target.least)
        return;
    clock_text(clock_now_us(), when);
    put(&l, head,
        (size_t)snprintf(head, sizeof head,
                         "{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%.32s\",\"pid\":%d,"
                         "\"event\":\"%.48s\"",
                         when, levels[level], target.role, (int)getpid(), event));
    for (size_t i = 0; i < n && !l.full; i++)
        put_field(&l, &fields[i]);
    l.p[l.n++] = '}';
    l.p[l.n++] = '\n';
    while (l.n) {
        const ssize_t w = write(target.fd, p, l.n);

        if (w <= 0)
            return; /* nowhere left to complain */
        p += w;
        l.n -= (size_t)w;
    }
}
