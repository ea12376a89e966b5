// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ApiError } from '@/shared/api/errors';
import type { UploadResult } from '@/shared/api/types';
import {
  checkFiles,
  countsAddUp,
  initialUpload,
  readingOf,
  uploadReducer,
  type UploadEvent,
  type UploadState,
} from './machine';

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
    [[{ name: 'a.xlsx', size: 10, type: 'application/vnd.ms-excel' }], 'not_csv'],
  ])('%o: %s', (files, want) => {
    expect(checkFiles(files, 100)?.reason ?? null).toBe(want);
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
