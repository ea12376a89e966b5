// SPDX-License-Identifier: MIT
// Apart from workbook.ts, so that the page knows its bounds without fetching the library.

export const XLSX_MAX_BYTES = 50 * 1024 * 1024;
export const XLSX_MAX_ROWS = 200_000;
/** What the parts of a workbook may weigh unpacked; one of that size is a job for CSV, or a bomb. */
export const XLSX_MAX_UNPACKED = 400 * 1024 * 1024;
