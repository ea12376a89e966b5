/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_sniff.h"

#include <string.h>

#include "core/base/unicode.h"

static const struct {
    struct slice mark;
    size_t at;
    enum sniff_kind kind;
} formats[] = {
    {SLICE("PK\x03\x04"), 0, SNIFF_ARCHIVE}, /* may be a spreadsheet: see below */
    {SLICE("PK\x05\x06"), 0, SNIFF_ARCHIVE}, /* an empty one */
    {SLICE("PK\x07\x08"), 0, SNIFF_ARCHIVE},
    {SLICE("\x1F\x8B"), 0, SNIFF_ARCHIVE}, /* gzip */
    {SLICE("1AY&SY"), 4, SNIFF_ARCHIVE},   /* bzip2, behind BZh9 */
    {SLICE("\xFD"
           "7zXZ\0"),
     0, SNIFF_ARCHIVE},                            /* xz */
    {SLICE("\x28\xB5\x2F\xFD"), 0, SNIFF_ARCHIVE}, /* zstd */
    {SLICE("7z\xBC\xAF\x27\x1C"), 0, SNIFF_ARCHIVE},
    {SLICE("Rar!\x1A\x07"), 0, SNIFF_ARCHIVE},
    {SLICE("ustar"), 257, SNIFF_ARCHIVE},                              /* tar */
    {SLICE("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), 0, SNIFF_SPREADSHEET}, /* OLE2: xls */
    {SLICE("%PDF-"), 0, SNIFF_DOCUMENT},
    {SLICE("{\\rtf"), 0, SNIFF_DOCUMENT},
    {SLICE("\x89PNG\r\n"), 0, SNIFF_DOCUMENT},
    {SLICE("\xFF\xD8\xFF"), 0, SNIFF_DOCUMENT}, /* JPEG */
    {SLICE("\x7F"
           "ELF"),
     0, SNIFF_DOCUMENT},
};

/* Names of members by which a zip is a spreadsheet. */
static const char *const members[] = {"xl/workbook",  "xl/worksheets",
                                      "xl/_rels",     "opendocument.spreadsheet",
                                      "Index/Tables", "Index/CalculationEngine"};

static bool holds(struct slice s, const char *word)
{
    return s.n && memmem(s.p, s.n, word, strlen(word));
}

enum sniff_kind sniff_kind(struct slice head, struct slice tail)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const size_t at = formats[i].at;

        if (head.n < at || !slice_starts((struct slice){head.p + at, head.n - at}, formats[i].mark))
            continue;
        if (i == 0) {
            for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
                if (holds(head, members[m]) || holds(tail, members[m]))
                    return SNIFF_SPREADSHEET;
            }
        }
        return formats[i].kind;
    }
    return SNIFF_TEXT;
}

bool sniff_binary(struct slice head, enum charset from)
{
    char text[CHARSET_ROOM(4096)];
    struct charset_stream s;
    size_t total = 0;
    size_t odd = 0;

    charset_begin(&s, from);
    for (size_t at = 0; at < head.n;) {
        const size_t len = head.n - at < 4096 ? head.n - at : 4096;
        const size_t n = charset_push(&s, head.p + at, len, text);

        for (size_t i = 0; i < n; i++) {
            const unsigned char c = (unsigned char)text[i];

            odd += (c < 0x20 && !(c >= 9 && c <= 13)) || c == 0x7F ||
                   (c == 0xFF && from != CHARSET_UTF8);
        }
        total += n;
        at += len;
    }
    return odd > total / 32; /* compressed data has some 11 in 100 */
}

bool sniff_utf32(struct slice head)
{
    return slice_starts(head, SLICE("\xFF\xFE\0\0")) || slice_starts(head, SLICE("\0\0\xFE\xFF"));
}

bool sniff_mark(struct slice head, enum charset *out, size_t *bytes)
{
    static const struct {
        struct slice mark;
        enum charset charset;
    } marks[] = {{SLICE("\xEF\xBB\xBF"), CHARSET_UTF8},
                 {SLICE("\xFF\xFE"), CHARSET_UTF16LE},
                 {SLICE("\xFE\xFF"), CHARSET_UTF16BE}};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (slice_starts(head, marks[i].mark)) {
            *out = marks[i].charset;
            *bytes = marks[i].mark.n;
            return true;
        }
    }
    return false;
}

bool sniff_utf16(struct slice head, enum charset *out)
{
    const size_t units = head.n / 2;
    size_t zeros[2] = {0};

    for (size_t i = 0; i < 2 * units; i++)
        zeros[i % 2] += head.p[i] == 0;
    /* digits, delimiters and line ends alone are a quarter of any table, whatever its script */
    for (int odd = 0; odd < 2; odd++) {
        if (zeros[odd] > units / 4 && zeros[!odd] < zeros[odd] / 16 + 1) {
            *out = odd ? CHARSET_UTF16LE : CHARSET_UTF16BE;
            return true;
        }
    }
    return false;
}

void sniff_utf8(struct slice s, bool is_end, struct sniff_utf8 *e)
{
    for (size_t i = 0; i < s.n;) {
        unsigned used;

        if ((unsigned char)s.p[i] < 0x80) {
            i++;
            continue;
        }
        if (utf8_decode(s, i, &used) != UNICODE_REPLACEMENT || used > 1) {
            e->sequences++;
        } else {
            size_t follow = i + 1;

            while (follow < s.n && ((unsigned char)s.p[follow] & 0xC0) == 0x80)
                follow++;
            if (follow == s.n && s.n - i < 4 && !is_end)
                return; /* the next piece has its rest */
            e->broken++;
        }
        i += used;
    }
}

/* ‚ƒ„†‡ˆ‰ŠŒŽ˜šœžŸ¢¤¥¦ÐÞðþ and what is not defined: no letters of these languages, and no signs of a meeting. */
static bool is_foreign(unsigned char c)
{
    return c >= 0x80 &&
           memchr("\x81\x82\x83\x84\x86\x87\x88\x89\x8A\x8C\x8D\x8E\x8F\x90\x98\x9A\x9C\x9D\x9E\x9F"
                  "\xA2\xA4\xA5\xA6\xD0\xDE\xF0\xFE",
                  c, 28);
}

static bool is_ascii_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A sign such as ¡ or £; not the soft hyphen, nor the middle dot of Catalan. */
static bool is_sign(unsigned char c)
{
    return c > 0xA0 && c < 0xC0 && c != 0xAD && c != 0xB7;
}

bool sniff_looks_wrong(struct slice s)
{
    size_t total = 0;
    size_t odd = 0;
    size_t run = 0;

    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        const bool inside = i > 0 && i + 1 < s.n && is_ascii_letter((unsigned char)s.p[i - 1]) &&
                            is_ascii_letter((unsigned char)s.p[i + 1]);

        run = c < 0x80 ? 0 : run + 1;
        total += run > 0;
        odd += is_foreign(c) || run > 2 || (inside && is_sign(c));
    }
    return odd > 1 && odd > total / 4; /* a Zoë, a £ or a Škoda is no proof */
}

enum charset sniff_8bit(const struct sniff_utf8 *e)
{
    return e->broken == 0 || e->sequences > e->broken ? CHARSET_UTF8 : CHARSET_WINDOWS_1252;
}
