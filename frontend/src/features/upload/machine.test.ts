// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ApiError } from '@/shared/api/errors';
import type { UploadResult } from '@/shared/api/types';
import type { UploadPreview } from './contract';
import {
  checkFiles,
  countsAddUp,
  fromWorkbook,
  shownName,
  initialUpload,
  readingOf,
  uploadReducer,
  type UploadEvent,
  type UploadState,
} from './machine';
import { NO_OPTIONS } from './options';

const file = { name: 'meetings.csv', size: 1000 };
const result: UploadResult = {
  upload_id: 'u',
  filename: 'meetings.csv',
  bytes: 1000,
  rows: 60,
  created: 55,
  updated: 1,
  duplicate: 2,
  invalid: 1,
  skipped: 1,
  jobs_created: 56,
};
const error = new ApiError({ status: 413, code: 'too_large', message: '' });
const run = (...events: UploadEvent[]): UploadState => events.reduce(uploadReducer, initialUpload);

describe('uploadReducer', () => {
  it('walks from the file to the result', () => {
    expect(run({ type: 'start', file })).toEqual({ phase: 'sending', file, loaded: 0, total: 1000 });
    expect(run({ type: 'start', file }, { type: 'progress', loaded: 400, total: 1200 })).toMatchObject({
      loaded: 400,
      total: 1200,
    });
    expect(run({ type: 'start', file }, { type: 'sent' })).toEqual({ phase: 'storing', file });
    expect(run({ type: 'start', file }, { type: 'sent' }, { type: 'answer', result })).toEqual({
      phase: 'done',
      file,
      result,
    });
  });

  it('takes an answer that comes before the news of the last byte', () => {
    expect(run({ type: 'start', file }, { type: 'answer', result }).phase).toBe('done');
  });

  it('never lets the bytes go back', () => {
    const s = run(
      { type: 'start', file },
      { type: 'progress', loaded: 900, total: 1000 },
      { type: 'progress', loaded: 300, total: 1000 },
    );
    expect(s).toMatchObject({ loaded: 900 });
  });

  it('keeps a running upload when another file comes', () => {
    const s = run({ type: 'start', file }, { type: 'start', file: { name: 'b.csv', size: 1 } });
    expect(s).toMatchObject({ file });
    expect(uploadReducer(s, { type: 'reject', reason: 'empty', size: 0 })).toBe(s);
    expect(uploadReducer(s, { type: 'reset' })).toBe(s);
  });

  it('ignores late news after a cancel, a failure and a result', () => {
    const late: UploadEvent[] = [
      { type: 'progress', loaded: 5, total: 10 },
      { type: 'sent' },
      { type: 'answer', result },
      { type: 'fail', error },
      { type: 'cancel' },
    ];
    const ends: UploadState[] = [
      run({ type: 'start', file }, { type: 'cancel' }),
      run({ type: 'start', file }, { type: 'fail', error }),
      run({ type: 'start', file }, { type: 'answer', result }),
    ];
    for (const end of ends) for (const event of late) expect(uploadReducer(end, event)).toBe(end);
  });

  it('says that an upload was cancelled, until the next one', () => {
    expect(run({ type: 'start', file }, { type: 'cancel' })).toEqual({ phase: 'idle', cancelled: true });
    expect(run({ type: 'start', file }, { type: 'cancel' }, { type: 'reset' })).toEqual(initialUpload);
  });

  it('cannot be cancelled once every byte has left', () => {
    expect(run({ type: 'start', file }, { type: 'sent' }, { type: 'cancel' }).phase).toBe('storing');
  });

  it('starts anew after a failure', () => {
    expect(run({ type: 'start', file }, { type: 'fail', error }, { type: 'start', file }).phase).toBe(
      'sending',
    );
  });
});

const preview = {
  settings: { headers: [], columns: {} },
  rows: [],
  would: null,
  errors: [],
  missing: [],
  mapping_proposal: null,
} as unknown as UploadPreview;
const seen: UploadEvent = { type: 'previewed', preview, options: NO_OPTIONS, partial: false };

