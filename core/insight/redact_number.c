/* SPDX-License-Identifier: MIT */
#include "core/insight/redact_number.h"

#include <string.h>

#include "core/base/unicode.h"
#include "core/insight/redact_check.h"

enum {
    GROUPS = 8,
    DIGITS = 20,         /* more in a row are none of ours */
    SEPARATOR_BYTES = 3, /* ") " and the like */
    WORD_REACH_BYTES = 48,
    WORDS_REACH = 4,
    WORD_BYTES = 24,
};

/* Digits in groups: "+56 9 1234 5678" */
struct run {
    struct slice s;
    bool plus;
    size_t start;
    size_t n;
    struct {
        size_t start, end;
        char separator; /* before it: ' ', '-', '.' */
    } groups[GROUPS];
};

static bool digit(struct slice s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

static bool letter(struct slice s, size_t at)
{
    const char c = at < s.n ? s.p[at] : ' ';

    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0xC3;
}

/* What stands between two groups: ' ', '-' or '.', and *n bytes of it; 0 when it is no separator. Parentheses are for
 * the code of an area or country at the beginning. */
static char separator(struct slice s, size_t at, bool parentheses, size_t *n)
{
    char kind = 0;
    size_t i = at;

    for (; i < s.n && i - at < SEPARATOR_BYTES && !digit(s, i); i++) {
        if (s.p[i] == '-' || s.p[i] == '.')
            kind = kind && kind != ' ' ? 'x' : s.p[i];
        else if (s.p[i] == ' ' || (parentheses && (s.p[i] == '(' || s.p[i] == ')')))
            kind = kind ? kind : ' ';
        else if (s.p[i] == '\xC2' && i + 1 < s.n && s.p[i + 1] == '\xA0')
            kind = kind ? kind : ' ', i++;
        else
            return 0;
    }
    *n = i - at;
    if (!digit(s, i) || kind == 'x' || (kind == '.' && *n != 1))
        return 0; /* ". 5": another sentence */
    return kind;
}

static void take_run(struct slice s, size_t at, struct run *r)
{
    bool opened = false;
    size_t gap = 0;
    char kind = ' ';

    *r = (struct run){.s = s, .start = at};
    for (int k = 0; k < 2 && at < s.n && (s.p[at] == '+' || s.p[at] == '('); k++) {
        r->plus = s.p[at] == '+' || r->plus;
        opened = s.p[at++] == '(' || opened;
    }
    while (kind && r->n < GROUPS && digit(s, at + gap)) {
        r->groups[r->n].start = at += gap;
        r->groups[r->n].separator = kind;
        while (digit(s, at))
            at++;
        r->groups[r->n++].end = at;
        gap = 0;
        kind = separator(s, at, (opened || r->plus) && r->n <= 2, &gap);
    }
}

static size_t group_digits(const struct run *r, size_t g)
{
    return r->groups[g].end - r->groups[g].start;
}

/* The digits of groups [0, n); 0 when they are more than DIGITS. */
static size_t digits_of(const struct run *r, size_t n, char out[DIGITS + 1])
{
    size_t total = 0;

    for (size_t g = 0; g < n; g++) {
        if (total + group_digits(r, g) > DIGITS)
            return 0;
        memcpy(out + total, r->s.p + r->groups[g].start, group_digits(r, g));
        total += group_digits(r, g);
    }
    out[total] = '\0';
    return total;
}

/* ",5", ",50": decimals; more digits are another number */
static bool decimals(struct slice s, size_t at)
{
    return at < s.n && s.p[at] == ',' && digit(s, at + 1) &&
           !(digit(s, at + 2) && digit(s, at + 3));
}

/* No letter, no decimals and no % right behind. */
static bool ends(const struct run *r, size_t at)
{
    const struct slice s = r->s;

    return !letter(s, at) && !digit(s, at) && !decimals(s, at) && !(at < s.n && s.p[at] == '%');
}

/* "1.234.567" */
static bool thousands(const struct run *r, size_t n)
{
    if (n < 2 || group_digits(r, 0) > 3)
        return false;
    for (size_t g = 1; g < n; g++) {
        if (r->groups[g].separator != '.' || group_digits(r, g) != 3)
            return false;
    }
    return true;
}

/* ---- words beside a number ---- */

/* Whether one of the last words before `at` is in " a b c ". Dots inside are dropped: "C.C." is cc. */
static bool word_before(struct slice s, size_t at, const char *words)
{
    size_t from = at > WORD_REACH_BYTES ? at - WORD_REACH_BYTES : 0;
    char ring[WORDS_REACH][WORD_BYTES + 6] = {{0}};
    size_t n = 0, len = 1;

    while (from < at && ((unsigned char)s.p[from] & 0xC0) == 0x80)
        from++;
    for (size_t i = from; i <= at;) {
        char *word = ring[n % WORDS_REACH];
        unsigned used = 1;
        const uint32_t cp = i < at ? unicode_fold(utf8_decode(s, i, &used)) : ' ';

        i += used;
        word[0] = ' ';
        if (cp == 0 || cp == '.')
            continue;
        if (cp != UNICODE_REPLACEMENT && unicode_is_letter(cp)) {
            if (len < WORD_BYTES)
                len += utf8_encode(cp, word + len);
        } else if (len > 1) {
            word[len] = ' ';
            word[len + 1] = '\0';
            len = 1;
            n++;
        }
    }
    for (size_t k = 0; k < n && k < WORDS_REACH; k++) {
        if (strstr(words, ring[(n - 1 - k) % WORDS_REACH]))
            return true;
    }
    return false;
}

static bool phone_word(const struct run *r)
{
    return word_before(
        r->s, r->start,
        " telefono telefonos tel fono celular celulares cel movil whatsapp wsp wasap llamar llame "
        "llameme llamame llamen marcar phone telephone mobile cell call fax ");
}

static bool id_word(const struct run *r)
{
    return word_before(
        r->s, r->start,
        " cedula cedulas cc ci dni nie rut run nit ruc documento identidad identificacion carnet ");
}

/* "$ 912345678", "912345678 pesos" */
static bool money(const struct run *r, size_t end)
{
    const struct slice s = r->s;
    size_t at = r->start;
    struct slice rest;

    while (at > 0 && s.p[at - 1] == ' ')
        at--;
    if (at > 0 && (s.p[at - 1] == '$' || (at > 2 && memcmp(s.p + at - 3, "\xE2\x82\xAC", 3) == 0)))
        return true;
    if (word_before(s, r->start, " usd clp cop eur pyg gs "))
        return true;
    while (end < s.n && s.p[end] == ' ')
        end++;
    rest = (struct slice){s.p + end, s.n - end < 9 ? s.n - end : 9};
    for (const char *const *w =
             (const char *const[]){"peso", "dolar", "d\xC3\xB3lar", "euro", "USD", "CLP", "COP",
                                   "EUR", "\xE2\x82\xAC", "millon", "guaran", NULL};
         *w; w++) {
        if (slice_starts(rest, slice_cstr(*w)))
            return true;
    }
    return false;
}

/* ---- cards ---- */

static bool card_groups(const struct run *r, size_t n)
{
    if (n == 1)
        return true;
    if (n == 3)
        return group_digits(r, 0) == 4 && group_digits(r, 1) == 6 && group_digits(r, 2) >= 4;
    for (size_t g = 0; g < n; g++) {
        if (group_digits(r, g) != 4 && !(g == 4 && group_digits(r, g) < 4))
            return false;
    }
    return n == 4 || n == 5;
}

static bool card(const struct run *r, size_t n)
{
    char digits[DIGITS + 1];
    const size_t total = digits_of(r, n, digits);

    return total >= 13 && total <= 19 && digits[0] >= '2' && digits[0] <= '6' &&
           card_groups(r, n) && ends(r, r->groups[n - 1].end) && redact_luhn(digits, total);
}

/* ---- identities ---- */

/* The number before a check digit: one group, or thousands. */
static bool id_body(const struct run *r, size_t n)
{
    return n == 1 || thousands(r, n);
}

/* Groups [0, n) and a hyphen and a check digit or K; *end gets what is behind it. */
static bool checked_id(const struct run *r, size_t n, size_t *end)
{
    char digits[DIGITS + 1];
    const size_t total = digits_of(r, n, digits), at = r->groups[n - 1].end;
    const struct slice s = r->s;
    char check;

    if (total < 6 || total > 10 || !id_body(r, n) || at + 1 >= s.n || s.p[at] != '-')
        return false;
    check = s.p[at + 1];
    if (!(digit(s, at + 1) || (check | 32) == 'k') || !ends(r, at + 2))
        return false;
    *end = at + 2;
    return ((total == 7 || total == 8) && redact_rut(digits, total, check)) ||
           (total >= 9 && redact_nit(digits, total, check)) ||
           (total <= 8 && redact_ruc(digits, total, check)) || id_word(r);
}

/* 12345678Z, 12.345.678-Z, 12345678 Z (but not "12345678 y") */
static bool lettered_id(const struct run *r, size_t n, size_t *end)
{
    char digits[DIGITS + 1];
    const size_t total = digits_of(r, n, digits);
    size_t at = r->groups[n - 1].end;
    const struct slice s = r->s;
    bool spaced;

    if (total != 8 || !id_body(r, n))
        return false;
    spaced = at < s.n && s.p[at] == ' ';
    at += at < s.n && (s.p[at] == '-' || spaced);
    if (at >= s.n || (spaced && s.p[at] > 'Z') || !redact_dni(digits, total, s.p[at]) ||
        letter(s, at + 1) || digit(s, at + 1))
        return false;
    *end = at + 1;
    return true;
}

/* Behind its word. */
static bool named_id(const struct run *r, size_t n, size_t *end)
{
    char digits[DIGITS + 1];
    const size_t total = digits_of(r, n, digits);

    *end = r->groups[n - 1].end;
    return total >= 6 && total <= 11 && id_body(r, n) && ends(r, *end) && id_word(r);
}

static bool nie(struct slice s, size_t at, struct redact_found *out)
{
    char digits[9];
    size_t n = 1, i = at + 1;

    if (at >= s.n || !strchr("XYZxyz", s.p[at]) || !s.p[at])
        return false;
    digits[0] = (char)((s.p[at] | 32) - 'x' + '0');
    i += i < s.n && s.p[i] == '-';
    while (n < 8 && digit(s, i))
        digits[n++] = s.p[i++];
    i += i < s.n && s.p[i] == '-';
    if (n != 8 || i >= s.n || !redact_dni(digits, n, s.p[i]) || letter(s, i + 1) || digit(s, i + 1))
        return false;
    *out = (struct redact_found){.kind = REDACT_ID, .start = at, .end = i + 1};
    return true;
}

/* ---- telephones ---- */

static const struct {
    const char *code;   /* of the country */
    size_t least, most; /* digits behind it */
} countries[] = {
    {"56", 9, 9},   {"57", 10, 10}, {"595", 8, 9},  {"34", 9, 9},   {"1", 10, 10},
    {"52", 10, 11}, {"54", 10, 11}, {"51", 8, 9},   {"55", 10, 11}, {"591", 8, 8},
    {"593", 8, 9},  {"598", 8, 8},  {"58", 10, 10},
};

/* Digits behind a + or 00. */
static bool international(const char *digits, size_t n)
{
    for (size_t i = 0; i < sizeof countries / sizeof countries[0]; i++) {
        const size_t code = strlen(countries[i].code);

        if (strncmp(digits, countries[i].code, code) == 0)
            return n >= code + countries[i].least && n <= code + countries[i].most;
    }
    return n >= 8 && n <= 13;
}

/* How telephones are written within the four countries, and with a country but no +. */
static const struct {
    const char *prefix;
    size_t digits;
    bool grouped; /* only in groups, as so many digits alone may be anything */
} national[] = {
    {"9", 9, false},     {"2", 9, true},     {"3", 9, true},     {"4", 9, true},
    {"5", 9, true},      {"8", 9, true},    /* Chile; Spain: 8 */
    {"6", 9, false},     {"7", 9, false},   /* Spain */
    {"3", 10, false},    {"60", 10, false}, /* Colombia */
    {"09", 10, false},   {"02", 9, true},    {"03", 9, true},    {"04", 9, true},
    {"05", 9, true},     {"06", 9, true},    {"07", 9, true},    {"02", 10, true}, /* Paraguay */
    {"569", 11, false},  {"562", 11, false}, {"573", 12, false}, {"5760", 12, false},
    {"5959", 12, false}, {"346", 11, false}, {"347", 11, false}, {"349", 11, false},
};

/* "250 000 000" */
static bool in_threes(const struct run *r, size_t n)
{
    for (size_t g = 0; g < n; g++) {
        if (group_digits(r, g) != 3)
            return false;
    }
    return r->s.p[r->groups[0].start] != '0';
}

/* Of telephones the groups behind the first have two digits or more, and the first has at most four. */
static bool phone_groups(const struct run *r, size_t n)
{
    for (size_t g = 1; g < n; g++) {
        if (group_digits(r, g) < 2)
            return false;
    }
    return n == 1 || group_digits(r, 0) <= 4;
}

static bool is_national(const struct run *r, const char *digits, size_t n, size_t groups)
{
    for (size_t i = 0; phone_groups(r, groups) && i < sizeof national / sizeof national[0]; i++) {
        if (n == national[i].digits &&
            (!national[i].grouped || (groups > 1 && !in_threes(r, groups))) &&
            strncmp(digits, national[i].prefix, strlen(national[i].prefix)) == 0)
            return true;
    }
    return false;
}

static int value_of(const struct run *r, size_t g)
{
    int v = 0;

    for (size_t i = r->groups[g].start; i < r->groups[g].end && v < 100000; i++)
        v = v * 10 + (r->s.p[i] - '0');
    return v;
}

static bool is_year(int v)
{
    return v >= 1900 && v <= 2100;
}

/* "2024-03-15", "15.03.2024", "15 03 24": the first three groups. */
static bool date(const struct run *r, size_t n)
{
    int a, b, c;

    if (n < 3 || group_digits(r, 1) > 2 || r->groups[1].separator != r->groups[2].separator)
        return false;
    a = value_of(r, 0);
    b = value_of(r, 1);
    c = value_of(r, 2);
    if (is_year(a))
        return b >= 1 && b <= 12 && c >= 1 && c <= 31;
    return group_digits(r, 0) <= 2 && a >= 1 && a <= 31 && b >= 1 && b <= 31 &&
           (is_year(c) || (group_digits(r, 2) == 2 && n == 3));
}

static bool phone(const struct run *r, size_t n)
{
    char digits[DIGITS + 1];
    const size_t total = digits_of(r, n, digits), end = r->groups[n - 1].end;

    if (total < 7 || !ends(r, end) || date(r, n))
        return false;
    if (r->plus)
        return international(digits, total);
    if (digits[0] == '0' && digits[1] == '0')
        return international(digits + 2, total - 2);
    if (money(r, end))
        return false;
    if (n > 1 && r->groups[1].separator == '.' && group_digits(r, 0) == 1)
        return false; /* 3.14159265 */
    return (phone_word(r) && total <= 15) || (is_national(r, digits, total, n) && !thousands(r, n));
}

/* ---- all ---- */

typedef bool (*matches_fn)(const struct run *r, size_t n, size_t *end);

static bool card_at(const struct run *r, size_t n, size_t *end)
{
    *end = r->groups[n - 1].end;
    return !r->plus && card(r, n);
}

static bool id_at(const struct run *r, size_t n, size_t *end)
{
    return !r->plus && (checked_id(r, n, end) || lettered_id(r, n, end) || named_id(r, n, end));
}

static bool phone_at(const struct run *r, size_t n, size_t *end)
{
    *end = r->groups[n - 1].end;
    return phone(r, n);
}

/* Letters and digits; of a telephone the last eight, which are the same with and without its country. */
static void make_key(struct slice s, struct redact_found *f)
{
    size_t n = 0;

    for (size_t i = f->end; i-- > f->start && n < REDACT_KEY_CHARS - 1;) {
        if (!digit(s, i) && !letter(s, i))
            continue;
        f->key[n++] = (char)(letter(s, i) ? s.p[i] & ~32 : s.p[i]);
        if (f->kind == REDACT_PHONE && n == 8)
            break;
    }
    f->key[n] = '\0';
}

bool redact_number_at(struct slice s, size_t at, unsigned kinds, struct redact_found *out,
                      size_t *next)
{
    static const struct {
        enum redact_kind kind;
        matches_fn matches;
    } ways[] = {{REDACT_CARD, card_at}, {REDACT_ID, id_at}, {REDACT_PHONE, phone_at}};
    struct redact_found f;
    struct run r;

    if ((kinds >> REDACT_ID & 1) && nie(s, at, &f)) {
        make_key(s, &f);
        *out = f;
        return true;
    }
    take_run(s, at, &r);
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        for (size_t n = r.n; n > 0 && (kinds >> ways[w].kind & 1); n--) {
            size_t end;

            if (!ways[w].matches(&r, n, &end))
                continue;
            f = (struct redact_found){.kind = ways[w].kind, .start = at, .end = end};
            make_key(s, &f);
            *out = f;
            return true;
        }
    }
    *next = r.n > 0 ? r.groups[0].end : at + 1;
    return false;
}
