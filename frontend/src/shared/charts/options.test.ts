// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { ChartData } from '@/shared/api/types';
import { createFormats } from '@/shared/format/format';
import { buildModel, isEmpty, largest, type ChartModel } from './model';
import {
  MAX_BARS,
  MAX_SLICES,
  barHeight,
  barOption,
  barsLieDown,
  ellipsis,
  pieOption,
  pieSlices,
  quietTail,
  tooltipText,
  type ChartOption,
} from './options';
import { darkTheme, lightTheme, seriesColor, splitColors } from './palette';

const formats = createFormats('es');
const context = { theme: lightTheme, formats, width: 700, animate: false, totalLabel: 'Total' };
const labels = {
  category: (key: unknown, label: string | null) => (key === null ? 'Sin dato' : (label ?? String(key))),
  series: (key: string | null, label: string | null) => (key === null ? 'Sin dato' : (label ?? key)),
};
const colors = {
  category: (i: number) => (i < 0 ? lightTheme.missing : seriesColor(lightTheme, i)),
  series: (keys: readonly (string | null)[]) => splitColors(lightTheme, keys),
};

const bySeller: ChartData = {
  data: [
    { key: 'Puma', label: 'Puma', value: 16, count: 16, series: { true: 9, false: 7 } },
    { key: 'Boa', label: 'Boa', value: 13, count: 13, series: { true: 10, false: 3 } },
    { key: 'Toro', label: 'Toro', value: 9, count: 9, series: { true: 9 } },
  ],
  series: [
    { key: 'true', label: 'Cerrada', count: 28 },
    { key: 'false', label: 'No cerrada', count: 10 },
  ],
  metadata: { total: 38, records: 38, missing: 0, truncated: null },
};

function single(n: number): ChartData {
  const data = Array.from({ length: n }, (_, i) => ({
    key: `k${i}`,
    label: `Sector ${i}`,
    value: n - i,
    count: n - i,
  }));
  return {
    data,
    series: [],
    metadata: { total: (n * (n + 1)) / 2, records: 0, missing: 0, truncated: null },
  };
}

const model = (data: ChartData): ChartModel => buildModel('Reuniones', data, labels, colors);
const seriesOf = (o: ChartOption): { data: unknown[]; color?: string; name?: string; stack?: string }[] =>
  o.series as never;

describe('buildModel', () => {
  it('puts the parts in the order of the series and fills the holes with zero', () => {
    const m = model(bySeller);
    expect(m.categories.map((c) => c.parts)).toEqual([
      [9, 7],
      [10, 3],
      [9, 0],
    ]);
    expect(m.series.map((s) => s.color)).toEqual([lightTheme.series[0], lightTheme.quiet]);
  });

  it('names a missing value and spends no colour of the scale on it', () => {
    const m = model({
      data: [
        { key: null, label: null, value: 4, count: 4 },
        { key: 'a', label: 'A', value: 2, count: 2 },
      ],
      series: [],
      metadata: { total: 6, records: 6, missing: 4, truncated: null },
    });
    expect(m.categories[0]).toMatchObject({ label: 'Sin dato', color: lightTheme.missing });
    expect(m.categories[1]?.color).toBe(lightTheme.series[0]);
    expect(largest(m)?.label).toBe('Sin dato');
  });

  it('reads a missing value as zero, and an answer without points as empty', () => {
    const m = model({
      data: [{ key: 'a', label: 'A', value: null, count: 0 }],
      series: [],
      metadata: { total: 0, records: 0, missing: 0, truncated: null },
    });
    expect(m.categories[0]?.value).toBe(0);
    expect(isEmpty(m)).toBe(true);
    expect(largest(model(single(0)))).toBeNull();
  });
});