describe('uploadReducer before the upload', () => {
  const skip = { ...NO_OPTIONS, onChange: 'skip' } as const;

  it('walks from a workbook by its sheet and its review to the upload', () => {
    const sheets = [{ name: 'A', rows: 1 }];
    expect(run({ type: 'read', file }, { type: 'sheets', sheets })).toEqual({
      phase: 'sheets',
      file,
      sheets,
    });
    const csv = { name: 'meetings.xlsx.csv', size: 5 };
    const review = run(
      { type: 'read', file },
      { type: 'sheets', sheets },
      { type: 'check', file: csv },
      seen,
    );
    expect(review).toMatchObject({ phase: 'review', file: csv, busy: false, error: null });
    expect(uploadReducer(review, { type: 'start', file: csv }).phase).toBe('sending');
  });

  it('keeps what was looked at while it looks again, and when the new options are refused', () => {
    const again = run({ type: 'check', file }, seen, { type: 'options', options: skip });
    expect(again).toMatchObject({ phase: 'review', preview, options: skip, busy: true });
    expect(uploadReducer(again, { type: 'fail', error })).toMatchObject({
      phase: 'review',
      preview,
      options: NO_OPTIONS, // or the refused ones would be uploaded with
      busy: false,
      error,
    });
    expect(run({ type: 'check', file }, seen, { type: 'decide', options: skip })).toMatchObject({
      options: skip,
      busy: false,
    });
  });

  it('fails when the first look fails, or the workbook cannot be read', () => {
    expect(run({ type: 'check', file }, { type: 'fail', error }).phase).toBe('failed');
    expect(run({ type: 'read', file }, { type: 'fail', error }).phase).toBe('failed');
  });

  it('can be cancelled at each step, and late news changes nothing', () => {
    const steps: UploadState[] = [
      run({ type: 'read', file }),
      run({ type: 'read', file }, { type: 'sheets', sheets: [] }),
      run({ type: 'check', file }),
      run({ type: 'check', file }, seen),
    ];
    for (const s of steps) {
      const gone = uploadReducer(s, { type: 'cancel' });
      expect(gone).toEqual({ phase: 'idle', cancelled: true });
      for (const late of [
        seen,
        { type: 'sheets', sheets: [] },
        { type: 'decide', options: skip },
      ] as UploadEvent[])
        expect(uploadReducer(gone, late)).toBe(gone);
    }
  });

  it('does not leave a running upload for a look', () => {
    const s = run({ type: 'start', file });
    expect(uploadReducer(s, { type: 'check', file })).toBe(s);
    expect(uploadReducer(s, { type: 'read', file })).toBe(s);
    expect(uploadReducer(s, seen)).toBe(s);
  });
});

describe('checkFiles', () => {
  const csv = { name: 'a.csv', size: 10, type: 'text/csv' };
  it.each([
    [[csv], null],
    [[{ ...csv, name: 'A.CSV', type: '' }], null],
    [[{ ...csv, name: 'export', type: 'text/plain' }], null],
    [[], 'empty'],
    [[csv, csv], 'several'],
    [[{ ...csv, size: 0 }], 'empty'],
    [[{ ...csv, size: 101 }], 'too_large'],
    [[{ name: 'Libro.XLSX', size: 10, type: '' }], null],
    [[{ name: 'a.xlsx', size: 60 * 1024 * 1024, type: '' }], 'xlsx_too_large'],
    [[{ name: 'a.xls', size: 10, type: 'application/vnd.ms-excel' }], 'old_excel'],
    [[{ name: 'a.pdf', size: 10, type: 'application/pdf' }], 'not_csv'],
  ])('%o: %s', (files, want) => {
    expect(checkFiles(files, files[0]?.name.endsWith('.xlsx') ? 1e9 : 100)?.reason ?? null).toBe(want);
  });
});

describe('a workbook that went as CSV', () => {
  it.each([
    ['Reuniones.XLSX.csv', true, 'Reuniones.XLSX'],
    ['reuniones.csv', false, 'reuniones.csv'],
    ['reuniones.xlsx', false, 'reuniones.xlsx'],
  ])('%s: %s, shown as %s', (name, workbook, shown) => {
    expect(fromWorkbook(name)).toBe(workbook);
    expect(shownName(name)).toBe(shown);
  });
});

describe('counts', () => {
  it('knows when every row is accounted for', () => {
    expect(countsAddUp(result)).toBe(true);
    expect(countsAddUp({ ...result, invalid: 0 })).toBe(false);
  });

  it('reads the progress out of the jobs', () => {
    expect(readingOf({ pending: 10, processing: 4, completed: 45, failed: 1 })).toEqual({
      done: 46,
      failed: 1,
      total: 60,
      running: true,
    });
    expect(readingOf({ pending: 0, processing: 0, completed: 60, failed: 0 }).running).toBe(false);
  });
});
