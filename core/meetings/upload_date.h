/* SPDX-License-Identifier: MIT */
/*
 * upload_date: dates as spreadsheets and CRMs write them. Pure.
 *
 * 2024-03-15, 15/03/2024, 3/15/24, 15.3.2024; a time behind it (2024-03-15T10:30:00Z, 15/03/2024 10:30 a. m.) is dropped.
 * Which of two numbers is the day is never guessed for one date: the file has an order, chosen or found in all its dates.
 */
#ifndef CORE_MEETINGS_UPLOAD_DATE_H
#define CORE_MEETINGS_UPLOAD_DATE_H

#include <stdbool.h>

#include "core/base/slice.h"

/* A date whose year comes first, with four digits, is never in doubt and is read under every order; under UPLOAD_YMD no
 * other is but 24-01-02: that is 2024 under it, and 24 January under UPLOAD_DMY. */
enum upload_date_order { UPLOAD_YMD, UPLOAD_DMY, UPLOAD_MDY, UPLOAD_DATE_ORDERS };
extern const char *const upload_date_order_names[UPLOAD_DATE_ORDERS]; /* "ymd", "dmy", "mdy" */

#define UPLOAD_DATE_BYTES 11

/* A day that exists, years 1900 to 2199, as ISO. Between the parts '-', '/' or '.', the same one twice; one or two
 * digits each; a year of two digits is 1970 to 2069. False leaves `out` untouched. */
bool upload_date_read(struct slice s, enum upload_date_order order, char out[UPLOAD_DATE_BYTES]);

/* What one date tells about the order of the others. */
enum upload_date_hint {
    UPLOAD_HINT_NONE, /* not a date at all */
    UPLOAD_HINT_YMD,
    UPLOAD_HINT_DMY,         /* the first part is above 12 */
    UPLOAD_HINT_DMY_OR_YEAR, /* it is, but with dashes and two digits each it may be a year: 24-01-02 */
    UPLOAD_HINT_MDY,         /* the second is */
    UPLOAD_HINT_EITHER,
    UPLOAD_HINTS,
};
enum upload_date_hint upload_date_hint(struct slice s);

#endif
