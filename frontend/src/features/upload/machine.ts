// SPDX-License-Identifier: MIT
// The life of one upload as a table of states. Pure: the sender and the page feed it events, nothing here waits.
import type { ApiError } from '@/shared/api/errors';
import type { JobCounts, UploadResult } from '@/shared/api/types';
import type { RowCounts, UploadPreview } from './contract';
import type { UploadOptions } from './options';
import { XLSX_MAX_BYTES } from './xlsx/limits';

export interface FileFacts {
  readonly name: string;
  readonly size: number;
}

export interface SheetFacts {
  readonly name: string;
  readonly rows: number;
}

export type Rejection = 'too_large' | 'empty' | 'not_csv' | 'several' | 'old_excel' | 'xlsx_too_large';

export type UploadState =
  | { readonly phase: 'idle'; readonly cancelled: boolean }
  | { readonly phase: 'rejected'; readonly reason: Rejection; readonly size: number }
  /** A workbook is turned into CSV. */
  | { readonly phase: 'reading'; readonly file: FileFacts }
  /** A workbook has several sheets. */
  | { readonly phase: 'sheets'; readonly file: FileFacts; readonly sheets: readonly SheetFacts[] }
  /** The service looks at the file for the first time. */
  | { readonly phase: 'checking'; readonly file: FileFacts }
  /** The person looks at what the service saw; `busy` while it looks again, with other options. */
  | {
      readonly phase: 'review';
      readonly file: FileFacts;
      readonly preview: UploadPreview;
      readonly options: UploadOptions;
      /** With these the preview was made; those that the service refuses are given up for them. */
      readonly looked: UploadOptions;
      readonly partial: boolean;
      readonly busy: boolean;
      readonly error: ApiError | null;
    }
  /** Bytes are on their way. */
  | { readonly phase: 'sending'; readonly file: FileFacts; readonly loaded: number; readonly total: number }
  /** The last byte left; the service stores the rows. */
  | { readonly phase: 'storing'; readonly file: FileFacts }
  | { readonly phase: 'done'; readonly file: FileFacts; readonly result: UploadResult }
  | { readonly phase: 'failed'; readonly file: FileFacts; readonly error: ApiError };

export type UploadEvent =
  | { readonly type: 'read'; readonly file: FileFacts }
  | { readonly type: 'sheets'; readonly sheets: readonly SheetFacts[] }
  | { readonly type: 'check'; readonly file: FileFacts }
  /** The service looks again, with these. */
  | { readonly type: 'options'; readonly options: UploadOptions }
  /** Options that change nothing of what was looked at. */
  | { readonly type: 'decide'; readonly options: UploadOptions }
  | {
      readonly type: 'previewed';
      readonly preview: UploadPreview;
      readonly options: UploadOptions;
      readonly partial: boolean;
    }
  | { readonly type: 'start'; readonly file: FileFacts }
  | { readonly type: 'reject'; readonly reason: Rejection; readonly size: number }
  | { readonly type: 'progress'; readonly loaded: number; readonly total: number }
  | { readonly type: 'sent' }
  | { readonly type: 'answer'; readonly result: UploadResult }
  | { readonly type: 'fail'; readonly error: ApiError }
  | { readonly type: 'cancel' }
  | { readonly type: 'reset' };

export const initialUpload: UploadState = { phase: 'idle', cancelled: false };

export const isRunning = (s: UploadState): s is Extract<UploadState, { phase: 'sending' | 'storing' }> =>
  s.phase === 'sending' || s.phase === 'storing';

/** Before the upload itself: nothing is stored yet, and leaving costs nothing. */
export const isPreparing = (
  s: UploadState,
): s is Extract<UploadState, { phase: 'reading' | 'sheets' | 'checking' | 'review' }> =>
  s.phase === 'reading' || s.phase === 'sheets' || s.phase === 'checking' || s.phase === 'review';

