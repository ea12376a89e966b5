/* SPDX-License-Identifier: MIT */
#include "core/base/csv_write.h"

#include <string.h>

/* The wide forms of = + - @, which East Asian spreadsheets compute as well. */
static bool is_wide(struct slice s)
{
    return slice_starts(s, SLICE("＝")) || slice_starts(s, SLICE("＋")) ||
           slice_starts(s, SLICE("－")) || slice_starts(s, SLICE("＠"));
}

bool csv_is_formula(struct slice s)
{
    bool telephone = s.n > 1 && s.p[0] == '+';

    for (size_t i = 1; i < s.n && telephone; i++)
        telephone = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] && strchr(" ()-", s.p[i]));
    return is_wide(s) || (s.n && s.p[0] && strchr("=+-@\t\r\n", s.p[0]) && !telephone);
}

void csv_cell(struct sb *b, struct slice s)
{
    sb_putc(b, '"');
    if (csv_is_formula(s))
        sb_putc(b, '\'');
    while (s.n) { /* up to and with each quote, which is then written again */
        const char *quote = memchr(s.p, '"', s.n);
        const size_t n = quote ? (size_t)(quote - s.p) + 1 : s.n;

        sb_put(b, s.p, n);
        if (quote)
            sb_putc(b, '"');
        s = (struct slice){s.p + n, s.n - n};
    }
    sb_putc(b, '"');
}