describe('barOption', () => {
  it('stacks one series per part of the split', () => {
    const o = barOption(model(bySeller), context);
    const s = seriesOf(o);
    expect(s.map((x) => x.name)).toEqual(['Cerrada', 'No cerrada']);
    expect(s.map((x) => x.data)).toEqual([
      [9, 10, 9],
      [7, 3, 0],
    ]);
    expect(new Set(s.map((x) => x.stack)).size).toBe(1);
    expect(o.xAxis).toMatchObject({ type: 'category', data: ['Puma', 'Boa', 'Toro'] });
  });

  it('writes the total of the stack above its last part', () => {
    const s = seriesOf(barOption(model(bySeller), context)) as unknown as {
      label?: { formatter: (p: { dataIndex: number }) => string };
    }[];
    expect(s[0]?.label).toBeUndefined();
    expect(s[1]?.label?.formatter({ dataIndex: 0 })).toBe('16');
  });

  it('lays the bars down when the names do not fit, and grows with them', () => {
    const many = model(single(12));
    expect(barsLieDown(many, 320)).toBe(true);
    expect(barsLieDown(model(bySeller), 700)).toBe(false);
    expect(barOption(many, { ...context, width: 320 }).yAxis).toMatchObject({
      type: 'category',
      inverse: true,
    });
    expect(barHeight(many, 320)).toBeGreaterThan(barHeight(model(single(3)), 120));
    expect(barHeight(model(single(500)), 320)).toBeLessThanOrEqual(1100);
  });

  it('draws the largest bars only, and all of time', () => {
    const many = model(single(80));
    expect(seriesOf(barOption(many, context))[0]?.data).toHaveLength(MAX_BARS);
    const days = { ...many, ordered: true };
    const o = barOption(days, context);
    expect(seriesOf(o)[0]?.data).toHaveLength(80);
    expect(o.xAxis).toMatchObject({ type: 'category', axisLabel: { hideOverlap: true } });
    expect(barsLieDown(days, 320)).toBe(false);
    expect(seriesOf(o)[0]).not.toHaveProperty('label'); // no room for numbers
  });

  it('formats the axis with Intl', () => {
    const axis = barOption(model(bySeller), context).yAxis as {
      axisLabel: { formatter: (n: number) => string };
    };
    expect(axis.axisLabel.formatter(12345)).toBe('12.345');
  });

  it('never uses an HTML tooltip', () => {
    const options = [barOption(model(bySeller), context), pieOption(model(single(3)), context, String)];
    for (const o of options) expect((o.tooltip as { renderMode: string }).renderMode).toBe('richText');
  });

  it('follows the theme', () => {
    const o = barOption(model(bySeller), { ...context, theme: darkTheme });
    expect(o.textStyle).toMatchObject({ color: darkTheme.muted });
  });
});

describe('pieOption', () => {
  it('draws every slice while they can be told apart', () => {
    const s = seriesOf(pieOption(model(single(MAX_SLICES)), context, String));
    expect(s[0]?.data).toHaveLength(MAX_SLICES);
  });

  it('joins the tail and keeps the sum', () => {
    const m = model(single(18));
    const slices = pieSlices(m, lightTheme, (n) => `${n} más`);
    expect(slices).toHaveLength(MAX_SLICES);
    expect(slices.at(-1)).toMatchObject({ label: '6 más', index: -1, color: lightTheme.quiet });
    expect(slices.reduce((sum, s) => sum + s.value, 0)).toBe(m.total);
    const shown = quietTail(m, lightTheme).categories.map((c) => c.color);
    expect(shown.slice(MAX_SLICES - 1).every((c) => c === lightTheme.quiet)).toBe(true);
    expect(shown.slice(0, MAX_SLICES - 1)).toEqual(slices.slice(0, -1).map((s) => s.color));
  });
});

describe('texts', () => {
  it('shows parts, value and share', () => {
    const m = model(bySeller);
    const at = m.categories[0];
    expect(at && tooltipText(m, at, formats, 'Total').replaceAll('\u00a0', ' ')).toBe(
      'Puma\nCerrada: 9\nNo cerrada: 7\nTotal: 16 (42,1 %)',
    );
  });

  it('does not let a label become markup', () => {
    const m = model({
      data: [{ key: 'x', label: '{b|x}', value: 1, count: 1 }],
      series: [],
      metadata: { total: 1, records: 1, missing: 0, truncated: null },
    });
    const at = m.categories[0];
    expect(at && tooltipText(m, at, formats, 'Total')).toContain('(b/x)');
  });

  it('cuts long names', () => {
    expect(ellipsis('Servicios Profesionales', 60)).toMatch(/^Servic.*…$/);
    expect(ellipsis('Puma', Infinity)).toBe('Puma');
  });
});