/** An event that does not fit the state is late news of an upload that is over, and changes nothing. */
export function uploadReducer(state: UploadState, event: UploadEvent): UploadState {
  switch (event.type) {
    case 'read':
      return isRunning(state) ? state : { phase: 'reading', file: event.file };
    case 'sheets':
      return state.phase === 'reading' ? { phase: 'sheets', file: state.file, sheets: event.sheets } : state;
    case 'check':
      return isRunning(state) ? state : { phase: 'checking', file: event.file };
    case 'options':
      return state.phase === 'review' ? { ...state, options: event.options, busy: true, error: null } : state;
    case 'decide':
      return state.phase === 'review' ? { ...state, options: event.options, looked: event.options } : state;
    case 'previewed':
      if (state.phase !== 'checking' && state.phase !== 'review') return state;
      return {
        phase: 'review',
        file: state.file,
        preview: event.preview,
        options: event.options,
        looked: event.options,
        partial: event.partial,
        busy: false,
        error: null,
      };
    case 'start':
      return isRunning(state)
        ? state
        : { phase: 'sending', file: event.file, loaded: 0, total: event.file.size };
    case 'reject':
      return isRunning(state) ? state : { phase: 'rejected', reason: event.reason, size: event.size };
    case 'progress':
      if (state.phase !== 'sending') return state;
      // Bytes never go back, whatever order the events come in.
      return {
        ...state,
        loaded: Math.max(state.loaded, Math.min(event.loaded, event.total)),
        total: event.total,
      };
    case 'sent':
      return state.phase === 'sending' ? { phase: 'storing', file: state.file } : state;
    case 'answer':
      return isRunning(state) ? { phase: 'done', file: state.file, result: event.result } : state;
    case 'fail':
      // Options that the service refuses are no reason to lose what was looked at.
      if (state.phase === 'review')
        return { ...state, options: state.looked, busy: false, error: event.error };
      return isRunning(state) || state.phase === 'reading' || state.phase === 'checking'
        ? { phase: 'failed', file: state.file, error: event.error }
        : state;
    case 'cancel':
      // Once every byte has left, the rows may be stored already: nothing to cancel.
      return state.phase === 'sending' || isPreparing(state) ? { phase: 'idle', cancelled: true } : state;
    case 'reset':
      return isRunning(state) ? state : initialUpload;
  }
}

const CSV_NAME = /\.(csv|tsv|txt)$/i;
const CSV_TYPES = ['text/csv', 'text/plain', 'text/tab-separated-values'];
const XLSX_NAME = /\.xlsx$/i;
const OLD_EXCEL_NAME = /\.(xls|xlsb|ods|numbers)$/i;

/** By its name: systems without a spreadsheet program give it no type. */
export const isWorkbook = (file: { name: string }): boolean => XLSX_NAME.test(file.name);

/** Sent from a workbook, by the name that sheetFile() gives. */
export const fromWorkbook = (filename: string): boolean => /\.xlsx\.csv$/i.test(filename);

/** What the person called the file: a workbook that went as CSV is still that workbook. */
export const shownName = (filename: string): string =>
  fromWorkbook(filename) ? filename.slice(0, -'.csv'.length) : filename;

/** What can be told from here, before any byte is sent. The service judges the rest. */
export function checkFiles(
  files: readonly { name: string; size: number; type: string }[],
  maxBytes: number,
): { reason: Rejection; size: number } | null {
  const [file] = files;
  if (!file) return { reason: 'empty', size: 0 };
  if (files.length > 1) return { reason: 'several', size: 0 };
  if (OLD_EXCEL_NAME.test(file.name)) return { reason: 'old_excel', size: file.size };
  if (!isWorkbook(file) && !CSV_NAME.test(file.name) && !CSV_TYPES.includes(file.type))
    return { reason: 'not_csv', size: file.size };
  if (file.size === 0) return { reason: 'empty', size: 0 };
  if (isWorkbook(file) && file.size > XLSX_MAX_BYTES) return { reason: 'xlsx_too_large', size: file.size };
  if (file.size > maxBytes) return { reason: 'too_large', size: file.size };
  return null;
}

export const COUNTS = ['created', 'updated', 'duplicate', 'invalid', 'skipped'] as const;
export type CountName = (typeof COUNTS)[number];

/** The promise of the service: every row of the file is in exactly one count. */
export const countsAddUp = (r: RowCounts): boolean => COUNTS.reduce((sum, c) => sum + r[c], 0) === r.rows;

export interface Reading {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  readonly running: boolean;
}

export function readingOf(jobs: JobCounts): Reading {
  const open = jobs.pending + jobs.processing;
  const done = jobs.completed + jobs.failed;
  return { done, failed: jobs.failed, total: open + done, running: open > 0 };
}
