/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_date.h"

#include <string.h>

#include "core/base/unicode.h"

const char *const upload_date_order_names[UPLOAD_DATE_ORDERS] = {"ymd", "dmy", "mdy"};

/* Three numbers as they stand in the text. */
struct parts {
    int value[3];
    int digits[3];
    char between;
};

/* Up to four digits from *at on. */
static bool take_number(struct slice s, size_t *at, int *value, int *digits)
{
    *value = *digits = 0;
    while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9' && *digits < 4) {
        *value = *value * 10 + (s.p[*at] - '0');
        ++*digits;
        ++*at;
    }
    return *digits > 0;
}

static size_t skip_blanks(struct slice s, size_t at)
{
    unsigned used = 1;

    while (at < s.n && unicode_is_space(utf8_decode(s, at, &used)))
        at += used;
    return at;
}

/* Nothing, or a time of day and what may follow one: seconds, a zone, "p. m.". It is not kept, so it is only made sure
 * that it is no second date and no other text. */
static bool is_time(struct slice s, size_t at)
{
    int hour;
    int minute;
    int digits;

    if (at < s.n && (s.p[at] == 'T' || s.p[at] == 't' || s.p[at] == ','))
        at++;
    else if (at < s.n && skip_blanks(s, at) == at)
        return false;
    at = skip_blanks(s, at);
    if (at == s.n)
        return true;
    if (!take_number(s, &at, &hour, &digits) || hour > 24 || at == s.n || s.p[at++] != ':' ||
        !take_number(s, &at, &minute, &digits) || digits != 2 || minute > 59)
        return false;
    for (unsigned used; at < s.n; at += used) {
        const uint32_t cp = utf8_decode(s, at, &used);

        if (!unicode_is_space(cp) &&
            (cp >= 0x80 || !cp || !strchr("0123456789:.+-ZzAaPpMm", (int)cp)))
            return false;
    }
    return true;
}

static bool take_parts(struct slice s, struct parts *out)
{
    size_t at = 0;

    for (int i = 0; i < 3; i++) {
        if (i > 0) {
            if (at == s.n || !strchr("-/.", s.p[at]) || !s.p[at] ||
                (i > 1 && s.p[at] != out->between))
                return false;
            out->between = s.p[at++];
        }
        if (!take_number(s, &at, &out->value[i], &out->digits[i]))
            return false;
    }
    return is_time(s, at);
}

static bool year_first(const struct parts *p)
{
    return p->digits[0] == 4 && p->digits[1] <= 2 && p->digits[2] <= 2;
}

static bool year_last(const struct parts *p)
{
    return p->digits[0] <= 2 && p->digits[1] <= 2 && (p->digits[2] == 2 || p->digits[2] == 4);
}

/* 24-01-02: a program's date whose century was left out, or a person's 24 January. Slashes and dots are only a person's. */
static bool short_year_first(const struct parts *p)
{
    return p->between == '-' && p->digits[0] == 2 && p->digits[1] == 2 && p->digits[2] == 2;
}

static int full_year(int y)
{
    return y + (y < 70 ? 2000 : 1900);
}

static bool exists(int y, int m, int d)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (y < 1900 || y > 2199 || m < 1 || m > 12 || d < 1)
        return false;
    return d <= days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

static void put_digits(char *out, int digits, int value)
{
    for (; digits > 0; value /= 10)
        out[--digits] = (char)('0' + value % 10);
}

bool upload_date_read(struct slice s, enum upload_date_order order, char out[UPLOAD_DATE_BYTES])
{
    struct parts p;
    int y;
    int m;
    int d;

    if (!take_parts(s, &p))
        return false;
    if (year_first(&p)) {
        y = p.value[0];
        m = p.value[1];
        d = p.value[2];
    } else if (year_last(&p) && order != UPLOAD_YMD) {
        y = p.digits[2] == 2 ? full_year(p.value[2]) : p.value[2];
        m = p.value[order == UPLOAD_DMY];
        d = p.value[order != UPLOAD_DMY];
    } else if (short_year_first(&p) && order == UPLOAD_YMD) {
        y = full_year(p.value[0]);
        m = p.value[1];
        d = p.value[2];
    } else {
        return false;
    }
    if (!exists(y, m, d))
        return false;
    put_digits(out, 4, y);
    out[4] = out[7] = '-';
    put_digits(out + 5, 2, m);
    put_digits(out + 8, 2, d);
    out[10] = '\0';
    return true;
}

enum upload_date_hint upload_date_hint(struct slice s)
{
    struct parts p;
    int a;
    int b;

    if (!take_parts(s, &p))
        return UPLOAD_HINT_NONE;
    if (year_first(&p))
        return UPLOAD_HINT_YMD;
    a = p.value[0];
    b = p.value[1];
    if (!year_last(&p) || a < 1 || b < 1 || a > 31 || b > 31 || (a > 12 && b > 12))
        return UPLOAD_HINT_NONE;
    if (a > 12 && short_year_first(&p) && p.value[2] >= 1 && p.value[2] <= 31)
        return UPLOAD_HINT_DMY_OR_YEAR;
    return a > 12 ? UPLOAD_HINT_DMY : b > 12 ? UPLOAD_HINT_MDY : UPLOAD_HINT_EITHER;
}
