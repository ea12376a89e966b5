/* SPDX-License-Identifier: MIT */
/*
 * log: one JSON line per event, to a file or stderr. No personal data, no secrets, no SQL values.
 *
 *   LOG(LOG_INFO, "request", {"path", LOG_S(path)}, {"ms", LOG_I(ms)});
 *
 * One write(2) a line, so lines of several processes never mix. Lines over 8 KiB are cut at a field.
 */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

enum log_kind { LOG_KIND_STR, LOG_KIND_INT, LOG_KIND_REAL, LOG_KIND_BOOL };

struct log_field {
    const char *key;
    enum log_kind kind;
    struct slice s;
    int64_t i;
    double d;
};

#define LOG_S(text)      LOG_KIND_STR, .s = slice_cstr(text)
#define LOG_SLICE(slice) LOG_KIND_STR, .s = (slice)
#define LOG_I(v)         LOG_KIND_INT, .i = (int64_t)(v)
#define LOG_D(v)         LOG_KIND_REAL, .d = (v)
#define LOG_B(v)         LOG_KIND_BOOL, .i = (v)

/* Fields whose string is NULL are left out. */
#define LOG(level, event, ...)                                                                     \
    log_event((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n);

/* `path` "-" or NULL is stderr. Returns -1 and keeps the old target when it cannot be opened. */
int log_open(const char *path, enum log_level least);
int log_reopen(void); /* after rotation */
bool log_level_parse(const char *s, enum log_level *out);

/* What every line carries: the role of the process ("web", "job", "master"). Borrowed. */
void log_set_role(const char *role);

#endif
