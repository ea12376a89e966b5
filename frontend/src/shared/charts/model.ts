// SPDX-License-Identifier: MIT
// What a chart shows, after labels are translated and before anything is drawn. The table beside the chart reads the same
// model, so the two can never disagree.
import type { ChartData } from '@/shared/api/types';

export type CategoryKey = string | number | boolean | null;

export interface ModelSeries {
  readonly key: string | null;
  readonly label: string;
  readonly color: string;
}

export interface ModelCategory {
  readonly key: CategoryKey;
  readonly label: string;
  /** Colour of its slice; bars take the colours of the series. */
  readonly color: string;
  readonly value: number;
  readonly count: number;
  /** One value a series, in the order of `series`; empty without a split. */
  readonly parts: readonly number[];
}

export interface ChartModel {
  readonly title: string;
  readonly categories: readonly ModelCategory[];
  readonly series: readonly ModelSeries[];
  readonly total: number;
  readonly records: number;
  readonly missing: number;
  /** The categories follow one another (time): they are not to be re-sorted, cut, or laid down. */
  readonly ordered: boolean;
  /** The service left some out. */
  readonly truncated: boolean;
}

export interface ModelLabels {
  /** The label of a category; gets the server's own as a fallback. */
  category(key: CategoryKey, label: string | null): string;
  series(key: string | null, label: string | null): string;
}

export interface ModelColors {
  category(i: number, key: CategoryKey): string;
  series(keys: readonly (string | null)[]): readonly string[];
}

export function buildModel(
  title: string,
  data: ChartData,
  labels: ModelLabels,
  colors: ModelColors,
  ordered = false,
): ChartModel {
  const keys = data.series.map((s) => s.key ?? null);
  const seriesColors = colors.series(keys);
  const series = data.series.map((s, i) => ({
    key: s.key ?? null,
    label: labels.series(s.key ?? null, s.label ?? null),
    color: seriesColors[i] ?? '#888888',
  }));

  // A missing value takes no colour of the scale, so that the others keep theirs when it comes and goes.
  let rank = 0;
  const categories = data.data.map((point) => {
    const key = point.key ?? null;
    return {
      key,
      label: labels.category(key, point.label ?? null),
      color: colors.category(key === null ? -1 : rank++, key),
      value: point.value ?? 0,
      count: point.count,
      parts: keys.map((k) => point.series?.[k ?? 'null'] ?? point.series?.[k ?? ''] ?? 0),
    };
  });

  return {
    title,
    categories,
    series,
    total: data.metadata.total ?? 0,
    records: data.metadata.records,
    missing: data.metadata.missing,
    ordered,
    truncated: data.metadata.truncated != null,
  };
}

export const isEmpty = (model: ChartModel): boolean => model.categories.every((c) => c.count === 0);

export function largest(model: ChartModel): ModelCategory | null {
  return model.categories.reduce<ModelCategory | null>(
    (top, c) => (top && top.value >= c.value ? top : c),
    null,
  );
}
