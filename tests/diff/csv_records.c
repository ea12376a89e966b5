/* SPDX-License-Identifier: MIT */
/*
 * csv_records: what core/base/csv makes of texts, for csv_python.py to compare.
 *
 * Input, until it ends: u32 length, u32 piece, u8 delimiter, then so many bytes (numbers in the machine's order). Output, a
 * line each: {"open":0,"records":[[1,"6162",""],...]}: the line a record begins on, its fields in hex; open is the line
 * of a quote that never closed, or 0.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/csv.h"

static int print_record(void *user, const struct csv_record *r)
{
    int *n = user;

    printf("%s[%llu", (*n)++ ? "," : "", (unsigned long long)r->line);
    for (size_t i = 0; i < r->n; i++) {
        fputs(",\"", stdout);
        for (size_t k = 0; k < r->fields[i].n; k++)
            printf("%02x", (unsigned char)r->fields[i].p[k]);
        putchar('"');
    }
    putchar(']');
    return r->cut_field >= 0 || r->too_many; /* the limits are beyond anything sent here */
}

int main(void)
{
    struct {
        uint32_t n;
        uint32_t piece;
    } head;
    int delimiter;

    while (fread(&head, sizeof head, 1, stdin) == 1 && (delimiter = getchar()) != EOF) {
        const struct csv_limits limits = {
            .record_bytes = 1 << 20, .fields = 1 << 14, .delimiter = (char)delimiter};
        char *text = malloc(head.n + 1);
        int records = 0;
        struct csv *p = csv_new(&limits, print_record, &records);
        enum csv_status status = CSV_OK;

        if (!text || head.piece == 0 || fread(text, 1, head.n, stdin) != head.n)
            return 1;
        fputs("{\"records\":[", stdout);
        for (uint32_t i = 0; i < head.n; i += head.piece)
            status = csv_push(p, text + i, head.n - i < head.piece ? head.n - i : head.piece);
        status = csv_finish(p);
        printf("],\"open\":%llu}\n", status == CSV_BAD_QUOTE ? (unsigned long long)csv_line(p) : 0);
        fflush(stdout); /* the other side waits for each line */
        if (status == CSV_STOPPED)
            return 2;
        csv_free(p);
        free(text);
    }
    return ferror(stdin) || ferror(stdout) ? 1 : 0;
}
