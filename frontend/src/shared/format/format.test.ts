// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { createFormats, localeFor } from './format';

/** Intl puts no-break and narrow spaces; the tests care about the words. */
const plain = (s: string): string => s.replace(/[\u00a0\u202f]/g, ' ');

const es = createFormats('es', 'America/Santiago');
const en = createFormats('en', 'America/Santiago');

describe('formats', () => {
  it('groups thousands in both languages, four digits too', () => {
    expect(es.int(1234)).toBe('1.234');
    expect(en.int(1234)).toBe('1,234');
    expect(es.int(0)).toBe('0');
  });

  it('writes shares and decimals', () => {
    expect(plain(es.percent(0.7))).toBe('70 %');
    expect(en.percent(0.3141)).toBe('31.4%');
    expect(es.decimal(12.345)).toBe('12,35');
  });

  it('writes sizes of files', () => {
    expect(plain(en.bytes(39601))).toBe('39.6 kB');
    expect(plain(en.bytes(1_073_741_824))).toBe('1.07 GB');
    expect(plain(en.bytes(12))).toBe('12 bytes');
    expect(plain(es.bytes(2_500_000))).toBe('2,5 MB');
  });

  it('never moves a calendar day, whatever the zone', () => {
    const far = createFormats('en', 'Pacific/Kiritimati');
    expect(en.day('2024-03-01')).toBe('Mar 1, 2024');
    expect(far.day('2024-03-01')).toBe('Mar 1, 2024');
    expect(plain(es.day('2024-03-01'))).toBe('1 mar 2024');
    expect(en.day('no date')).toBe('no date');
  });

  it('shows an instant in the zone of the tenant', () => {
    expect(plain(en.instant('2024-07-01T02:30:00Z'))).toBe('Jun 30, 2024, 10:30 PM');
    expect(createFormats('en', 'Not/AZone').instant('2024-07-01T12:00:00Z')).toContain('2024');
  });

  it('names time buckets', () => {
    expect(es.bucket('2024-06', 'month')).toBe('jun 2024');
    expect(en.bucket('2024-06-01', 'month')).toBe('Jun 2024');
    expect(es.bucket('2024-04-01', 'quarter')).toBe('T2 2024');
    expect(en.bucket('2024-Q3', 'quarter')).toBe('Q3 2024');
    expect(en.bucket('2024-01-01', 'year')).toBe('2024');
    expect(es.bucket('2024-W07', 'week')).toBe('S7 2024');
    expect(en.bucket('2024-05-06', 'day')).toBe('May 6, 2024');
    expect(en.bucket('?', 'month')).toBe('?');
  });
});

describe('localeFor', () => {
  it("prefers the reader's own variant", () => {
    expect(localeFor('es', ['en-US', 'es-CL'])).toBe('es-CL');
    expect(localeFor('en', ['es-CL'])).toBe('en');
  });
});
