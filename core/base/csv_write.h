/* SPDX-License-Identifier: MIT */
/*
 * csv_write: cells of a CSV that people open in a spreadsheet.
 *
 * Every cell is quoted, so the delimiter is the caller's business and never meant by a cell.
 *
 * A cell that a spreadsheet would compute gets a ' before it. That is the smaller harm also where the cell is to be sent
 * back: opened without it, "=1+1" comes back as 2 and "- Hola" as #NAME?, and what somebody else typed has run. With it,
 * the words come back whole behind one apostrophe that can be seen.
 *
 * The ' also goes before such a sign that follows a ';' or a tab inside a cell, quotes between them or not. A spreadsheet
 * in Spanish splits at ';' what we wrote with commas; only the first cell of a line then still has its quotes, and of
 * "x;=HYPERLINK(...)" in any other the second half would be a cell of its own, and live. Line ends inside cells are left
 * alone: dialogues begin their lines with dashes, and each would get one.
 */
#ifndef CORE_BASE_CSV_WRITE_H
#define CORE_BASE_CSV_WRITE_H

#include <stdbool.h>

#include "core/base/sb.h"
#include "core/base/slice.h"

#define CSV_BOM "\xEF\xBB\xBF" /* without it a spreadsheet takes UTF-8 for Latin-1 */

/* "+56 9 1234 5678" is a telephone and no formula: behind a ' it would come back as another one. */
bool csv_is_formula(struct slice s);

void csv_cell(struct sb *b, struct slice s);

#endif
