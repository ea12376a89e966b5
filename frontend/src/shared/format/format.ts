// SPDX-License-Identifier: MIT
// Numbers and dates as the reader's language writes them. Everything goes through Intl; nothing is put together by hand.

export type Language = 'es' | 'en';

export interface Formats {
  readonly locale: string;
  int(n: number): string;
  /** Up to two decimals, for averages. */
  decimal(n: number): string;
  /** A share: 0.7 becomes "70 %". */
  percent(share: number): string;
  /** 1234567 becomes "1,2 MB"; decimal units, as file managers show. */
  bytes(n: number): string;
  /** A plain calendar day, `YYYY-MM-DD`: no time zone touches it. */
  day(isoDay: string): string;
  /** An instant, in the tenant's time zone. */
  instant(iso: string): string;
  /** The key of a time bucket: `2024`, `2024-Q2`, `2024-05`, `2024-W07` or a day. */
  bucket(key: string, group: TimeGroup): string;
}

export type TimeGroup = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** The reader's own variant of the language (es-CL writes 1.000, es-MX 1,000), if the browser names one. */
export function localeFor(language: Language, preferred: readonly string[]): string {
  return preferred.find((l) => l.toLowerCase().split('-')[0] === language) ?? language;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

function dayToDate(iso: string): Date | null {
  const m = DAY.exec(iso.slice(0, 10));
  if (!m) return null;
  const date = new Date(Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3])));
  return Number.isNaN(date.getTime()) ? null : date;
}

function safeZone(zone: string | undefined): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined; // a zone this browser's tables lack: the machine's own is the next best
  }
}

export function createFormats(locale: string, timeZone?: string): Formats {
  // es leaves four-digit numbers ungrouped (1234); beside 12.345 in a column that reads as a mistake.
  const int = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, useGrouping: 'always' });
  const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, useGrouping: 'always' });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  const month = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
  const zone = safeZone(timeZone);
  const instant = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    ...(zone ? { timeZone: zone } : {}),
  });
  const units = UNITS.map(
    (unit) =>
      new Intl.NumberFormat(locale, {
        style: 'unit',
        unit,
        unitDisplay: unit === 'byte' ? 'long' : 'short',
        maximumSignificantDigits: 3, // never rounds a limit up by much
      }),
  );

  const formatDay = (iso: string): string => {
    const date = dayToDate(iso);
    return date ? day.format(date) : iso;
  };

  return {
    locale,
    int: (n) => int.format(n),
    decimal: (n) => decimal.format(n),
    percent: (share) => percent.format(share),
    bytes: (n) => {
      let i = 0;
      let value = n;
      while (value >= 1000 && i < UNITS.length - 1) {
        value /= 1000;
        i++;
      }
      return units[i]?.format(value) ?? String(n);
    },
    day: formatDay,
    instant: (iso) => {
      const date = new Date(iso);
      return Number.isNaN(date.getTime()) ? iso : instant.format(date);
    },
    bucket: (key, group) => {
      const date = dayToDate(key.length === 7 && /^\d{4}-\d{2}$/.test(key) ? `${key}-01` : key);
      switch (group) {
        case 'year':
          return key.slice(0, 4);
        case 'quarter': {
          const named = /^(\d{4})-?Q([1-4])$/.exec(key);
          if (named) return `${locale.startsWith('es') ? 'T' : 'Q'}${named[2] ?? ''} ${named[1] ?? ''}`;
          if (!date) return key;
          const q = Math.floor(date.getUTCMonth() / 3) + 1;
          return `${locale.startsWith('es') ? 'T' : 'Q'}${q} ${date.getUTCFullYear()}`;
        }
        case 'month':
          return date ? month.format(date) : key;
        case 'week': {
          const named = /^(\d{4})-W(\d{2})$/.exec(key);
          if (!named) return date ? formatDay(key) : key;
          return `${locale.startsWith('es') ? 'S' : 'W'}${Number(named[2])} ${named[1] ?? ''}`;
        }
        case 'day':
          return date ? formatDay(key) : key;
      }
    },
  };
}
