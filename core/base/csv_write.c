/* SPDX-License-Identifier: MIT */
#include "core/base/csv_write.h"

#include <string.h>

/* The wide forms of = + - @, which East Asian spreadsheets compute as well. */
static bool is_wide(struct slice s)
{
    return slice_starts(s, SLICE("＝")) || slice_starts(s, SLICE("＋")) ||
           slice_starts(s, SLICE("－")) || slice_starts(s, SLICE("＠"));
}

static bool is_sign(struct slice s)
{
    bool telephone = s.n > 1 && s.p[0] == '+';

    for (size_t i = 1; i < s.n && telephone; i++)
        telephone = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] && strchr(" ()-", s.p[i]));
    return is_wide(s) || (s.n && s.p[0] && strchr("=+-@", s.p[0]) && !telephone);
}

bool csv_is_formula(struct slice s)
{
    return is_sign(s) || (s.n && s.p[0] && strchr("\t\r\n", s.p[0]));
}

/* What a spreadsheet that splits at ';' or tabs would begin a cell with at `at`; a quote there is its own. */
static bool begins_formula(struct slice s, size_t at)
{
    size_t end;

    while (at < s.n && s.p[at] == '"')
        at++;
    for (end = at; end < s.n && s.p[end] && !strchr(";\t\r\n", s.p[end]);)
        end++;
    return is_sign((struct slice){s.p + at, end - at});
}

void csv_cell(struct sb *b, struct slice s)
{
    size_t from = 0;

    sb_putc(b, '"');
    if (csv_is_formula(s))
        sb_putc(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        const bool quote = s.p[i] == '"';

        if (quote || ((s.p[i] == ';' || s.p[i] == '\t') && begins_formula(s, i + 1))) {
            sb_put(b, s.p + from, i + 1 - from);
            sb_putc(b, quote ? '"' : '\'');
            from = i + 1;
        }
    }
    if (from < s.n)
        sb_put(b, s.p + from, s.n - from);
    sb_putc(b, '"');
}
