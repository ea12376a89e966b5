// SPDX-License-Identifier: MIT
// An .xlsx file to CSV text, a sheet each. Runs in a worker; pure, so tests call it directly.
//
// What a cell becomes: a date YYYY-MM-DD (with a time of day, that is dropped; a time alone HH:MM:SS), a bool true or
// false, a number its digits without an exponent, a formula its last result, and a text itself, also when it begins
// with "=". Number formats (thousands, percent) are not applied: the value counts, not how it is painted.
import { unzipSync, zipSync, type Unzipped } from 'fflate';
import readWorkbookFile from 'read-excel-file/universal';
import { csvRecord } from './csv';
import { XLSX_MAX_BYTES, XLSX_MAX_ROWS, XLSX_MAX_UNPACKED } from './limits';

export type XlsxProblem = 'xlsx_too_large' | 'xlsx_too_many_rows' | 'xlsx_unreadable' | 'xlsx_empty';

export class XlsxError extends Error {
  readonly problem: XlsxProblem;
  constructor(problem: XlsxProblem) {
    super(problem);
    this.name = 'XlsxError';
    this.problem = problem;
  }
}

export interface SheetText {
  readonly name: string;
  /** Rows below the first that is not empty. */
  readonly rows: number;
  readonly csv: string;
}

export interface XlsxLimits {
  readonly bytes: number;
  readonly rows: number;
  readonly unpacked: number;
}

const LIMITS: XlsxLimits = { bytes: XLSX_MAX_BYTES, rows: XLSX_MAX_ROWS, unpacked: XLSX_MAX_UNPACKED };
const DAY_MS = 86_400_000;
/** Excel counts days from here: a value within the first one is a time of day without a date. */
const EPOCH_MS = Date.UTC(1899, 11, 30);

function dateText(date: Date): string {
  const since = date.getTime() - EPOCH_MS;
  if (Number.isNaN(since)) return '';
  const iso = date.toISOString();
  return since >= 0 && since < DAY_MS ? iso.slice(11, 19) : iso.slice(0, 10);
}

/** The digits that Excel shows at most (15), never as 5.69E+10: that would be a telephone no more. */
export function numberText(raw: string): string {
  const value = Number(raw);
  if (!Number.isFinite(value)) return raw;
  const rounded = Number(value.toPrecision(15));
  const text = String(rounded);
  return text.includes('e')
    ? rounded.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })
    : text;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return dateText(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return typeof value === 'string' ? value : ''; // numbers come as text, by parseNumber
}

/**
 * The parts, unpacked here within bounds and packed again without compression: the library unpacks large parts in
 * workers made from blobs, which the page's policy forbids, and trusts the sizes that the file names.
 */
function repacked(bytes: Uint8Array, most: number): ArrayBuffer {
  let total = 0;
  let parts: Unzipped;
  try {
    parts = unzipSync(bytes, {
      filter: (part) => {
        if (!/\.xml(\.rels)?$/.test(part.name)) return false;
        total += part.originalSize;
        if (total > most) throw new XlsxError('xlsx_too_large');
        return true;
      },
    });
  } catch (thrown) {
    throw thrown instanceof XlsxError ? thrown : new XlsxError('xlsx_unreadable');
  }
  return zipSync(parts, { level: 0 }).slice().buffer;
}

function sheetText(name: string, data: readonly (readonly unknown[])[], most: number): SheetText | null {
  const rows = data.map((row) => row.map(cellText));
  const isEmpty = (row: readonly string[]): boolean => row.every((c) => c.trim() === '');
  const first = rows.findIndex((row) => !isEmpty(row));
  if (first < 0) return null;
  const last = rows.findLastIndex((row) => !isEmpty(row));
  if (last - first > most) throw new XlsxError('xlsx_too_many_rows');
  const kept = rows.slice(first, last + 1);
  // Each record has as many cells as the widest, so that an empty row in the middle stays a row of its own.
  const width = kept.reduce((n, row) => Math.max(n, row.length), 0);
  const csv = kept.map((row) => csvRecord(Array.from({ length: width }, (_, i) => row[i] ?? ''))).join('');
  return { name, rows: last - first, csv };
}

/** The sheets that hold something, in the order of the workbook. Throws XlsxError. */
export async function readWorkbook(file: ArrayBuffer, limits: XlsxLimits = LIMITS): Promise<SheetText[]> {
  if (file.byteLength > limits.bytes) throw new XlsxError('xlsx_too_large');
  const plain = repacked(new Uint8Array(file), limits.unpacked);
  const sheets = await readWorkbookFile(plain, { trim: false, parseNumber: numberText }).catch(() => {
    throw new XlsxError('xlsx_unreadable');
  });
  const out = sheets.flatMap(({ sheet, data }) => sheetText(sheet, data as unknown[][], limits.rows) ?? []);
  if (out.length === 0) throw new XlsxError('xlsx_empty');
  return out;
}
