/* SPDX-License-Identifier: MIT */
/*
 * charset: text in the encodings that files come in, to UTF-8, piece by piece.
 *
 * Own tables rather than iconv(3): iconv stops at a byte that is wrong and leaves finding the next good one to the caller,
 * reads its modules from the disk while the process runs, and keeps its state in a handle; this is one table of 32
 * entries, and its state is a struct of the caller's.
 *
 * Invariants
 *   - How the input is cut into pieces never changes the output.
 *   - A byte order mark at the very front is dropped, if it is the encoding's own.
 *   - What is wrong in its own encoding (half a surrogate pair, half a unit, a byte that Windows-1252 does not define)
 *     comes out as the byte FF, which no UTF-8 holds: whoever checks with utf8_valid() finds it, and a U+FFFD that the
 *     sender wrote stays what it is. UTF-8 itself passes unchecked for the same reason.
 */
#ifndef CORE_BASE_CHARSET_H
#define CORE_BASE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum charset {
    CHARSET_UTF8,
    CHARSET_UTF16LE,
    CHARSET_UTF16BE,
    CHARSET_WINDOWS_1252,
    CHARSET_LATIN1, /* ISO 8859-1: 80 to 9F are control characters */
};

struct charset_stream {
    enum charset from;
    unsigned char held[3]; /* bytes of an unfinished unit, or of what may become a mark */
    size_t nheld;
    uint16_t high; /* first half of a surrogate pair, else 0 */
    bool begun;    /* the front, where a mark may be, is over */
};

/* Room that `n` bytes need at most, with what was held before. */
#define CHARSET_ROOM(n) (3 * ((size_t)(n) + 4))

void charset_begin(struct charset_stream *s, enum charset from);

/* Writes at most CHARSET_ROOM(n) bytes to `out` and returns how many. */
size_t charset_push(struct charset_stream *s, const void *in, size_t n, char *out);

/* The end of the input: what was still held. At most CHARSET_ROOM(0) bytes. */
size_t charset_end(struct charset_stream *s, char *out);

#endif
