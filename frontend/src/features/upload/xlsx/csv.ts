// SPDX-License-Identifier: MIT
// Rows as RFC 4180 writes them. Pure.

const NEEDS_QUOTES = /[",\r\n]/;

const cell = (text: string): string => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One record, with its line end. A record of one empty cell is quoted, or it would read as a blank line. */
export function csvRecord(cells: readonly string[]): string {
  return `${cells.length === 1 && cells[0] === '' ? '""' : cells.map(cell).join(',')}\r\n`;
}
